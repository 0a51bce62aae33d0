"""What an operator may set about pushes. Section `push`."""

from __future__ import annotations

import msgspec

from parlor.push.policies import RoomPolicy


class PushSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times in seconds, sizes in bytes.

    `room_rate` and `room_burst` bound the messages to one room. Under load, messages to one room
    wait for each other for `room_window_per_member_s` times the members, `room_window_s` at most,
    or until `room_batch` of them wait. An `id` is remembered for `remember_s`, the last
    `remember_ids` of them; for what members publish it is the last `remember_published`, and the
    paces of the last `max_speakers` of them are known.

    `rooms` says what rooms of certain names may do (`RoomPolicy`); the first that fits counts.
    What rooms keep for those who come back takes at most `history_bytes`, in `history_rooms`.
    Who comes and goes is told each `presence_tick_s` at most, and to a room of many at most every
    `presence_window_per_member_s` times the members.
    """

    max_body_bytes: int = 65_536
    max_targets: int = 1_000
    max_id_chars: int = 128
    max_room_bytes: int = 128
    room_rate: float = 1_000.0
    room_burst: int = 2_000
    room_batch: int = 64
    room_window_s: float = 0.2
    room_window_per_member_s: float = 0.000_01
    remember_s: float = 600.0
    remember_ids: int = 10_000
    remember_published: int = 50_000
    max_speakers: int = 100_000
    history_bytes: int = 67_108_864
    history_rooms: int = 10_000
    presence_tick_s: float = 0.25
    presence_window_per_member_s: float = 0.000_1
    rooms: tuple[RoomPolicy, ...] = ()

    def __post_init__(self) -> None:
        if self.history_bytes < 0 or self.history_rooms < 1:
            raise ValueError("`history_bytes` is not negative, `history_rooms` at least 1")
        if self.presence_tick_s <= 0:
            raise ValueError("`presence_tick_s` is more than 0")
