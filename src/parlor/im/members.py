"""Who is in a conversation, remembered: the answer that every announcement needs.

Of a conversation with more than `largest` members only that is remembered: its announcements name
nobody, and nothing here costs more for it than for one of `largest`.

The store decides who may write and read; this only says whom to tell. What another process has
changed is noticed when an entry is `kept_s` old: until then a member who was left out learns of it
by the gap in seq, and one who was put out may hear what is said here.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

from parlor.model.errors import NotFound
from parlor.model.ids import ConversationId, UserId
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations

_PAGE = 1_000

Roster = Mapping[UserId, None]
"""An ordered set of user ids."""


STAYS_LARGE = 100
"""How many changes a large conversation is still taken for one: in a storm of joins and leaves
looking at it each time would be the most work of all."""


class _Kept(NamedTuple):
    roster: Roster
    until: float


class Rosters:
    """Least recently used first out, once more than `limit` memberships are kept in all."""

    def __init__(
        self,
        conversations: Conversations,
        clock: Clock,
        limit: int,
        largest: int = 500,
        kept_s: float = 300.0,
    ) -> None:
        self._conversations = conversations
        self._clock = clock
        self._limit = limit
        self._largest = largest
        self._kept_s = kept_s
        self._kept: OrderedDict[ConversationId, _Kept] = OrderedDict()
        self._large: OrderedDict[ConversationId, int] = OrderedDict()
        self._size = 0
        self._version = 0

    @property
    def remembered(self) -> int:
        """Memberships that are kept."""
        return self._size

    async def of(self, conversation: ConversationId) -> Roster | None:
        """None when there are more than `largest`. Raises NotFound when there is no such
        conversation."""
        if conversation in self._large:
            self._large.move_to_end(conversation)
            return None
        kept = self._kept.get(conversation)
        if kept is not None and self._clock.now() < kept.until:
            self._kept.move_to_end(conversation)
            return kept.roster
        version = self._version
        roster = await self._load(conversation)
        if not roster:
            raise NotFound("There is no such conversation.")
        if len(roster) > self._largest:
            self._keep_large(conversation)
            return None
        if version == self._version:
            self._keep(conversation, roster)
        return roster

    def forget(self, conversation: ConversationId) -> None:
        """Its members have changed. A load that is under way is not kept either."""
        self._version += 1
        changes = self._large.pop(conversation, 0)
        if changes > 1:
            self._large[conversation] = changes - 1
        self._drop(conversation)

    async def _load(self, conversation: ConversationId) -> Roster:
        roster: dict[UserId, None] = {}
        after: UserId | None = None
        while True:
            size = min(_PAGE, self._largest + 1 - len(roster))
            page = await self._conversations.members(conversation, after, size)
            roster.update(dict.fromkeys(member.user_id for member in page))
            if len(page) < size or len(roster) > self._largest:
                return roster
            after = page[-1].user_id

    def _keep_large(self, conversation: ConversationId) -> None:
        self._drop(conversation)
        self._large[conversation] = STAYS_LARGE
        while len(self._large) > self._limit:
            self._large.popitem(last=False)

    def _keep(self, conversation: ConversationId, roster: Roster) -> None:
        self._drop(conversation)
        self._kept[conversation] = _Kept(roster, self._clock.now() + self._kept_s)
        self._size += len(roster)
        while self._size > self._limit:
            self._drop(next(iter(self._kept)))

    def _drop(self, conversation: ConversationId) -> None:
        dropped = self._kept.pop(conversation, None)
        if dropped is not None:
            self._size -= len(dropped.roster)
