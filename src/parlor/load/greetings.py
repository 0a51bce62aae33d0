"""What each kind of connection says first, and how one sees that the server has let it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from parlor.load.cutting import Cut, cut_anything, cut_events, cut_goim, cut_native, cut_websocket
from parlor.model.errors import WireError
from parlor.wire.goim.frame import encode_frame
from parlor.wire.goim.ops import Op
from parlor.wire.native.codec import JSON, JSON_SUBPROTOCOL, MSGPACK, Codec, PushMessage, Reply
from parlor.wire.native.framing import build_framed
from parlor.wire.native.methods import Heartbeat, Hello, HelloResult
from parlor.wire.native.pushes import ByePush, DeliveryPush
from parlor.wire.websocket import (
    FrameReader,
    Opcode,
    ReaderLimits,
    build_masked,
    build_offer,
    parse_answer,
)

NONCE = bytes(16)
KEY = bytes(4)
HEARTBEAT_ID = 2
GOIM_OP = 1000
BARE_ANSWER = b"a" * 200
_COMPRESSED = ReaderLimits(from_client=False, compressed=True)
_PUSH_IN_MSGPACK = 0xA0
"""A reply begins with an integer, a push with a string, after the array's own byte."""


class Refused(Exception):
    """The server said no; a few words why, the same for the same reason."""


@dataclass(frozen=True, slots=True)
class Who:
    """As whom to come, to which rooms; `ticket` of an earlier connection, if there is one.

    `number` tells those apart who need no token."""

    token: str = ""
    rooms: tuple[str, ...] = ()
    ticket: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Entered:
    """The server let it in. `rest` is the stream after that; `ticket` brings it back; `then` is
    what has to be said next."""

    rest: bytes
    ticket: str = ""
    then: bytes = b""


@dataclass(frozen=True, slots=True)
class Told:
    """What the server says unasked that is no delivery: how many were missed, why it closes.

    `answer` is what it waits for then (RFC 6455 §5.5.1); nothing else comes after it."""

    missed: int = 0
    closing: str = ""
    answer: bytes = b""


@dataclass(frozen=True, slots=True)
class Greeting:
    """One kind of connection, for one token.

    `enter` looks at everything received so far: None when more must come. Raises Refused.
    `cut` is for one connection alone and for what comes after `Entered.rest`, in order.
    `tell` reads a whole message that has no stamp; None when there is nothing to tell.
    """

    first: bytes
    enter: Callable[[bytes], Entered | None]
    heartbeat: bytes
    cut: Cut
    tell: Callable[[bytes], Told | None] = lambda _: None


Greet = Callable[[Who], Greeting]


def native_websocket(who: Who) -> Greeting:
    """The hello goes out with the upgrade request, in one segment."""
    return _over_websocket(_hello(who), deflate=False)


def native_websocket_deflate(who: Who) -> Greeting:
    """The same with permessage-deflate, which the server must agree to."""
    return _over_websocket(_hello(who), deflate=True)


def resumed_websocket(who: Who) -> Greeting:
    """`token` is a ticket already, of an earlier hello of the same user."""
    return native_websocket(Who("", who.rooms, who.ticket or who.token))


def native_tcp(who: Who) -> Greeting:
    def enter(received: bytes) -> Entered | None:
        messages, _ = cut_native(received)
        if not messages:
            return None
        return Entered(received[4 + len(messages[0]) :], _ticket_of(MSGPACK, messages[0]))

    hello = MSGPACK.build_request(1, "hello", _hello(who))
    heartbeat = MSGPACK.build_request(HEARTBEAT_ID, "heartbeat", Heartbeat())
    return Greeting(
        build_framed(hello), enter, build_framed(heartbeat), cut_native, _tell_in_msgpack
    )


def http_events(who: Who) -> Greeting:
    return _over_http(who, "")


def http_poll(who: Who) -> Greeting:
    return _over_http(who, "&poll=1")


def goim_tcp(who: Who) -> Greeting:
    """The first of `rooms` only: a goim client is in one."""

    def enter(received: bytes) -> Entered | None:
        accepted = encode_frame(Op.AUTH_REPLY, seq=1)
        if len(received) < len(accepted):
            return None
        if not received.startswith(accepted):
            raise Refused("login refused")
        return Entered(received[len(accepted) :])

    return Greeting(_login(who), enter, encode_frame(Op.HEARTBEAT, seq=2), cut_goim)


def goim_websocket(who: Who) -> Greeting:
    """A frame, or a batch of them, in each binary message. goim has no close frame."""

    def enter(received: bytes) -> Entered | None:
        agreed = _agreed(received, ())
        if agreed is None:
            return None
        messages, _ = cut_websocket(agreed)
        if not messages:
            return None
        if not messages[0].startswith(encode_frame(Op.AUTH_REPLY, seq=1)):
            raise Refused("login refused")
        return Entered(_after_first(agreed))

    heartbeat = encode_frame(Op.HEARTBEAT, seq=2)
    return Greeting(
        build_offer("localhost", "/sub", NONCE) + _masked(Opcode.BINARY, _login(who)),
        enter,
        _masked(Opcode.BINARY, heartbeat),
        cut_websocket,
    )


def silent(_: Who) -> Greeting:
    """For baselines, which say nothing and ask nothing."""
    return Greeting(b"", lambda received: Entered(received), b"h" * 16, cut_anything)


def answered(who: Who) -> Greeting:
    """For the baseline that says `BARE_ANSWER` to a handshake and as much to the hello."""
    greeting = native_websocket(who)
    whole = 2 * len(BARE_ANSWER)
    return Greeting(
        greeting.first,
        lambda received: Entered(b"") if len(received) >= whole else None,
        b"h" * 16,
        cut_anything,
    )


GREETINGS: dict[str, Greet] = {
    "native_websocket": native_websocket,
    "native_websocket_deflate": native_websocket_deflate,
    "resumed_websocket": resumed_websocket,
    "native_tcp": native_tcp,
    "http_events": http_events,
    "http_poll": http_poll,
    "goim_tcp": goim_tcp,
    "goim_websocket": goim_websocket,
    "silent": silent,
    "answered": answered,
}


def _hello(who: Who) -> Hello:
    return Hello(token=who.token, client="bench", rooms=who.rooms, resume=who.ticket)


def _login(who: Who) -> bytes:
    """With a token nothing else counts; without one the door must be open."""
    said = {
        "mid": 0 if who.token else who.number + 1,
        "room_id": who.rooms[0] if who.rooms else "",
        "platform": "bench",
        "accepts": [GOIM_OP],
        "token": who.token,
    }
    return encode_frame(Op.AUTH, msgspec.json.encode(said), seq=1)


def _over_http(who: Who, query: str) -> Greeting:
    """The link is opened and read over one connection that is kept alive. It never beats."""
    hello = JSON.build_request(1, "hello", _hello(who))

    def enter(received: bytes) -> Entered | None:
        head, _, body = received.partition(b"\r\n\r\n")
        if not body.endswith(b"}"):
            return None
        if not head.startswith(b"HTTP/1.1 200 "):
            raise Refused(head.split(b"\r\n")[0].decode("latin-1"))
        opened = msgspec.json.decode(body)
        said = msgspec.json.encode(opened["messages"][0])
        listen = f"authorization: Bearer {opened['link']}"
        return Entered(
            b"", _ticket_of(JSON, said), _request(f"GET /http/events?ack=1{query}", listen)
        )

    length = f"content-length: {len(hello)}"
    first = _request("POST /http/connect", length) + hello
    return Greeting(first, enter, b"", cut_events)


def _request(first: str, header: str) -> bytes:
    return f"{first} HTTP/1.1\r\nhost: localhost\r\n{header}\r\n\r\n".encode()


def _over_websocket(hello: Hello, *, deflate: bool) -> Greeting:
    subprotocols = [JSON_SUBPROTOCOL]
    reader = FrameReader(_COMPRESSED)

    def inflated(data: bytes) -> tuple[list[bytes], bytes]:
        return [m.encode() for m in reader.feed(data) if isinstance(m, str)], b""

    def enter(received: bytes) -> Entered | None:
        agreed = _agreed(received, subprotocols, deflate=deflate)
        if agreed is None or not (messages := cut_websocket(agreed)[0]):
            return None
        if messages[0][:1] == b"\x88":
            raise Refused(messages[0][3:].decode("utf-8", "replace").split(" ")[0])
        if deflate:
            # Compressed or not, and with a context that goes on: only the reader knows.
            first = _first_frame(agreed)
            messages, _ = inflated(first)
            return Entered(agreed[len(first) :], _ticket_of(JSON, messages[0]))
        return Entered(_after_first(agreed), _ticket_of(JSON, messages[0]))

    offer = build_offer("localhost", "/ws", NONCE, subprotocols=subprotocols, deflate=deflate)
    return Greeting(
        offer + _masked(Opcode.TEXT, JSON.build_request(1, "hello", hello)),
        enter,
        _masked(Opcode.TEXT, JSON.build_request(HEARTBEAT_ID, "heartbeat", Heartbeat())),
        inflated if deflate else cut_websocket,
        _tell_in_json,
    )


def _agreed(received: bytes, subprotocols: Sequence[str], *, deflate: bool = False) -> bytes | None:
    """What follows the answer to the handshake. Raises Refused."""
    try:
        agreed = parse_answer(received, NONCE, subprotocols, deflate=deflate)
    except WireError as refused:
        raise Refused(str(refused)) from refused
    if agreed is None:
        return None
    if deflate and agreed.deflate is None:
        raise Refused("the server does not compress")
    return agreed.rest


def _first_frame(frames: bytes) -> bytes:
    return frames[: len(frames) - len(_after_first(frames))]


def _after_first(frames: bytes) -> bytes:
    """WebSocket frames without the first, which must be whole."""
    length, start = frames[1], 2
    if length > 125:
        start += 2 if length == 126 else 8
        length = int.from_bytes(frames[2:start])
    return frames[start + length :]


def _masked(opcode: Opcode, message: bytes) -> bytes:
    return build_masked(opcode, message, KEY)


def _ticket_of(codec: Codec, message: bytes) -> str:
    """Of the reply to hello. Raises Refused."""
    said = codec.parse_message(message)
    if isinstance(said, PushMessage):
        told = _told(said)
        raise Refused(told.closing.split(" ")[0] if told else said.name)
    if said.error is not None:
        raise Refused(said.error.code)
    return codec.parse_result(said, HelloResult).resume


def _tell_in_json(message: bytes) -> Told | None:
    if message.startswith(b'{"id":'):
        return None
    if message[:1] == b"\x88":
        reason = message[3:].decode("utf-8", "replace")
        return Told(closing=reason, answer=_masked(Opcode.CLOSE, message[1:3]))
    return _told(JSON.parse_message(message))


def _tell_in_msgpack(message: bytes) -> Told | None:
    if message[1] < _PUSH_IN_MSGPACK:
        return None
    return _told(MSGPACK.parse_message(message))


def _told(said: Reply | PushMessage) -> Told | None:
    match said:
        case PushMessage(data=DeliveryPush(missed=missed)) if missed:
            return Told(missed=missed)
        case PushMessage(data=ByePush(reason=reason)):
            return Told(closing=reason)
    return None
