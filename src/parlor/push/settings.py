"""What an operator may set about pushes. Section `push`."""

from __future__ import annotations

import msgspec


class PushSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times in seconds, sizes in bytes.

    `room_rate` and `room_burst` bound the messages to one room. Under load, messages to one room
    wait for each other for `room_window_per_member_s` times the members, `room_window_s` at most,
    or until `room_batch` of them wait. An `id` is remembered for `remember_s`, the last
    `remember_ids` of them.

    While more than `max_backlog` accepted pushes wait for delivery in this process, programs
    that push are held back for up to `backlog_patience_s`, then refused (`overloaded`).
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
    max_backlog: int = 5_000
    backlog_patience_s: float = 2.0
