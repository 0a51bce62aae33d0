"""Telling people's connections what has happened, after it was stored. Best effort.

Members of a small conversation are named. For one with too many, every gateway is told once, and
knows by itself which of its people are in it: no work here grows with the members.

A lost announcement only delays: a device that sees a gap in seq, or comes back, asks for what it
missed. So nothing here ever fails the request that caused it; failures are counted, and one in a
hundred is logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import structlog

from parlor.model.errors import ParlorError
from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.ports.meter import Meter
from parlor.wire.native.pushes import PushPayload

log = structlog.get_logger()
_LOGGED_ONE_IN = 100


class Announcer(Protocol):
    """What `push.route.Route` offers to services."""

    async def notify(
        self,
        users: Sequence[UserId],
        payload: PushPayload,
        *,
        not_to: ConnectionKey | None = None,
    ) -> None: ...

    async def notify_conversation(
        self,
        conversation: ConversationId,
        payload: PushPayload,
        *,
        not_to: ConnectionKey | None = None,
    ) -> None: ...


class Announcements:
    """`limit_s` None is for a bus that never waits: a deadline costs more than its publishing."""

    def __init__(self, announcer: Announcer, meter: Meter, *, limit_s: float | None) -> None:
        self._announcer = announcer
        self._meter = meter
        self._limit_s = limit_s
        self._lost = 0

    async def tell(
        self,
        users: Sequence[UserId],
        payload: PushPayload,
        *,
        about: str,
        not_to: ConnectionKey | None = None,
    ) -> None:
        """Hand `payload` to all connections of `users`. Raises nothing but cancellation.

        `about` is the conversation, or the key of something of one's own, as logs name it.
        """
        await self._hand_over(self._announcer.notify(users, payload, not_to=not_to), about)

    async def tell_members(
        self,
        members_of: Callable[[ConversationId], Awaitable[Iterable[UserId] | None]],
        payload: PushPayload,
        *,
        about: ConversationId,
        not_to: ConnectionKey | None = None,
    ) -> None:
        """As `tell`, to everybody in the conversation: the sender's other devices too.

        `members_of` gives None for one with too many to name. `not_to` is the connection that
        caused it, when the answer tells it the same.
        """
        try:
            members = await members_of(about)
        except ParlorError as error:
            self.lose(error, about)
            return
        if members is None:
            told = self._announcer.notify_conversation(about, payload, not_to=not_to)
        else:
            told = self._announcer.notify(tuple(members), payload, not_to=not_to)
        await self._hand_over(told, about)

    async def tell_each(
        self,
        users: Sequence[UserId],
        payload_for: Callable[[UserId], Awaitable[PushPayload]],
        *,
        about: ConversationId,
    ) -> None:
        """As `tell`, with a payload of their own for each."""
        for user in users:
            try:
                payload = await payload_for(user)
            except ParlorError as error:
                self.lose(error, about)
            else:
                await self.tell([user], payload, about=about)

    async def tell_alike(
        self,
        users: Sequence[UserId],
        payload_for: Callable[[UserId], Awaitable[PushPayload]],
        *,
        about: ConversationId,
    ) -> None:
        """As `tell`, with the payload that the first of `users` gets for all of them."""
        try:
            payload = await payload_for(users[0])
        except ParlorError as error:
            self.lose(error, about)
        else:
            await self.tell(users, payload, about=about)

    async def _hand_over(self, told: Awaitable[None], about: str) -> None:
        try:
            if self._limit_s is None:
                await told
            else:
                async with asyncio.timeout(self._limit_s):
                    await told
        except Exception as error:
            self.lose(error, about)

    def lose(self, error: Exception, about: str) -> None:
        """Note that somebody is not told, and go on."""
        self._meter.count("im_announcements_lost_total")
        if self._lost % _LOGGED_ONE_IN == 0:
            log.warning(
                "announcement_lost", conversation=about, error=repr(error), lost=self._lost + 1
            )
        self._lost += 1
