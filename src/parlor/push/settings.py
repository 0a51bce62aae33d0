"""What an operator may set about pushes. Sections `push`, `mailbox`, `durable` and `trace`."""

from __future__ import annotations

import msgspec

from parlor.ports.log import LogLimits
from parlor.ports.mailbox import MailboxLimits
from parlor.push.policies import CHAT_ROOMS, RoomPolicy


class PushSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times in seconds, sizes in bytes.

    `room_rate` and `room_burst` bound the messages to one room. Under load, messages to one room
    wait for each other for `room_window_per_member_s` times the members, `room_window_s` at most,
    or until `room_batch` of them wait. An `id` is remembered for `remember_s`, the last
    `remember_ids` of them; for what members publish it is the last `remember_published`, and the
    paces of the last `max_speakers` of them are known.

    `rooms` says what rooms of certain names may do (`RoomPolicy`); the first that fits counts.
    Giving any takes the place of the default, chat rooms named `chat://…`. `room.list` names the
    `listed_rooms` fullest of those that are listed, counted anew each `listed_each_s` at most.
    What rooms keep for those who come back takes at most `history_bytes`, in `history_rooms`.
    Who comes and goes is told each `presence_tick_s` at most, and to a room of many at most every
    `presence_window_per_member_s` times the members.

    While more than `max_backlog` accepted pushes wait for delivery in this process, programs
    that push are held back for up to `backlog_patience_s`, then refused (`overloaded`).
    """

    max_body_bytes: int = 65_536
    max_targets: int = 1_000
    max_target_chars: int = 256
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
    remember_published: int = 50_000
    max_speakers: int = 100_000
    history_bytes: int = 67_108_864
    history_rooms: int = 10_000
    presence_tick_s: float = 0.25
    presence_window_per_member_s: float = 0.000_1
    rooms: tuple[RoomPolicy, ...] = (CHAT_ROOMS,)
    listed_rooms: int = 50
    listed_each_s: float = 1.0

    def __post_init__(self) -> None:
        if self.listed_rooms < 0 or self.listed_each_s < 0:
            raise ValueError("`listed_rooms` and `listed_each_s` are not negative")
        if self.history_bytes < 0 or self.history_rooms < 1:
            raise ValueError("`history_bytes` is not negative, `history_rooms` at least 1")
        if self.presence_tick_s <= 0:
            raise ValueError("`presence_tick_s` is more than 0")


class MailboxSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Must-arrive pushes that wait for users. Times in seconds, sizes in bytes.

    A user's mailbox holds `max_entries` and `max_bytes` at most; what is older than `max_age_s`
    is dropped, and a device that was silent for as long is forgotten. `max_devices` are known per
    user. A page has at most `page_entries` and `page_bytes`. Acknowledgements are written each
    `write_s`; each `sweep_s` at most `sweep_entries` old ones go. `remembered_users` with mail
    and `remembered_devices` bound what is kept in memory so that a hello needs no database.
    """

    max_entries: int = 1_000
    max_bytes: int = 4_194_304
    max_age_s: float = 1_209_600.0
    max_devices: int = 16
    page_entries: int = 256
    page_bytes: int = 131_072
    write_s: float = 0.5
    sweep_s: float = 60.0
    sweep_entries: int = 1_000
    remembered_users: int = 100_000
    remembered_devices: int = 100_000

    def __post_init__(self) -> None:
        for name in ("max_entries", "max_bytes", "max_devices", "page_entries", "page_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1")
        for name in ("max_age_s", "write_s", "sweep_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is more than 0")
        for name in ("sweep_entries", "remembered_users", "remembered_devices"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1")

    def limits(self) -> MailboxLimits:
        return MailboxLimits(self.max_entries, self.max_bytes, self.max_devices)


class DurableSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The durable queue. Times in seconds, sizes in bytes.

    At most `max_entries` pushes of `max_bytes` wait; more are refused. `deliver` false: this
    process only accepts. `batch` pushes are delivered between two notes of how far it came. One
    that is refused for `retry_for_s` is set aside, of which the last `max_aside` are kept. An
    `id` is remembered for `remember_s`, the last `remember_ids` of them.
    """

    deliver: bool = True
    max_entries: int = 100_000
    max_bytes: int = 268_435_456
    max_aside: int = 1_000
    batch: int = 128
    retry_for_s: float = 60.0
    remember_s: float = 3_600.0
    remember_ids: int = 100_000

    def __post_init__(self) -> None:
        for name in ("max_entries", "max_bytes", "batch", "remember_ids", "max_aside"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1")
        if self.retry_for_s < 0 or self.remember_s < 0:
            raise ValueError("retry_for_s and remember_s are not negative")

    def limits(self) -> LogLimits:
        return LogLimits(self.max_entries, self.max_bytes, self.remember_ids, self.max_aside)


class TraceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of pushes that are on their way or gone, and whose connections are watched.

    Of the last `keep` pushes an operator may ask what became of them; 0 keeps nothing. Of `users`,
    at most `max_users`, the log tells every step of their connections, in at most
    `lines_per_second` lines; more are counted and left out.
    """

    keep: int = 10_000
    users: tuple[str, ...] = ()
    max_users: int = 100
    lines_per_second: int = 200

    def __post_init__(self) -> None:
        if self.keep < 0 or self.max_users < 0:
            raise ValueError("keep and max_users are not negative")
        if self.lines_per_second < 1:
            raise ValueError("lines_per_second is at least 1")
        if len(self.users) > self.max_users:
            raise ValueError(f"users names more than max_users = {self.max_users}")
