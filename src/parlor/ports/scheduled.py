"""Messages that wait for their time, until one process sends each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.model.ids import UserId
from parlor.model.scheduled import Scheduled


class Schedule(Protocol):
    async def put(self, message: Scheduled, most: int) -> tuple[Scheduled, bool]:
        """Keep it. One of this user with the same `client_id` is returned instead, with False.

        Raises NotFound (no such conversation), NotMember, LimitReached when the user has `most`
        already, ClientIdUsed when that one is for another conversation: then nothing was kept.
        """

    async def of_user(
        self, user: UserId, after: tuple[int, str] | None, limit: int
    ) -> Sequence[Scheduled]:
        """In the order of (at_ms, client_id), strictly after `after`."""

    async def cancel(self, user: UserId, client_id: str, now_ms: int) -> Scheduled | None:
        """Forget it: from then on nobody is given it. None when it is not there, or was sent.

        Raises TooLate while a claim on it holds: then it will be sent, or stay with a reason.
        """

    async def remove(self, user: UserId, client_id: str) -> Scheduled | None:
        """Forget it, now that it is sent. None when it is not there."""

    async def claim(self, now_ms: int, until_ms: int, limit: int) -> Sequence[Scheduled]:
        """The first that are due, and given to nobody else before `until_ms`.

        A claim is no promise: who dies holding one leaves the message to the next, who may send
        it again. The same `client_id` makes that one message.
        """

    async def postpone(self, user: UserId, client_id: str, until_ms: int) -> None:
        """It cannot be sent for now: nobody is given it before `until_ms`."""

    async def refuse(self, user: UserId, client_id: str, code: str) -> None:
        """It can never be sent: nobody is given it again."""

    async def next_at_ms(self) -> int | None:
        """When the next may be claimed, None when nothing waits."""
