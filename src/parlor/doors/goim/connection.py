"""One goim connection: what its stages allow and when its time is over.

`tcp` and `websocket` are its two kinds: they cut bytes into frames and wrap what is written; the
socket itself is `gateway.stream`'s. Frames are handled in order; while a login is checked or a
message relayed, nothing more is read. goim has no frame that says why a connection ends, so every
end is a bare close.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from parlor.doors.goim.dialogue import Dialogue
from parlor.doors.goim.login_check import Admitted, LoginCheck
from parlor.doors.goim.relay import Relay
from parlor.doors.goim.settings import GoimSettings
from parlor.gateway.gateway import Gateway
from parlor.gateway.hooked import ask_to_connect
from parlor.gateway.state.link import LinkCodec
from parlor.gateway.state.outbox import Frame as Bytes
from parlor.gateway.stream import Stream
from parlor.model.close import Close, CloseCode
from parlor.model.errors import Forbidden, ParlorError, WireError
from parlor.model.ids import DeviceId
from parlor.model.origins import Origins
from parlor.model.push import Delivery
from parlor.push.pace import Pace
from parlor.wire.goim.frame import Frame, encode_reply
from parlor.wire.goim.login import parse_login
from parlor.wire.goim.ops import Op

REPLIES_AT_ONCE = 32
"""A client may send thousands of frames in one segment; its replies are written in such pieces,
so that its outbox is full only when it really does not read."""

log = structlog.get_logger()


@dataclass(slots=True)
class Listener:
    """What all connections of one port share, and which they are."""

    settings: GoimSettings
    gateway: Gateway
    codec: LinkCodec
    logins: LoginCheck
    dialogue: Dialogue
    relay: Relay | None
    origins: Origins | None = None
    connections: set[GoimConnection] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work`; the door cancels and awaits what still runs when it closes."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


class GoimConnection(Stream):
    """A connection from accept to close. Its link is in the hub from login to close."""

    __slots__ = ("_beat_at", "_is_choked", "_is_held", "_is_logged_in", "_pace", "listener")

    def __init__(self, listener: Listener, address: str = "") -> None:
        """`address` is the client's where a PROXY header said it."""
        super().__init__(listener.gateway, listener.codec)
        self.link.address = address
        self.listener = listener
        self._beat_at = listener.gateway.wheel.now
        self._is_choked = False
        self._is_held = False
        self._is_logged_in = False
        self._pace: Pace | None = None

    @abstractmethod
    def take_in(self, data: bytes) -> None:
        """Keep what arrived for `take_frame`."""

    @abstractmethod
    def take_frame(self) -> Frame | None:
        """The next whole frame, or None. Raises WireError when its turn comes."""

    @abstractmethod
    def wrap(self, frame: bytes) -> bytes:
        """One goim frame as this transport carries it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.listener.connections.add(self)
        super().connection_made(transport)

    def feed(self, data: bytes) -> None:
        if self.link.closing is None:
            self.take_in(data)
            self._handle_frames()

    def farewell(self, close: Close) -> bytes:
        return b""

    def on_end(self) -> None:
        self.listener.connections.discard(self)

    def check_time(self, now: float) -> float:
        """Before the login: counted from accept. Afterwards only heartbeats count."""
        settings = self.listener.settings
        if self._is_logged_in:
            limit_s, code = settings.idle_limit_s, CloseCode.IDLE
        else:
            limit_s, code = settings.handshake_timeout_s, CloseCode.NO_HELLO
        if now >= self._beat_at + limit_s:
            self.link.close(Close(code))
        return self._beat_at + limit_s

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._is_choked:
            self._is_choked = False
            self._go_on()

    def _handle_frames(self) -> None:
        try:
            while not (self._is_held or self._is_choked) and self.link.closing is None:
                if len(self.link.outbox) >= REPLIES_AT_ONCE:
                    self.flush()
                    self._choke_if_unread()
                    continue
                frame = self.take_frame()
                if frame is None:
                    return
                self._on_frame(frame)
        except WireError as fault:
            self.link.close(Close(CloseCode(fault.close)))

    def _choke_if_unread(self) -> None:
        """Read nothing more of a client that does not read its replies."""
        if self.link.outbox:
            self._is_choked = True
            self.transport.pause_reading()

    def _go_on(self) -> None:
        if not (self._is_held or self._is_choked) and self.link.closing is None:
            self.transport.resume_reading()
            self._handle_frames()

    def _on_frame(self, frame: Frame) -> None:
        if not self._is_logged_in:
            # Anything before the login is ignored, as goim does: it changes nothing.
            if frame.op == Op.AUTH:
                self._hold(self._log_in(frame))
        elif frame.op == Op.SEND and self.listener.relay is not None:
            self._hold(self._pass_on(frame, self.listener.relay))
        else:
            if frame.op == Op.HEARTBEAT:
                self._beat_at = self.gateway.wheel.now
            if self.link.watch is not None:
                self.link.watch.on_request(frame.seq, f"goim {frame.op}")
            self._reply(self.listener.dialogue.answer(self.link, frame))
            if self.link.watch is not None:
                self.link.watch.on_answer(frame.seq, "ok")

    def _reply(self, frame: bytes) -> None:
        if frame:
            self.link.put(Bytes(self.wrap(frame), Delivery.MUST_ARRIVE))

    def _hold(self, work: Coroutine[Any, Any, None]) -> None:
        """Read nothing more until `work` is done; then go on with what came in before."""
        self._is_held = True
        self.transport.pause_reading()
        self.listener.spawn(self._finish_held(work))

    async def _finish_held(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except ParlorError as refused:
            self.gateway.meter.count("goim_refusals_total", code=refused.code)
            code = CloseCode.OVERLOADED if self._is_logged_in else CloseCode.UNAUTHENTICATED
            self.link.close(Close(code))
        except Exception:
            log.exception("goim_failed", address=self.link.address)
            self.link.close(Close(CloseCode.INTERNAL))
        self._is_held = False
        self._go_on()

    async def _log_in(self, frame: Frame) -> None:
        """Enter the hub; the reply is the first thing the client gets. Raises ParlorError."""
        login = parse_login(frame.body)
        admitted = await self.listener.logins.check_login(login, self.link.address)
        hub, link = self.gateway.hub, self.link
        device = admitted.identity.device if admitted.identity else DeviceId("")
        await ask_to_connect(self.gateway.hooks, link, admitted.user, device)
        if link.closing is not None:
            return
        self.listener.logins.check_again(admitted)
        room = self.listener.dialogue.parse_room(login.room_id.encode())
        if room is None:
            raise Forbidden("The login names no room that there can be.")
        grants = admitted.identity.grants if admitted.identity else None
        if room and grants is not None and not grants.may_join(room):
            raise Forbidden("The token does not open this room.")
        self._check_place(admitted)
        link.key, link.user = admitted.key, admitted.user
        if admitted.identity is not None:
            link.identify(admitted.identity)
        if not self.listener.dialogue.subscribe(link, login.accepts):
            raise Forbidden("The login asks for too many operations.")
        self._reply(encode_reply(frame, Op.AUTH_REPLY))
        self._is_logged_in = True
        self._beat_at = self.gateway.clock.now()
        replaced = hub.add(link)
        self.keep_appointment()
        if replaced is not None:
            replaced.close(Close(CloseCode.REPLACED))
        self.listener.dialogue.enter(link, room)
        self.gateway.meter.count("goim_logins_total")

    def _check_place(self, admitted: Admitted) -> None:
        """One user has so many connections, and in token mode nobody takes another's key.

        Raises Forbidden. In open mode everybody is anybody, as in goim; mid 0 is nobody.
        """
        older = self.gateway.hub.by_key(admitted.key)
        if older is not None and older.user == admitted.user:
            return
        if older is not None and admitted.identity is not None:
            raise Forbidden("This key belongs to somebody else's connection.")
        if admitted.user and not self.gateway.make_place(admitted.user):
            raise Forbidden("This user has as many connections as allowed.")

    async def _pass_on(self, frame: Frame, relay: Relay) -> None:
        self._pace = self._pace or relay.new_pace()
        await relay.pass_on(self.link, frame.body, self._pace)
        self._reply(self.listener.dialogue.answer(self.link, frame))
