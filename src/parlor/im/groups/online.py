"""How many of a group's members are connected: a number, however many they are.

Counted when somebody asks, from those who are connected and not from the members, and kept for a
few seconds, so that a group whose members all look at it costs one count. One is made at a time.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from typing import Protocol

from parlor.im.settings import ImSettings
from parlor.model.conversation import ConversationKind
from parlor.model.errors import BadRequest, NotFound, NotMember
from parlor.model.ids import ConversationId, UserId
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.members import Members

_AT_ONCE = 1_000


class Connected(Protocol):
    """`drivers.memory.presence.MemoryPresence`."""

    def users(self) -> Iterable[UserId]:
        """Everybody who is connected, each once."""


class Online:
    def __init__(
        self,
        conversations: Conversations,
        members: Members,
        connected: Connected,
        settings: ImSettings,
        clock: Clock,
    ) -> None:
        self._conversations = conversations
        self._members = members
        self._connected = connected
        self._settings = settings
        self._clock = clock
        self._counted: OrderedDict[ConversationId, tuple[float, int]] = OrderedDict()
        self._counting = asyncio.Lock()

    @property
    def remembered(self) -> int:
        """Groups that were counted a moment ago."""
        return len(self._counted)

    async def count(self, user: UserId, group: ConversationId) -> tuple[int, int]:
        """(members who are connected, members).

        Not of a direct conversation: it would tell of one person, whatever that person wants to
        be seen as. Raises NotFound, NotMember, BadRequest.
        """
        found = await self._conversations.get(group)
        if found is None:
            raise NotFound("There is no such conversation.")
        if await self._conversations.member(group, user) is None:
            raise NotMember
        if found.kind is ConversationKind.DIRECT:
            raise BadRequest("This is a conversation of two people, not a group.")
        return min(await self._online(group), found.member_count), found.member_count

    async def _online(self, group: ConversationId) -> int:
        known = self._known(group)
        if known is not None:
            return known
        async with self._counting:
            known = self._known(group)
            return await self._count(group) if known is None else known

    def _known(self, group: ConversationId) -> int | None:
        at, online = self._counted.get(group, (0.0, -1))
        is_fresh = self._clock.now() - at < self._settings.online_counted_s
        return online if online >= 0 and is_fresh else None

    async def _count(self, group: ConversationId) -> int:
        now = self._clock.now()
        online = 0
        here = list(self._connected.users())
        for start in range(0, len(here), _AT_ONCE):
            online += await self._members.among(group, here[start : start + _AT_ONCE])
        self._counted[group] = now, online
        self._counted.move_to_end(group)
        while len(self._counted) > self._settings.online_counts:
            self._counted.popitem(last=False)
        return online
