"""goim v1's `GET /sub`: a request that hangs until one push, for clients without WebSocket.

`/sub?ver=1&op=7&seq=1&t=TOKEN&cb=NAME` is answered `NAME=` and the push as JSON, or the JSON alone
without `cb`; 403 when the token is no good (goim §2.15). Each request is a link of its own in the
hub, from its login to its answer: what is pushed between two requests is not for it, as in goim.
Parlor's own addition: `room`, a push room to listen to meanwhile.
"""

from __future__ import annotations

import asyncio
import re
from math import ceil
from typing import Any

from parlor.doors.goim.codec import GoimLongPollCodec
from parlor.doors.goim.http import Message, Receive, Send
from parlor.doors.goim.login_check import Admitted, LoginCheck
from parlor.doors.goim.parameters import BadParameter, Parameters
from parlor.gateway.gateway import Gateway
from parlor.gateway.hooked import ask_about_connecting
from parlor.gateway.state.link import Link
from parlor.gateway.state.wheel import NOT_SCHEDULED
from parlor.model.close import Close, CloseCode
from parlor.model.errors import Forbidden, ParlorError, Unauthenticated
from parlor.model.ids import ConnectionKey, DeviceId, UserId
from parlor.model.text import check_room
from parlor.wire.goim.ops import Op

PATH = "/sub"
MAX_CALLBACK_CHARS = 64
# What stands before `=` runs in the page: names and dots, nothing that could do anything.
_CALLBACK = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*(\.[A-Za-z_$][A-Za-z0-9_$]*)*\Z", re.ASCII)
_CODEC = GoimLongPollCodec()


class _Answer(Exception):
    """Stop here and answer this status."""

    def __init__(self, status: int, text: str, after_s: float = 0.0) -> None:
        super().__init__(text)
        self.status = status
        self.after_s = after_s


class LongPolls:
    """The requests that hang, as a bare ASGI application. `poll_s`: the longest that one may;
    it is then answered 200 with nothing, and the client asks again."""

    def __init__(self, gateway: Gateway, logins: LoginCheck, *, poll_s: float) -> None:
        self._gateway = gateway
        self._logins = logins
        self._poll_s = poll_s
        self.open: set[LongPoll] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"The long-poll port does not speak {scope['type']}.")
        headers = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
        try:
            callback, body = await self._answer(scope, receive)
            kind = b"text/javascript" if callback else b"application/json"
            status, said = 200, f"{callback}=".encode() + body if callback and body else body
        except _Answer as refused:
            kind, status, said = b"text/plain", refused.status, str(refused).encode()
            if refused.after_s:
                headers.append((b"retry-after", str(ceil(refused.after_s)).encode()))
        headers += [
            (b"content-type", kind + b"; charset=utf-8"),
            (b"content-length", str(len(said)).encode()),
        ]
        self._gateway.meter.count("goim_long_polls_total", status=str(status))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": said})

    async def _answer(self, scope: Message, receive: Receive) -> tuple[str, bytes]:
        """The callback's name and one message; b"" when there was none in time."""
        if scope["path"] != PATH:
            raise _Answer(404, "Only /sub is here.")
        if scope["method"] != "GET":
            raise _Answer(405, "Only GET is here.")
        try:
            query = Parameters(scope["query_string"])
            op, callback = query.int32("op"), query.optional_text("cb")
            room = query.optional_text("room")
        except BadParameter as wrong:
            raise _Answer(400, str(wrong)) from wrong
        if op not in (0, Op.AUTH):
            raise _Answer(400, f"op is {Op.AUTH:d}, the login")
        if callback and not (len(callback) <= MAX_CALLBACK_CHARS and _CALLBACK.match(callback)):
            raise _Answer(400, "cb is not the name of a function")
        client = scope.get("client")
        address = client[0] if client else ""
        self._check_serving()
        # The socket is counted among all connections already.
        return callback, await self._wait(query.optional_text("t"), room, address, receive)

    async def _wait(self, token: str, room: str, address: str, receive: Receive) -> bytes:
        try:
            login = self._logins.parse_v1(token)
            admitted = await self._logins.check_login(login, address)
            rooms = [check_room(room, self._gateway.settings.max_room_bytes)] if room else []
            grants = admitted.identity.grants if admitted.identity else None
            if grants is not None and not all(map(grants.may_join, rooms)):
                raise Forbidden("The token does not open this room.")
            device = admitted.identity.device if admitted.identity else DeviceId("")
            await ask_about_connecting(self._gateway.hooks, admitted.user, device, address)
            self._logins.check_again(admitted)
            self._check_place(admitted)
        except (Unauthenticated, Forbidden) as refused:
            raise _Answer(403, str(refused)) from refused
        except ParlorError as refused:
            raise _Answer(refused.status, str(refused), refused.retry_after_s) from refused
        self._check_serving()
        poll = LongPoll(self._gateway, admitted, address, self._poll_s)
        for each in rooms:
            self._gateway.hub.join(poll.link, each)
        self.open.add(poll)
        leaving = asyncio.ensure_future(_wait_gone(receive))
        try:
            either: set[asyncio.Future[Any]] = {poll.answered, leaving}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            self.open.discard(poll)
            poll.link.close(Close(CloseCode.GOING_AWAY))
        answer = poll.answered.result()
        if isinstance(answer, bytes):
            return answer
        status = 503 if answer.code in (CloseCode.DRAINING, CloseCode.GOING_AWAY) else 403
        raise _Answer(status, answer.code.name.lower(), answer.after_s)

    def _check_serving(self) -> None:
        if self._gateway.draining:
            raise _Answer(503, "draining", self._gateway.come_back().after_s)

    def _check_place(self, admitted: Admitted) -> None:
        if admitted.identity is not None and not self._gateway.make_place(admitted.user):
            raise Forbidden("This user has as many connections as allowed.")


class LongPoll:
    """One request that hangs: the shell of its link, which is in the hub from here on."""

    __slots__ = ("_gateway", "answered", "link", "timer_tick")

    def __init__(self, gateway: Gateway, admitted: Admitted, address: str, poll_s: float) -> None:
        self.timer_tick = NOT_SCHEDULED
        self._gateway = gateway
        self.answered: asyncio.Future[bytes | Close] = asyncio.get_running_loop().create_future()
        identity = admitted.identity
        self.link = Link(
            # A key of its own: v1 lets one user hang many times.
            ConnectionKey(gateway.entropy.token_bytes(9).hex()),
            UserId(admitted.user),
            DeviceId("") if identity is None else identity.device,
            address,
            _CODEC,
            self,
            gateway.outbox_limits,
        )
        if identity is not None:
            self.link.identify(identity)
        gateway.hub.add(self.link)
        gateway.wheel.schedule(self, gateway.wheel.now + poll_s)

    def wake(self) -> None:
        self._gateway.turn.add(self)

    def flush(self) -> None:
        """The first message is the answer; the others of this turn are missed, and counted."""
        if self.answered.done():
            return
        messages = self.link.take().split(b"\n")[:-1]
        if messages:
            self.answered.set_result(messages[0])
            self._gateway.meter.count("goim_long_poll_missed_total", len(messages) - 1)
            self._leave()

    def send_rest(self, data: bytes) -> None:
        """Never called: the answer is the first of what a turn has, and nothing goes past it."""
        raise RuntimeError("a long poll has no descriptor")

    def on_missed(self, count: int) -> None:
        self._gateway.meter.count("goim_long_poll_missed_total", count)

    def end(self, close: Close) -> None:
        self._gateway.hub.remove(self.link)
        self._gateway.wheel.cancel(self)
        self.link.outbox.clear()
        if not self.answered.done():
            self.answered.set_result(close)

    def end_soon(self, close: Close) -> None:
        self.link.close(close)

    def on_time(self, now: float) -> float | None:
        self.flush()
        if not self.answered.done():
            self.answered.set_result(b"")
            self._leave()
        return None

    def _leave(self) -> None:
        """It has its answer: what is pushed from now on is not for it, and is told so."""
        self.link.close(Close(CloseCode.GOING_AWAY))


async def _wait_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
