"""Self logs in this process: for tests and for what need not outlive it.

Satisfies `ports.self_log.SelfLog`, all users known. What `arrange` has to know of conversations is
asked of another store, so there its reading and writing are two steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from parlor.model.errors import LimitReached, NotFound, NotMember
from parlor.model.ids import ConversationId, UserId
from parlor.model.own import Arrangement, OwnConversation, arranged
from parlor.model.self_log import Change, Entry, SelfKind, key_of
from parlor.ports.conversations import Conversations
from parlor.ports.self_log import NO_LIMITS, SelfPage

_own = msgspec.json.Decoder(OwnConversation)


@dataclass(slots=True)
class _Log:
    entries: dict[str, Entry] = field(default_factory=dict)
    last_seq: int = 0
    floor_seq: int = 0


class MemorySelfLog:
    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self._logs: defaultdict[UserId, _Log] = defaultdict(_Log)

    async def put(
        self, changes: Sequence[Change], at_ms: int, most: Mapping[SelfKind, int] = NO_LIMITS
    ) -> Sequence[Entry]:
        before = {user: self._copy(user) for user in {change.user_id for change in changes}}
        made = [entry for change in changes if (entry := self._store(change, at_ms)) is not None]
        for user in before:
            for kind, limit in most.items():
                held = sum(1 for one in self._there(user) if one.kind is kind)
                if held > limit and any(one.kind is kind and one.user_id == user for one in made):
                    self._logs.update(before)
                    raise LimitReached
        return made

    async def arrange(
        self, user: UserId, conversation: ConversationId, wish: Arrangement, at_ms: int
    ) -> Entry | None:
        known = await self._conversations.get(conversation)
        if known is None:
            raise NotFound("There is no such conversation.")
        member = await self._conversations.member(conversation, user)
        if member is None:
            raise NotMember
        key = key_of(SelfKind.CONVERSATION, conversation)
        stored = self._logs[user].entries.get(key)
        own = OwnConversation()
        if stored is not None and stored.body is not None:
            own = _own.decode(stored.body)
        own = msgspec.structs.replace(own, read_seq=member.read_seq)
        wanted = arranged(own, wish, known.last_seq)
        if wanted == own:
            return None
        body = msgspec.json.encode(wanted)
        return self._store(Change(user, key, SelfKind.CONVERSATION, body), at_ms)

    async def page(self, user: UserId, after: int, limit: int) -> SelfPage:
        log = self._logs[user]
        found = sorted(log.entries.values(), key=lambda entry: entry.seq)
        page = [entry for entry in found if entry.seq > after][:limit]
        return SelfPage(tuple(page), log.last_seq, log.floor_seq)

    async def at(self, users: Sequence[UserId], key: str) -> Sequence[Entry]:
        logs = [self._logs[user].entries for user in users if user in self._logs]
        return [entries[key] for entries in logs if key in entries]

    async def newest(
        self, user: UserId, kind: SelfKind, before: int | None, limit: int
    ) -> Sequence[Entry]:
        found = [
            entry
            for entry in self._there(user)
            if entry.kind is kind and (before is None or entry.seq < before)
        ]
        return sorted(found, key=lambda entry: -entry.seq)[:limit]

    async def forget_gone(self, before_ms: int, limit: int) -> int:
        gone = [
            entry
            for log in self._logs.values()
            for entry in log.entries.values()
            if entry.body is None and entry.at_ms < before_ms
        ]
        gone = sorted(gone, key=lambda entry: entry.at_ms)[:limit]
        for entry in gone:
            log = self._logs[entry.user_id]
            del log.entries[entry.key]
            log.floor_seq = max(log.floor_seq, entry.seq)
        return len(gone)

    def _store(self, change: Change, at_ms: int) -> Entry | None:
        log = self._logs[change.user_id]
        stored = log.entries.get(change.key)
        body, seq = (None, 0) if stored is None else (stored.body, stored.seq)
        if body == change.body or change.over not in (None, seq):
            return None
        log.last_seq += 1
        entry = Entry(change.user_id, change.key, log.last_seq, change.kind, change.body, at_ms)
        log.entries[change.key] = entry
        return entry

    def _there(self, user: UserId) -> list[Entry]:
        return [entry for entry in self._logs[user].entries.values() if entry.body is not None]

    def _copy(self, user: UserId) -> _Log:
        log = self._logs[user]
        return _Log(dict(log.entries), log.last_seq, log.floor_seq)
