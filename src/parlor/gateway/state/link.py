"""One greeted connection as the hub and the deliverer see it, whatever protocol it speaks.

Native WebSocket and TCP connections and those of the front doors are links; they differ in
`codec` (values to bytes) and in `shell` (bytes to the socket).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from parlor.gateway.state.mail_line import MailLine
from parlor.gateway.state.outbox import Frame, Outbox, OutboxLimits, Put
from parlor.model.close import Close, CloseCode
from parlor.model.ids import ConnectionKey, DeviceId, RoomId, UserId
from parlor.model.push import Envelope
from parlor.wire.native.pushes import PushPayload


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


class Shell(Protocol):
    """The side of a connection that has the socket."""

    def wake(self) -> None:
        """Take from the link's outbox before this turn of the loop ends. Called once per turn
        at most, from `put`; must not call back into the link."""

    def flush(self) -> None:
        """Take from the link's outbox now, if the reader can have it."""

    def end(self, close: Close) -> None:
        """Write what waits, then say why, then close. Called once."""

    def end_soon(self, close: Close) -> None:
        """Take no more requests, answer those that run, then call `link.close`."""


class Link:
    """`key` is unique in the process; `hub.add` replaces an older link of the same key.

    `ops`: when set, only pushes with these operations reach the link, except through a room.
    `rooms` belongs to the hub: join and leave there.
    """

    __slots__ = (
        "address",
        "closing",
        "codec",
        "device",
        "instance",
        "key",
        "mail",
        "ops",
        "outbox",
        "rooms",
        "session",
        "shell",
        "user",
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
        ops: frozenset[int] | None = None,
    ) -> None:
        self.key = key
        self.user = user
        self.device = device
        self.address = address
        self.codec = codec
        self.shell = shell
        self.instance = instance
        self.session = session
        self.ops = ops
        self.rooms: Collection[RoomId] = ()
        self.outbox = Outbox(outbox_limits)
        self.closing: Close | None = None
        self.mail: MailLine | None = None
        """None for a connection that cannot acknowledge mail."""

    @property
    def endpoint(self) -> str:
        """The device and the tab that talks in a call."""
        return f"{self.device}/{self.instance}"

    def put(self, frame: Frame) -> None:
        """Send `frame` as soon as the reader can take it; nothing happens on a closing link.

        Closes with SLOW_READER when a frame that must arrive finds no place.
        """
        if self.closing is not None:
            return
        verdict = self.outbox.put(frame)
        if verdict is Put.WAKE:
            self.shell.wake()
        elif verdict is Put.FULL:
            # A burst within one turn is not the reader's fault: let it have what it can take.
            self.shell.flush()
            if not self.outbox.shed():
                self.close(Close(CloseCode.SLOW_READER))

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
