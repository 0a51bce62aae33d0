"""Signing in and staying: the hello, renewed tokens, heartbeats, signing out."""

from __future__ import annotations

import msgspec

from parlor.model.account import User
from parlor.model.call import CallView
from parlor.model.room import Position
from parlor.wire.native.methods.shape import Empty, Method, Params, Result


class Hello(Params, frozen=True):
    """The first request of a connection. `device` is checked against the token's own.

    `instance` tells two tabs of one device apart (≤ 32 characters). `epoch` is what the last
    hello reply said: another one in the new reply means that cursors start anew. `resume` is the
    ticket of the last hello or renewal: while it is good, `token` is not looked at and may be "".

    `since` says what was last seen of rooms in `rooms` that keep messages. `tags`: only pushes
    with these tags are wanted, except those through a room; left out, all are.
    """

    token: str
    instance: str = ""
    client: str = ""
    epoch: str = ""
    rooms: tuple[str, ...] = ()
    resume: str = ""
    since: dict[str, Position] = msgspec.field(default_factory=dict)
    tags: tuple[str, ...] | None = None


class Limits(msgspec.Struct, frozen=True):
    """So long after it was sent may one recall a message (as an administrator: always) and edit
    it (0: for ever)."""

    max_message_bytes: int
    max_text_chars: int
    max_group_members: int
    requests_per_second: float
    request_burst: int
    recall_window_s: int = 0
    edit_window_s: int = 0


class BackOff(msgspec.Struct, frozen=True):
    """How long to wait before connecting again when nobody said: `first_s`, then twice as long
    each time, `longest_s` at most; each time a random part of the upper half."""

    first_s: float
    longest_s: float


class RoomState(msgspec.Struct, frozen=True):
    """A room as it was joined.

    `position` is where it stands, null when it keeps no messages. `recovered`: everything since
    the position that was given follows, in order, before anything newer. Not recovered although a
    position was given: what is missing cannot be had here any more.
    """

    room: str
    position: Position | None
    recovered: bool


class HelloResult(Result, frozen=True):
    """`server_time` is Unix milliseconds. Send `heartbeat` each `heartbeat_s` when idle.

    `calls` are those ringing or running for this user. `epoch_changed`: drop all cursors.
    `rooms` are the push rooms that were joined again, `room_states` how far each of them is.
    `resume` brings this user back without the token until it expires (empty: there is none);
    `resumed`: such a ticket let this one in. At `token_expires_at` (Unix milliseconds, 0: never)
    the connection ends, unless `token.renew` came before.

    `mail` is how many must-arrive pushes wait for this device: they follow, in pages; the next
    comes once the last is acknowledged.
    """

    user: User
    admin: bool
    device: str
    connection: str
    endpoint: str
    server_time: int
    heartbeat_s: float
    epoch: str
    epoch_changed: bool
    limits: Limits
    calls: tuple[CallView, ...]
    rooms: tuple[str, ...]
    back_off: BackOff = BackOff(0.5, 30.0)
    resume: str = ""
    resumed: bool = False
    token_expires_at: int = 0
    room_states: tuple[RoomState, ...] = ()
    mail: int = 0


class TokenRenew(Params, frozen=True):
    """A newer token of the same user and device; the connection goes on until that one expires."""

    token: str


class TokenResult(Result, frozen=True):
    """The ticket and the time that replace those of the hello."""

    resume: str
    token_expires_at: int


class Heartbeat(Params, frozen=True):
    pass


class HeartbeatResult(Result, frozen=True):
    server_time: int


class SessionEnd(Params, frozen=True):
    """Sign this device out; the connection is closed with `signed_out`."""


METHODS: dict[str, Method] = {
    "hello": Method(Hello, HelloResult),
    "token.renew": Method(TokenRenew, TokenResult),
    "heartbeat": Method(Heartbeat, HeartbeatResult),
    "session.end": Method(SessionEnd, Empty),
}
