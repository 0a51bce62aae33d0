"""What each room may do: the first policy whose pattern fits its name.

Policies stand in the settings as `[[push.rooms]]`, in the order in which they are tried; without
any, `CHAT_ROOMS` is the only one. A room that no pattern fits keeps nothing, tells nobody who
comes, and only programs speak in it.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from parlor.model.ids import RoomId
from parlor.ports.history import Keep

MAX_REMEMBERED = 10_000
_UP_TO_A_MARK = re.compile(r"[^*?\[]*", re.DOTALL)


class RoomPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[push.rooms]]` table. Times in seconds, sizes in bytes; 0 is off.

    `match`: the whole name of a room, with `*` for anything, `?` for one character, `[abc]` for
    one of some; case counts.

    Replay: the last `replay_count` messages are kept, none older than `replay_s`, at most
    `replay_bytes` of them. One of the first two is enough; with both, both hold.

    Publishing: with `publish`, members may speak, as `must_arrive` or lossy messages of at most
    `publish_bytes`; each person `user_burst` at once and `user_rate` a second, and one in
    `slow_mode_s`. `rate` and `burst` bound the whole room, programs included, instead of
    `push.room_rate` and `push.room_burst`. With `high_admins_only`, messages of high priority are
    for the server's administrators (and for programs).

    Listing: with `listed`, whoever may join such a room is told its name and how many are there,
    while somebody is (`room.list`).

    Presence: with `presence`, members are told who comes and goes while at most `presence_named`
    connections are in the room, and how many are there above; once in `presence_window_s` at most.
    """

    match: str
    replay_count: int = 0
    replay_s: float = 0.0
    replay_bytes: int = 262_144
    publish: bool = False
    must_arrive: bool = False
    publish_bytes: int = 4_096
    user_rate: float = 1.0
    user_burst: int = 5
    slow_mode_s: float = 0.0
    rate: float = 0.0
    burst: int = 0
    high_admins_only: bool = False
    listed: bool = False
    presence: bool = False
    presence_named: int = 50
    presence_window_s: float = 1.0

    def __post_init__(self) -> None:
        if not self.match:
            raise ValueError("`match` is a pattern of room names, not empty")
        for name in ("replay_count", "replay_s", "slow_mode_s", "rate", "burst", "presence_named"):
            if getattr(self, name) < 0:
                raise ValueError(f"`{name}` is not negative")
        for name in ("replay_bytes", "publish_bytes", "user_rate", "user_burst"):
            if getattr(self, name) <= 0:
                raise ValueError(f"`{name}` is more than 0")
        if self.presence_window_s < 0.1:
            raise ValueError("`presence_window_s` is at least 0.1")
        if (self.rate > 0) != (self.burst > 0):
            raise ValueError("give `rate` and `burst` together")

    @property
    def keep(self) -> Keep | None:
        """How much of the room is kept; None: nothing."""
        if not self.replay_count and not self.replay_s:
            return None
        return Keep(self.replay_count, self.replay_s, self.replay_bytes)

    @property
    def beginning(self) -> str:
        """What the name of every room that fits begins with."""
        return _UP_TO_A_MARK.match(self.match)[0]  # type: ignore[index]  # it always matches


PLAIN: Final = RoomPolicy(match="*")
CHAT_ROOMS: Final = RoomPolicy(
    match="chat://*",
    replay_count=50,
    replay_s=600.0,
    publish=True,
    publish_bytes=2_048,
    rate=50.0,
    burst=100,
    high_admins_only=True,
    listed=True,
    presence=True,
)
"""What there is without any `[[push.rooms]]`: rooms in which people talk, open to all members."""


class Policies:
    """Looks are remembered, so a busy room's costs one dictionary access."""

    def __init__(self, rules: Sequence[RoomPolicy] = ()) -> None:
        self.apply(rules)

    def apply(self, rules: Sequence[RoomPolicy]) -> None:
        """Other rules from now on, for rooms that are in use too."""
        self.rules = tuple(rules)
        self._rules: list[tuple[Callable[[str], re.Match[str] | None], RoomPolicy]] = [
            (re.compile(fnmatch.translate(rule.match)).match, rule) for rule in rules
        ]
        self._known: dict[RoomId, RoomPolicy] = {}

    def of(self, room: RoomId) -> RoomPolicy:
        if not self._rules:
            return PLAIN
        policy = self._known.get(room)
        if policy is None:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            policy = next((rule for fits, rule in self._rules if fits(room)), PLAIN)
            self._known[room] = policy
        return policy
