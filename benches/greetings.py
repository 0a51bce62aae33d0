"""What each kind of connection says first, and how one sees that the server has let it in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from parlor.wire.goim.frame import encode_frame
from parlor.wire.goim.ops import Op
from parlor.wire.native.codec import JSON, JSON_SUBPROTOCOL, MSGPACK, Codec, Reply
from parlor.wire.native.framing import LengthReader, build_framed
from parlor.wire.native.methods import Heartbeat, Hello, HelloResult
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
BARE_ANSWER = b"a" * 200
_FROM_SERVER = ReaderLimits(from_client=False)
_COMPRESSED = ReaderLimits(from_client=False, compressed=True)


@dataclass(frozen=True, slots=True)
class Greeting:
    """`is_in` looks at everything received so far. `heartbeat` keeps the connection open.

    `reader`, where what arrives is not readable as it is: makes, for one connection, what turns
    the bytes of each read into those of the messages in it. `then` makes of what was received
    what is said next, by a connection that has been let in.
    """

    first: bytes
    is_in: Callable[[bytes], bool]
    heartbeat: bytes
    reader: Callable[[], Callable[[bytes], bytes]] | None = None
    then: Callable[[bytes], bytes] | None = None


def native_websocket(token: str, room: str) -> Greeting:
    """The hello goes out with the upgrade request, in one segment."""

    return _over_websocket(JSON.build_request(1, "hello", _hello(token, room)))


def resumed_websocket(ticket: str, room: str) -> Greeting:
    """With the ticket of an earlier hello (`ticket_in`) instead of a token."""
    params = {"token": "", "resume": ticket, "client": "bench", "rooms": [room] if room else []}
    hello = {"id": 1, "method": "hello", "params": params}
    return _over_websocket(json.dumps(hello).encode())


def ticket_in(received: bytes) -> str:
    """The resume ticket in what a `native_websocket` was told; empty when there is none."""
    for message in _messages(received):
        if message.startswith('{"id":1,'):
            ticket: str = json.loads(message)["result"].get("resume", "")
            return ticket
    return ""


def native_websocket_deflate(token: str, room: str) -> Greeting:
    """The same with permessage-deflate, which the server must agree to."""
    plain = native_websocket(token, room)

    def is_in(received: bytes) -> bool:
        agreed = parse_answer(received, NONCE, [JSON_SUBPROTOCOL], deflate=True)
        if agreed is None:
            return False
        if agreed.deflate is None:
            raise RuntimeError("the server does not compress")
        reader = FrameReader(_COMPRESSED)
        return any(_is_hello(JSON, m) for m in reader.feed(agreed.rest) if isinstance(m, str))

    def reader() -> Callable[[bytes], bytes]:
        feed = FrameReader(_COMPRESSED).feed
        return lambda data: "".join(m for m in feed(data) if isinstance(m, str)).encode()

    offer = build_offer("localhost", "/ws", NONCE, subprotocols=[JSON_SUBPROTOCOL], deflate=True)
    hello = plain.first.partition(b"\r\n\r\n")[2]
    return Greeting(offer + hello, is_in, plain.heartbeat, reader)


def native_tcp(token: str, room: str) -> Greeting:
    def is_in(received: bytes) -> bool:
        return any(_is_hello(MSGPACK, m) for m in LengthReader(1 << 20).feed(received))

    hello = MSGPACK.build_request(1, "hello", _hello(token, room))
    heartbeat = MSGPACK.build_request(HEARTBEAT_ID, "heartbeat", Heartbeat())
    return Greeting(build_framed(hello), is_in, build_framed(heartbeat))


def http_events(token: str, room: str) -> Greeting:
    return _over_http(token, room, "")


def http_poll(token: str, room: str) -> Greeting:
    return _over_http(token, room, "&poll=1")


def _over_http(token: str, room: str, query: str) -> Greeting:
    """The link is opened and read over one connection that is kept alive. It never beats."""
    hello = JSON.build_request(1, "hello", _hello(token, room))

    def is_in(received: bytes) -> bool:
        body = received.partition(b"\r\n\r\n")[2]
        return body.endswith(b"}") and bool(json.loads(body)["messages"][0]["result"])

    def read(received: bytes) -> bytes:
        secret = json.loads(received.partition(b"\r\n\r\n")[2])["link"]
        return _request(f"GET /http/events?ack=1{query}", f"authorization: Bearer {secret}")

    length = f"content-length: {len(hello)}"
    return Greeting(_request("POST /http/connect", length) + hello, is_in, b"", then=read)


def _request(first: str, header: str) -> bytes:
    return f"{first} HTTP/1.1\r\nhost: localhost\r\n{header}\r\n\r\n".encode()


def goim_tcp(token: str, room: str) -> Greeting:
    """For a door with `auth = open`: `token` is not looked at."""
    login = json.dumps({"mid": 1, "room_id": room, "platform": "bench", "accepts": [1000]})
    accepted = encode_frame(Op.AUTH_REPLY, seq=1)
    return Greeting(
        encode_frame(Op.AUTH, login.encode(), seq=1),
        lambda received: received.startswith(accepted),
        encode_frame(Op.HEARTBEAT, seq=2),
    )


def _over_websocket(hello: bytes) -> Greeting:
    offer = build_offer("localhost", "/ws", NONCE, subprotocols=[JSON_SUBPROTOCOL])
    heartbeat = JSON.build_request(HEARTBEAT_ID, "heartbeat", Heartbeat())
    return Greeting(
        offer + build_masked(Opcode.TEXT, hello, KEY),
        lambda received: any(_is_hello(JSON, message) for message in _messages(received)),
        build_masked(Opcode.TEXT, heartbeat, KEY),
    )


def _messages(received: bytes) -> list[str]:
    agreed = parse_answer(received, NONCE, [JSON_SUBPROTOCOL])
    if agreed is None:
        return []
    return [m for m in FrameReader(_FROM_SERVER).feed(agreed.rest) if isinstance(m, str)]


def silent(token: str, room: str) -> Greeting:
    """For baselines, which say nothing and ask nothing."""
    return Greeting(b"", lambda _: True, b"h" * 16)


def answered(token: str, room: str) -> Greeting:
    """For the baseline that says `BARE_ANSWER` to a handshake and as much to the hello."""
    greeting = native_websocket(token, room)
    whole = 2 * len(BARE_ANSWER)
    return Greeting(greeting.first, lambda received: len(received) >= whole, b"h" * 16)


GREETINGS: dict[str, Callable[[str, str], Greeting]] = {
    "native_websocket": native_websocket,
    "resumed_websocket": resumed_websocket,
    "native_websocket_deflate": native_websocket_deflate,
    "native_tcp": native_tcp,
    "http_events": http_events,
    "http_poll": http_poll,
    "goim_tcp": goim_tcp,
    "silent": silent,
    "answered": answered,
}


def _hello(token: str, room: str) -> Hello:
    return Hello(token=token, client="bench", rooms=(room,) if room else ())


def _is_hello(codec: Codec, message: str | bytes) -> bool:
    """Raises RuntimeError when the server refused."""
    said = codec.parse_message(message)
    if not isinstance(said, Reply) or said.id != 1:
        return False
    if said.error is not None:
        raise RuntimeError(f"hello refused: {said.error}")
    codec.parse_result(said, HelloResult)
    return True
