"""RFC 6455 in full and RFC 7692, without a socket: bytes in, events out; both roles.

The flow of a server connection:

1. `parse_request`, or an HTTP parser, hands over method, version and headers; `check_upgrade`
   gives an `Upgrade` or a `Refusal`. Origin, subprotocol and compression (`choose_terms`) are
   policy: the gateway decides, then writes `upgrade.response(subprotocol, [terms.header()])` or
   `refusal.response()`.
2. One `FrameReader` a connection: `for event in reader.feed(data)`. A text message is a `str`, a
   binary message is `bytes`; `Ping`, `Pong` and `CloseReceived` are what they are called.
3. A peer that breaks the protocol raises `WireError` out of that loop, after the events that came
   before the fault; write `build_close(error.close)` and close the transport.
4. `build_frame` (server to client, unmasked: the same bytes for every receiver) and
   `build_masked` (client to server). Where compression was agreed, the payload may be
   `deflate(payload, …)` and the opcode then has `RSV1` added.

Nothing here answers by itself: the pong, the close reply and the timeouts are the caller's.
Concurrency: none; one reader belongs to one connection. Idle, a reader is one object of three
slots, compression or not. Imports only `parlor.model.errors`, zlib and, for speed, the C unmasking
of `websockets`.
"""

from parlor.wire.websocket.deflate import deflate
from parlor.wire.websocket.deflate_terms import DeflateTerms, choose_terms
from parlor.wire.websocket.events import CloseReceived, Event, Ping, Pong
from parlor.wire.websocket.extensions import Extension
from parlor.wire.websocket.frames import (
    NO_CODE,
    RSV1,
    Opcode,
    build_close,
    build_frame,
    build_masked,
    is_legal_close_code,
)
from parlor.wire.websocket.handshake import (
    Refusal,
    Upgrade,
    accept_key,
    check_upgrade,
    choose_subprotocol,
)
from parlor.wire.websocket.offer import Agreement, build_offer, parse_answer
from parlor.wire.websocket.parser import FrameReader, ReaderLimits
from parlor.wire.websocket.request import Request, parse_request

__all__ = [
    "NO_CODE",
    "RSV1",
    "Agreement",
    "CloseReceived",
    "DeflateTerms",
    "Event",
    "Extension",
    "FrameReader",
    "Opcode",
    "Ping",
    "Pong",
    "ReaderLimits",
    "Refusal",
    "Request",
    "Upgrade",
    "accept_key",
    "build_close",
    "build_frame",
    "build_masked",
    "build_offer",
    "check_upgrade",
    "choose_subprotocol",
    "choose_terms",
    "deflate",
    "is_legal_close_code",
    "parse_answer",
    "parse_request",
]
