"""The self log as a service: what is put there is told to the person's own devices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from parlor.im.announce import Announcements
from parlor.im.paging import check_seq, page_size
from parlor.im.settings import ImSettings
from parlor.model.errors import BadRequest, ParlorError
from parlor.model.ids import ConversationId, UserId
from parlor.model.own import Arrangement
from parlor.model.self_log import Change, Entry, SelfKind, key_of
from parlor.ports.clock import Clock
from parlor.ports.self_log import NO_LIMITS, SelfLog
from parlor.wire.native.pushes import SelfPush, self_entry

_CURSOR = re.compile(r"(whole|after)-([0-9]{1,16})\Z")


class OwnPage(msgspec.Struct, frozen=True):
    """What `self.list` answers."""

    entries: Sequence[Entry]
    last_seq: int
    cursor: str
    reset: bool


class News(Protocol):
    """Whoever tells people's own devices what was put into their self logs by others."""

    async def tell(self, entries: Sequence[Entry]) -> None: ...


class Lists(Protocol):
    """Whoever tells people's own devices which conversations came into their lists, or left."""

    async def changed(self, users: Sequence[UserId], conversation: ConversationId) -> None: ...

    async def show(self, user: UserId, conversation: ConversationId) -> None:
        """It is in the list of `user`, a member, from now on."""


class Own:
    def __init__(
        self,
        self_log: SelfLog,
        announcements: Announcements,
        settings: ImSettings,
        clock: Clock,
    ) -> None:
        self._self_log = self_log
        self._announcements = announcements
        self._settings = settings
        self._clock = clock

    async def put(
        self,
        change: Change,
        most: Mapping[SelfKind, int] = NO_LIMITS,
    ) -> Entry | None:
        """Store and tell; the entry that this made, None when it was so already.

        Raises NotFound, LimitReached.
        """
        entries = await self._self_log.put([change], self._clock.unix_ms(), most)
        await self.tell(entries)
        return entries[0] if entries else None

    async def at(self, user: UserId, key: str) -> Entry | None:
        """What the log says of `key`, also when it is gone."""
        found = await self._self_log.at([user], key)
        return found[0] if found else None

    async def arrange(
        self, user: UserId, conversation_id: ConversationId, wish: Arrangement
    ) -> Entry | None:
        """How a conversation is shown to `user`; None when it was so already.

        Raises NotFound, NotMember, BadRequest (a wish for nothing).
        """
        if wish == Arrangement():
            raise BadRequest("Say what shall be different.")
        now = self._clock.unix_ms()
        entry = await self._self_log.arrange(user, conversation_id, wish, now)
        if entry is not None:
            await self.tell([entry])
        return entry

    async def show(self, user: UserId, conversation: ConversationId) -> None:
        """As `Lists`. Raises NotFound, NotMember."""
        await self.arrange(user, conversation, Arrangement(hidden=False))

    async def tell(self, entries: Sequence[Entry]) -> None:
        """Hand entries that are stored to all devices of their users, in the order given."""
        for entry in entries:
            push = SelfPush(self_entry(entry))
            await self._announcements.tell([entry.user_id], push, about=entry.key)

    async def changed(self, users: Sequence[UserId], conversation: ConversationId) -> None:
        """Tell each of `users`, who are not many, that the conversation has come into their list
        or has gone from it: what their logs say of it was stored with the event. As with every
        announcement, what fails here is found at the next look."""
        try:
            entries = await self._self_log.at(users, key_of(SelfKind.CONVERSATION, conversation))
        except ParlorError as failed:
            self._announcements.lose(failed, conversation)
        else:
            await self.tell(entries)

    async def list(self, user: UserId, after: int, cursor: str, limit: int) -> OwnPage:
        """What a device lacks that has applied up to `after`. Raises BadRequest."""
        size = page_size(limit, self._settings.max_page_entries)
        place = _parse_cursor(cursor) if cursor else _Place(check_seq(after), whole=after == 0)
        page = await self._self_log.page(user, place.after, size + 1)
        reset = not place.whole and not page.floor_seq <= place.after <= page.last_seq
        if reset:
            place = _Place(0, whole=True)
            page = await self._self_log.page(user, 0, size + 1)
        entries = page.entries[:size]
        more = len(page.entries) > size
        following = str(_Place(entries[-1].seq, place.whole)) if more else ""
        return OwnPage(entries, page.last_seq, following, reset)


class _Place(msgspec.Struct, frozen=True):
    """How far a device is. One that is being given the `whole` log lacks nothing by what is gone,
    however long ago; without knowing that, it would be sent back to the beginning at each page."""

    after: int
    whole: bool

    def __str__(self) -> str:
        return f"{'whole' if self.whole else 'after'}-{self.after}"


def _parse_cursor(cursor: str) -> _Place:
    found = _CURSOR.match(cursor)
    if found is None:
        raise BadRequest("This is not a cursor of a self log.")
    return _Place(check_seq(int(found[2])), found[1] == "whole")
