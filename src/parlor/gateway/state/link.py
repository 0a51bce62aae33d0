"""One greeted connection as the hub and the deliverer see it, whatever protocol it speaks.

Native WebSocket and TCP connections and those of the front doors are links; they differ in
`codec` (values to bytes) and in `shell` (bytes to the socket).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from parlor.gateway.state.mail_line import MailLine
from parlor.gateway.state.outbox import Frame, Outbox, OutboxLimits, Put
from parlor.model.account import Grants, Identity
from parlor.model.close import Close, CloseCode
from parlor.model.ids import ConnectionKey, DeviceId, RoomId, UserId
from parlor.model.push import Envelope
from parlor.wire.native.pushes import PushPayload

NO_DESCRIPTOR = -1


class LinkCodec(Protocol):
    """How one kind of connection writes what is pushed to it. One object serves all links of
    its kind: the deliverer encodes once per codec object and shares the frame."""

    tells_when: bool
    """Whether the last word of this kind says when to come back (`Close.after_s`)."""

    def pushes(self, envelope: Envelope) -> Frame | None:
        """All pushes of the envelope, in order, as one frame; None when this kind has no form
        for them."""

    def notice(self, name: str, payload: PushPayload) -> Frame | None:
        """A push that the server itself makes, named as in `wire.native.pushes`."""

    def missed(self, count: int) -> bytes:
        """What tells the reader that `count` lossy pushes were dropped; may be b""."""


class Watch(Protocol):
    """Whoever is told of each step of one connection (`gateway.watched_link`)."""

    def on_request(self, id: int, method: str) -> None: ...

    def on_answer(self, id: int, outcome: str) -> None:
        """`outcome` is `ok` or an error's code."""

    def on_acknowledged(self, upto: int) -> None:
        """Its mail up to this number."""


class Shell(Protocol):
    """The side of a connection that has the socket."""

    def wake(self) -> None:
        """Take from the link's outbox before this turn of the loop ends. Called once per turn
        at most, from `put`; must not call back into the link."""

    def flush(self) -> None:
        """Take from the link's outbox now, if the reader can have it."""

    def send_rest(self, data: bytes) -> None:
        """Write `data` after what somebody else wrote to `Link.direct`, which the kernel did not
        take whole. Only for shells that set that."""

    def end(self, close: Close) -> None:
        """Write what waits, then say why, then close. Called once."""

    def end_soon(self, close: Close) -> None:
        """Take no more requests, answer those that run, then call `link.close`."""

    def on_missed(self, count: int) -> None:
        """`count` lossy pushes were dropped just now, for want of a reader."""


class Link:
    """`key` is unique in the process; `hub.add` replaces an older link of the same key.

    `tags`: when set, only pushes with these tags reach the link, except through a room.
    `rooms` belongs to the hub: join and leave there. `grants` is which rooms may be joined (None:
    any); the connection's time is over at `expires_at` (Unix seconds; 0: never).
    """

    __slots__ = (
        "address",
        "closing",
        "codec",
        "device",
        "direct",
        "expires_at",
        "grants",
        "instance",
        "key",
        "mail",
        "outbox",
        "rooms",
        "session",
        "shell",
        "tags",
        "user",
        "watch",
    )

    def __init__(
        self,
        key: ConnectionKey,
        user: UserId,
        device: DeviceId,
        address: str,
        codec: LinkCodec,
        shell: Shell,
        outbox_limits: OutboxLimits,
        *,
        instance: str = "",
        session: str = "",
        tags: frozenset[str] | None = None,
    ) -> None:
        self.key = key
        self.user = user
        self.device = device
        self.address = address
        self.codec = codec
        self.shell = shell
        self.instance = instance
        self.session = session
        self.tags = tags
        self.rooms: Collection[RoomId] = ()
        self.grants: Grants | None = None
        self.expires_at = 0.0
        self.outbox = Outbox(outbox_limits)
        self.closing: Close | None = None
        self.direct = NO_DESCRIPTOR
        """The descriptor that may be written to now, as nothing waits before it. The shell's: a
        walk over a wide audience meets nothing of a link but this and its codec."""
        self.mail: MailLine | None = None
        """None for a connection that cannot acknowledge mail."""
        self.watch: Watch | None = None
        """Set while every step of this connection is to be told."""

    def identify(self, identity: Identity) -> None:
        """From now on this is who speaks. Not for a link in the hub, unless the user and the
        device stay the same."""
        self.user = identity.user
        self.device = identity.device
        self.session = identity.session
        self.grants = identity.grants
        self.expires_at = identity.expires_at

    def may_join(self, room: RoomId) -> bool:
        return self.grants is None or self.grants.may_join(room)

    @property
    def endpoint(self) -> str:
        """The device and the tab that talks in a call."""
        return f"{self.device}/{self.instance}"

    def put(self, frame: Frame) -> bool:
        """Send `frame` as soon as the reader can take it.

        False, and nothing happens, on a closing link. Closes with SLOW_READER when a frame that
        must arrive finds no place.
        """
        if self.closing is not None:
            return False
        verdict = self.outbox.put(frame)
        if verdict is Put.WAKE:
            self.shell.wake()
        elif verdict is Put.FULL:
            # A burst within one turn is not the reader's fault: let it have what it can take.
            self.shell.flush()
            missed = self.outbox.missed
            has_place = self.outbox.shed()
            if self.outbox.missed > missed:
                self.shell.on_missed(self.outbox.missed - missed)
            if not has_place:
                self.close(Close(CloseCode.SLOW_READER))
        return True

    def take(self) -> bytes:
        """For the shell: all that waits as one piece, led by the count of what was missed."""
        outbox = self.outbox
        waiting = outbox.take()
        if outbox.missed:
            missed, outbox.missed = outbox.missed, 0
            return self.codec.missed(missed) + waiting
        return waiting

    def close(self, close: Close) -> None:
        """End the connection; the first reason stays. The shell removes it from the hub."""
        if self.closing is None:
            self.closing = close
            self.shell.end(close)

    def close_soon(self, close: Close) -> None:
        """Like `close`, but what was asked before is answered first."""
        if self.closing is None:
            self.shell.end_soon(close)
