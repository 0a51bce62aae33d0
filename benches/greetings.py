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
_FROM_SERVER = ReaderLimits(from_client=False)


@dataclass(frozen=True, slots=True)
class Greeting:
    """`is_in` looks at everything received so far. `heartbeat` keeps the connection open. `then`
    makes of what was received what is said next, by a connection that has been let in."""

    first: bytes
    is_in: Callable[[bytes], bool]
    heartbeat: bytes
    then: Callable[[bytes], bytes] | None = None


def native_websocket(token: str, room: str) -> Greeting:
    """The hello goes out with the upgrade request, in one segment."""

    def is_in(received: bytes) -> bool:
        agreed = parse_answer(received, NONCE, [JSON_SUBPROTOCOL])
        if agreed is None:
            return False
        reader = FrameReader(_FROM_SERVER)
        return any(_is_hello(JSON, m) for m in reader.feed(agreed.rest) if isinstance(m, str))

    offer = build_offer("localhost", "/ws", NONCE, subprotocols=[JSON_SUBPROTOCOL])
    hello = build_masked(Opcode.TEXT, JSON.build_request(1, "hello", _hello(token, room)), KEY)
    heartbeat = JSON.build_request(HEARTBEAT_ID, "heartbeat", Heartbeat())
    return Greeting(offer + hello, is_in, build_masked(Opcode.TEXT, heartbeat, KEY))


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
    return Greeting(_request("POST /http/connect", length) + hello, is_in, b"", read)


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


def silent(token: str, room: str) -> Greeting:
    """For baselines, which say nothing and ask nothing."""
    return Greeting(b"", lambda _: True, b"h" * 16)


GREETINGS: dict[str, Callable[[str, str], Greeting]] = {
    "native_websocket": native_websocket,
    "native_tcp": native_tcp,
    "http_events": http_events,
    "http_poll": http_poll,
    "goim_tcp": goim_tcp,
    "silent": silent,
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
