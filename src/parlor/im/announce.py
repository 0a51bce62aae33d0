"""Telling people's connections what has happened, after it was stored. Best effort.

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


class Announcements:
    def __init__(self, announcer: Announcer, meter: Meter, *, limit_s: float) -> None:
        self._announcer = announcer
        self._meter = meter
        self._limit_s = limit_s
        self._lost = 0

    async def tell(self, users: Sequence[UserId], payload: PushPayload, *, about: str) -> None:
        """Hand `payload` to all connections of `users`. Raises nothing but cancellation.

        `about` is the conversation, or the key of something of one's own, as logs name it.
        """
        try:
            async with asyncio.timeout(self._limit_s):
                await self._announcer.notify(users, payload)
        except Exception as error:
            self._count_lost(error, about)

    async def tell_members(
        self,
        members_of: Callable[[ConversationId], Awaitable[Iterable[UserId]]],
        payload: PushPayload,
        *,
        about: ConversationId,
    ) -> None:
        """As `tell`, to everybody in the conversation: the sender's other devices too.

        The connection that caused it may get it as well; clients drop doubles by seq.
        """
        try:
            members = await members_of(about)
        except ParlorError as error:
            self._count_lost(error, about)
        else:
            await self.tell(tuple(members), payload, about=about)

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
                self._count_lost(error, about)
            else:
                await self.tell([user], payload, about=about)

    def _count_lost(self, error: Exception, about: str) -> None:
        self._meter.count("im_announcements_lost_total")
        if self._lost % _LOGGED_ONE_IN == 0:
            log.warning(
                "announcement_lost", conversation=about, error=repr(error), lost=self._lost + 1
            )
        self._lost += 1
