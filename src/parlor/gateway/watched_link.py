"""One connection of a watched user: the log tells each step, the trace of a push its part.

It takes the places of the link's codec and shell and hands everything on to them. So a walk over
thousands asks nobody whether they are watched: this link just has a codec of its own. No bodies,
no tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from parlor.gateway.state.link import NO_DESCRIPTOR, Link
from parlor.gateway.state.outbox import Frame
from parlor.gateway.turn import Turn
from parlor.model.close import Close
from parlor.model.ids import DeviceId, PushId, UserId
from parlor.model.push import Envelope, ToRoom
from parlor.ports.clock import Clock
from parlor.wire.native.pushes import PushPayload

MAX_REQUESTS = 64
MAX_PUT = 256
"""Pushes that wait in the outbox by name."""


class Teller(Protocol):
    """`gateway.watching.Watching` as this module sees it."""

    clock: Clock

    @property
    def traces(self) -> Notes: ...

    def tell(self, event: str, **fields: object) -> None: ...


class Notes(Protocol):
    """`push.traces.Traces` as this module sees it."""

    def note(
        self, push_id: PushId, user: UserId, device: DeviceId, connection: str, step: str
    ) -> None: ...


class WatchedLink:
    """A `LinkCodec`, a `Shell` and a `Watch`. `begin` and `end_watch` swap it in and out."""

    __slots__ = (
        "_began",
        "_codec",
        "_link",
        "_put",
        "_requests",
        "_shell",
        "_teller",
        "_turn",
        "tells_when",
    )

    def __init__(self, teller: Teller, turn: Turn, link: Link) -> None:
        self._teller = teller
        self._turn = turn
        self._link = link
        self._codec = link.codec
        self._shell = link.shell
        self._began = teller.clock.now()
        self._requests: dict[int, tuple[str, float]] = {}
        self._put: list[PushId] = []
        self.tells_when = link.codec.tells_when

    def begin(self, event: str) -> None:
        link = self._link
        link.watch = self
        link.codec = self
        link.shell = self
        # Nobody may write past this shell.
        link.direct = NO_DESCRIPTOR
        self._tell(
            event,
            address=link.address,
            instance=link.instance,
            client=type(self._shell).__name__,
            rooms=len(link.rooms),
        )

    def end_watch(self) -> None:
        link = self._link
        link.watch = None
        link.codec = self._codec
        link.shell = self._shell

    def on_closed(self) -> None:
        """The link has left the hub."""
        closing = self._link.closing
        self._tell(
            "watched_closed",
            code=0 if closing is None else int(closing.code),
            reason="gone" if closing is None else closing.code.name.lower(),
            seconds=round(self._teller.clock.now() - self._began, 3),
        )

    # A Watch.

    def on_request(self, id: int, method: str) -> None:
        if len(self._requests) < MAX_REQUESTS:
            self._requests[id] = (method, self._teller.clock.now())

    def on_answer(self, id: int, outcome: str) -> None:
        # What was asked before it was watched is the hello, or nearly always.
        method, began = self._requests.pop(id, ("hello", self._began))
        took_ms = round((self._teller.clock.now() - began) * 1_000, 3)
        self._tell("watched_request", method=method, ms=took_ms, outcome=outcome)

    def on_acknowledged(self, upto: int) -> None:
        self._tell("watched_acknowledged", upto=upto)

    # A LinkCodec.

    def pushes(self, envelope: Envelope) -> Frame | None:
        frame = self._codec.pushes(envelope)
        if frame is None:
            return None
        ids = tuple(push.id for push in envelope.pushes)
        first = envelope.pushes[0]
        self._tell(
            "watched_push_put",
            pushes=ids,
            kind=first.delivery.value,
            tag=first.tag,
            room=envelope.to.room if isinstance(envelope.to, ToRoom) else "",
            bytes=frame.size,
            mail=first.mail,
        )
        self._note(ids, "put")
        self._put = [*self._put, *ids][-MAX_PUT:]
        frame.legs += (_Put(ids, self._on_not_written),)
        return frame

    def notice(self, name: str, payload: PushPayload) -> Frame | None:
        frame = self._codec.notice(name, payload)
        if frame is not None:
            self._tell("watched_notice_put", name=name, bytes=frame.size)
        return frame

    def missed(self, count: int) -> bytes:
        return self._codec.missed(count)

    # A Shell.

    def wake(self) -> None:
        self._turn.add(self)

    def flush(self) -> None:
        outbox = self._link.outbox
        size = outbox.waiting_bytes
        self._shell.flush()
        if outbox.waiting is None:
            self._on_written(size)
        else:
            self._tell("watched_blocked", waiting=len(outbox), bytes=outbox.waiting_bytes)

    def send_rest(self, data: bytes) -> None:
        self._shell.send_rest(data)

    def end(self, close: Close) -> None:
        self._shell.end(close)

    def end_soon(self, close: Close) -> None:
        self._shell.end_soon(close)

    def on_missed(self, count: int) -> None:
        self._shell.on_missed(count)

    def _on_written(self, size: int) -> None:
        if self._put:
            written, self._put = self._put, []
            self._tell("watched_push_written", pushes=written, bytes=size)
            self._note(written, "written")

    def _on_not_written(self, ids: tuple[PushId, ...], step: str) -> None:
        self._tell(f"watched_push_{step}", pushes=ids)
        self._note(ids, step)
        self._put = [push for push in self._put if push not in ids]

    def _note(self, ids: tuple[PushId, ...] | list[PushId], step: str) -> None:
        link = self._link
        for push in ids:
            self._teller.traces.note(push, link.user, link.device, link.key, step)

    def _tell(self, event: str, **fields: object) -> None:
        link = self._link
        self._teller.tell(event, user=link.user, device=link.device, connection=link.key, **fields)


class _Put:
    """One frame that was put into a watched link's outbox."""

    __slots__ = ("_ids", "_tell")

    def __init__(
        self, ids: tuple[PushId, ...], tell: Callable[[tuple[PushId, ...], str], None]
    ) -> None:
        self._ids = ids
        self._tell = tell

    def on_missed(self) -> None:
        self._tell(self._ids, "missed")

    def on_slow(self) -> None:
        self._tell(self._ids, "refused")

    def on_lost(self) -> None:
        self._tell(self._ids, "lost")
