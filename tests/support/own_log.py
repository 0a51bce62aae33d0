"""A person's self log as one device makes it for itself of pushes and pages."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from parlor.model.own import OwnConversation
from parlor.model.self_log import SelfKind
from parlor.wire.native.methods.own import SelfResult
from parlor.wire.native.pushes import SelfEntry

_own = msgspec.json.Decoder(OwnConversation)


class OwnLog:
    """`on_read` is told each read position as it is taken: (conversation, seq)."""

    def __init__(self, on_read: Callable[[str, int], None]) -> None:
        self.entries: dict[str, SelfEntry] = {}
        self.seq = 0
        self.cursor = ""
        self._on_read = on_read

    def hear(self, entry: SelfEntry) -> bool:
        """A push. False: something before it is missing, and it was not taken."""
        if entry.seq > self.seq + 1:
            return False
        self._take(entry)
        self.seq = max(self.seq, entry.seq)
        return True

    def apply(self, page: SelfResult) -> None:
        """A page of what follows `seq`; `cursor` goes on from it."""
        if page.reset:
            self.entries.clear()
            self.seq = 0
        for entry in page.entries:
            self._take(entry)
        self.cursor = page.cursor
        if not page.cursor:
            self.seq = max(self.seq, page.last_seq)

    def _take(self, entry: SelfEntry) -> None:
        known = self.entries.get(entry.key)
        if known is not None and known.seq >= entry.seq:
            return
        self.entries[entry.key] = entry
        if entry.kind is SelfKind.CONVERSATION and entry.body is not None:
            self._on_read(entry.key.partition(":")[2], _own.decode(entry.body).read_seq)
