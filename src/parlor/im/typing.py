"""Who is typing: passed on to those who are there, and kept nowhere.

A device that hears of somebody forgets it by itself after `TYPING_S`, so an end that is lost
harms nobody, and nothing here has to remember who types.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.im.members import Rosters
from parlor.im.people_settings import PeopleSettings
from parlor.model.errors import NotFound, NotMember
from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.model.newest import Newest
from parlor.model.status import State
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.meter import Meter
from parlor.ports.profiles import Profiles
from parlor.wire.native.pushes import PushPayload, TypingPush

TYPING_S = 5.0
_REMEMBERED = 20_000


class Hinter(Protocol):
    """`push.route.Route` as this module sees it."""

    async def hint(
        self,
        users: Sequence[UserId],
        payload: PushPayload,
        *,
        not_to: ConnectionKey | None = None,
    ) -> None: ...


class Typing:
    def __init__(
        self,
        conversations: Conversations,
        rosters: Rosters,
        profiles: Profiles,
        hinter: Hinter,
        clock: Clock,
        meter: Meter,
        settings: PeopleSettings,
    ) -> None:
        self._conversations = conversations
        self._rosters = rosters
        self._profiles = profiles
        self._hinter = hinter
        self._clock = clock
        self._meter = meter
        self._settings = settings
        self._told_at: Newest[tuple[UserId, ConversationId], float] = Newest()

    @property
    def remembered(self) -> int:
        """Who has typed where a moment ago."""
        return len(self._told_at)

    @property
    def limit(self) -> int:
        return _REMEMBERED

    async def set(self, user: UserId, conversation_id: ConversationId, *, on: bool) -> None:
        """Tell the others, unless they were told a moment ago, are too many, do not want to hear
        of `user`, or are not to know that `user` is there. Raises NotFound, NotMember."""
        place = (user, conversation_id)
        now = self._clock.now()
        since = now - self._told_at.get(place, -TYPING_S)
        if since < self._settings.typing_each_s if on else since >= TYPING_S:
            self._meter.count("typing_held_back_total")
            return
        # Before the first await, so that two at once are one.
        self._remember(place, now, on=on)
        try:
            others = await self._who_hears(user, conversation_id)
        except BaseException:
            # Whatever somebody names takes no room: only places that there are do.
            self._told_at.pop(place, None)
            raise
        if others:
            await self._hinter.hint(others, TypingPush(conversation_id, user, on, TYPING_S))

    async def _who_hears(self, user: UserId, conversation_id: ConversationId) -> Sequence[UserId]:
        member = await self._conversations.member(conversation_id, user)
        conversation = await self._conversations.get(conversation_id)
        if conversation is None:
            raise NotFound("There is no such conversation.")
        if member is None:
            raise NotMember
        if conversation.member_count > self._settings.typing_group_members or member.barred:
            return ()
        card = await self._profiles.card(user)
        if card is None or card.status.state is State.INVISIBLE:
            return ()
        roster = await self._rosters.of(conversation_id) or {}
        return [other for other in roster if other != user]

    def _remember(self, place: tuple[UserId, ConversationId], now: float, *, on: bool) -> None:
        if on:
            self._told_at.put(place, now)
            self._told_at.trim(_REMEMBERED)
        else:
            self._told_at.pop(place, None)
