"""What one process remembers and no database does, as its successor is given it (`boot.handover`).

Rooms' messages with their epochs, which requests were made before, who has to wait. All of it is
bounded where it is kept. Both processes run on one machine, so its monotonic clock is the same for
both, and so are the times in here.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import structlog

from parlor.accounts.attempts import Attempts, BadTokens, Failures
from parlor.accounts.quotas import Days, Quotas
from parlor.boot.handover import MAX_STATE_BYTES
from parlor.drivers.memory.history import KeptRooms, MemoryHistory
from parlor.gateway.state.progress import Progress
from parlor.model.ids import PushId
from parlor.model.room import Position
from parlor.push.publishing import Publishing, SlowModes
from parlor.push.pushes import Pushed, Pushes
from parlor.push.seen import Names

log = structlog.get_logger()

VERSION = 1
"""Changes whenever `_State` or anything in it does. A successor of another version begins with
nothing, which clients know how to bear: what cannot be filled, they are told."""


class _Version(msgspec.Struct, frozen=True):
    version: int


class _State(msgspec.Struct, frozen=True):
    version: int
    rooms: KeptRooms
    pushes: Names[Pushed]
    published: Names[PushId]
    slow: SlowModes
    sign_ins: tuple[Failures, Failures]
    bad_tokens: Failures
    days: Days


_encode = msgspec.msgpack.Encoder().encode
_parse_version = msgspec.msgpack.Decoder(_Version).decode
_parse = msgspec.msgpack.Decoder(_State).decode


@dataclass(frozen=True, slots=True)
class Remembered:
    history: MemoryHistory
    progress: Progress
    pushes: Pushes
    publishing: Publishing
    attempts: Attempts
    bad_tokens: BadTokens
    quotas: Quotas

    def dump(self) -> bytes:
        """Only when nothing changes any more. b"" when it is more than can be handed over."""
        state = _State(
            VERSION,
            self.history.dump(),
            self.pushes.seen.dump(),
            self.publishing.seen.dump(),
            self.publishing.dump(),
            self.attempts.dump(),
            self.bad_tokens.dump(),
            self.quotas.dump(),
        )
        dumped = _encode(state)
        if len(dumped) > MAX_STATE_BYTES:
            log.warning("handover_state_too_large", bytes=len(dumped))
            return b""
        return dumped

    def load(self, dumped: bytes) -> bool:
        """Before anything is served. False, and nothing is known, for b"", another version's or
        a broken state."""
        if not dumped:
            return False
        try:
            version = _parse_version(dumped).version
            if version != VERSION:
                log.warning("handover_state_ignored", version=version, expected=VERSION)
                return False
            state = _parse(dumped)
        except (msgspec.MsgspecError, RecursionError) as broken:
            log.warning("handover_state_ignored", reason=str(broken))
            return False
        self.history.load(state.rooms)
        for room in state.rooms.rooms:
            # All of it has been delivered: who joins now gets it from the history.
            self.progress.note(room.room, Position(room.epoch, room.last))
        self.pushes.seen.load(state.pushes)
        self.publishing.seen.load(state.published)
        self.publishing.load(state.slow)
        self.attempts.load(*state.sign_ins)
        self.bad_tokens.load(state.bad_tokens)
        self.quotas.load(state.days)
        log.info("handover_state_loaded", bytes=len(dumped), rooms=len(state.rooms.rooms))
        return True
