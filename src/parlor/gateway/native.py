"""What native connections have in common, whatever carries their messages.

A message becomes a request, the session judges it, `requests` runs it, the answer goes into the
outbox. `websocket` and `tcp` add the framing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from parlor.gateway.frames import NativeFrames
from parlor.gateway.gateway import Gateway
from parlor.gateway.mail import MailCarrier
from parlor.gateway.methods import build_table
from parlor.gateway.requests import Requests
from parlor.gateway.services import Calls, Services
from parlor.gateway.state.outbox import Frame
from parlor.gateway.state.session import HELLO, Session
from parlor.gateway.stream import Stream
from parlor.model.account import Identity
from parlor.model.close import Close, CloseCode
from parlor.model.errors import ParlorError, WireError
from parlor.model.ids import ConnectionKey
from parlor.model.push import Delivery
from parlor.wire.native.methods import Result
from parlor.wire.native.pushes import ByePush

FIRST_APPLICATION_CODE = 4000


@dataclass(frozen=True, slots=True)
class Native:
    """What all native connections of a process share."""

    gateway: Gateway
    requests: Requests
    calls: Calls
    mail: MailCarrier

    @classmethod
    def over(cls, gateway: Gateway, services: Services) -> Native:
        """The native protocol bound to `services`."""
        mail = MailCarrier(gateway, services.mailboxes)
        table = build_table(gateway, services, mail)
        deadline_s = gateway.settings.request_deadline_s
        requests = Requests(table, gateway.meter, deadline_s=deadline_s)
        return cls(gateway, requests, services.calls, mail)


class NativeConnection(Stream):
    """A `Caller` to the methods. Subclasses call `on_message` for each message, in order."""

    __slots__ = (
        "_hello_id",
        "_last_word",
        "_native",
        "_tasks",
        "codec",
        "frames",
        "identity",
        "session",
    )

    def __init__(self, native: Native, frames: NativeFrames) -> None:
        super().__init__(native.gateway, frames)
        self._native = native
        self._tasks: set[asyncio.Future[None]] | None = None
        self._hello_id: int | None = None
        self._last_word: Close | None = None
        self.frames = frames
        self.codec = frames.codec
        self.identity: Identity | None = None
        self.session = Session(native.gateway.session_limits, native.gateway.wheel.now)

    def on_message(self, message: bytes | str) -> None:
        """Run, refuse or close. Messages on a closing connection are not looked at."""
        if self.link.closing is not None:
            return
        try:
            request = self.codec.parse_request(message)
        except WireError as broken:
            self.link.close(Close(CloseCode(broken.close)))
            return
        verdict = self.session.check_request(request.method, self.gateway.wheel.now)
        if verdict is None:
            if request.method == HELLO:
                self._hello_id = request.id
            if self.link.watch is not None:
                self.link.watch.on_request(request.id, request.method)
            self._native.requests.handle(self, request)
        elif isinstance(verdict, Close):
            self.link.close(verdict)
        else:
            self._reply(self.codec.build_error(request.id, verdict))

    def greet(self, identity: Identity, instance: str) -> None:
        link = self.link
        link.key = ConnectionKey(self.gateway.entropy.token_bytes(9).hex())
        link.identify(identity)
        link.instance = instance
        self.identity = identity
        if link.closing is None:
            self.gateway.hub.add(link)
            self.gateway.meter.count("connections_greeted_total")
            if identity.expires_at:
                self.keep_appointment()

    def renew(self, identity: Identity) -> None:
        self.link.identify(identity)
        self.identity = identity
        self.keep_appointment()

    def on_answer(self, id: int, answer: Result | ParlorError) -> None:
        self.session.on_done()
        if self.link.watch is not None:
            outcome = answer.code if isinstance(answer, ParlorError) else "ok"
            self.link.watch.on_answer(id, outcome)
        is_hello = id == self._hello_id
        if is_hello:
            self._hello_id = None
            self.session.on_hello(accepted=self.identity is not None)
        if isinstance(answer, ParlorError):
            self._reply(self.codec.build_error(id, answer))
        else:
            self._reply(self.codec.build_reply(id, answer))
            if is_hello:
                self._native.mail.begin(self.link)
        if self._last_word is not None and not self.session.in_flight:
            self.link.close(self._last_word)

    def end_soon(self, close: Close) -> None:
        self.session.on_close()
        if self.session.in_flight:
            self._last_word = close
        else:
            self.link.close(close)

    def track(self, task: asyncio.Future[None]) -> None:
        if self._tasks is None:
            self._tasks = set()
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)

    def check_time(self, now: float) -> float | Close:
        hello = self.session.check_time(now)
        return super().check_time(now) if hello is None else hello

    def farewell(self, close: Close) -> bytes:
        """The `bye` push, for reasons of this protocol; faults of the framing have none."""
        if close.code < FIRST_APPLICATION_CODE:
            return b""
        bye = self.codec.build_push("bye", ByePush(close.code, close.reason))
        return self.frames.wrap(bye)

    def on_end(self) -> None:
        self.session.on_close()
        for task in self._tasks or ():
            task.cancel()
        self._tasks = None
        link = self.link
        self._native.mail.leave(link)
        if self.identity is not None:
            others = self.gateway.hub.of_user(link.user)
            if all(other.endpoint != link.endpoint for other in others):
                self._native.calls.on_endpoint_gone(link.user, link.endpoint)

    def _reply(self, message: bytes) -> None:
        self.link.put(Frame(self.frames.wrap(message), Delivery.MUST_ARRIVE))

    def _on_task_done(self, task: asyncio.Future[None]) -> None:
        if self._tasks is not None:
            self._tasks.discard(task)
            # An empty set is 216 bytes that an idle connection need not keep.
            if not self._tasks:
                self._tasks = None
