"""A device that keeps logs and catches up over real sockets, as a client with a store does."""

from __future__ import annotations

from dataclasses import dataclass, field

from parlor.client import Connection
from parlor.model.event import Event
from parlor.wire.native.methods.own import Change, SyncChanges, SyncResult
from parlor.wire.native.pushes import SelfEntry


@dataclass
class SyncDevice:
    """What it has is all it knows: it may lose its connection after any page."""

    logs: dict[str, list[Event]] = field(default_factory=dict)
    have: dict[str, int] = field(default_factory=dict)
    own: dict[str, SelfEntry] = field(default_factory=dict)
    self_seq: int = 0
    pages: int = 0
    largest: int = 0
    """Events on the largest page."""

    async def page(self, connection: Connection, cursor: str = "", limit: int = 50) -> SyncResult:
        params = SyncChanges(dict(self.have), self.self_seq, "", cursor, limit)
        return await connection.request(params, SyncResult)

    def apply(self, page: SyncResult) -> None:
        self.pages += 1
        self.largest = max(self.largest, sum(len(one.events) for one in page.changes))
        for change in page.changes:
            self._apply(change)
        self.own |= {entry.key: entry for entry in page.own.entries}
        if not page.own.cursor:
            self.self_seq = page.own.last_seq

    def _apply(self, change: Change) -> None:
        log = self.logs.setdefault(change.conversation.id, [])
        if change.reset:
            log.clear()
        log += change.events
        seqs = [event.seq for event in log]
        if seqs and seqs != list(range(seqs[0], seqs[-1] + 1)):
            raise AssertionError(f"a gap or a double in {change.conversation.id}: {seqs}")
        self.have[change.conversation.id] = change.upto

    async def catch_up(self, connection: Connection, limit: int = 50) -> None:
        """Ask until a whole round has brought nothing that goes on."""
        more = True
        while more:
            cursor, more = "", False
            while True:
                page = await self.page(connection, cursor, limit)
                self.apply(page)
                more = more or any(change.more for change in page.changes)
                cursor = page.cursor
                if not cursor:
                    break
