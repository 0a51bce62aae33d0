"""The head of an upgrade request, ours and goim's: an answer, a refusal, and nothing else.

The head comes as lines of any bytes; what is answered must suit our own client and what was asked.
"""

from __future__ import annotations

import base64
import contextlib

from parlor.doors.goim.upgrade import MAX_HEAD_BYTES, answer_upgrade, take_head
from parlor.model.errors import WireError
from parlor.wire.websocket import Refusal, check_upgrade, choose_terms, parse_answer
from parlor.wire.websocket.deflate_terms import check_answer
from parlor.wire.websocket.extensions import parse_extensions
from tests.support.wire_peer import request_head

SEEDS = [
    request_head(),
    request_head(target="/sub", Connection="keep-alive, Upgrade"),
    request_head(extra=["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]),
    request_head(
        extra=['Sec-WebSocket-Extensions: a; b="c", permessage-deflate; server_max_window_bits=9']
    ),
    request_head(method="POST", version="HTTP/1.0", without=["Host"]),
    request_head(Sec_WebSocket_Version="8", Sec_WebSocket_Key="AAAA"),
    request_head(Sec_WebSocket_Protocol="a, b,,", Origin="null", extra=["Upgrade: h2c"]),
    request_head(Sec_WebSocket_Key="AQIDBAUGBwgJCgsMDQ4PEC=="),
    b"GET /sub HTTP/1.1\r\n\r\n",
    b"\r\n\r\n",
]


def check(data: bytes) -> None:
    head, _, rest = data.partition(b"\r\n\r\n")
    request, *lines = head.split(b"\r\n")
    method, _, version = request.decode("latin-1").partition(" ")
    pairs = [(name, value) for name, _, value in (line.partition(b":") for line in lines)]
    verdict = check_upgrade(method, version.rpartition("HTTP/")[2], pairs)
    if isinstance(verdict, Refusal):
        assert 400 <= verdict.status < 500
        assert verdict.response().startswith(b"HTTP/1.1 %d " % verdict.status)
    else:
        nonce = base64.b64decode(verdict.key, validate=True)
        assert len(nonce) == 16
        chosen = verdict.offered[0] if verdict.offered else None
        answer = verdict.response(chosen) + rest
        # The last four bits of a key mean nothing, but ours have them 0.
        if base64.b64encode(nonce) == verdict.key:
            agreed = parse_answer(answer, nonce, verdict.offered)
            assert agreed is not None
            assert (agreed.subprotocol, agreed.rest) == (chosen, rest)
        terms = choose_terms(verdict.extensions, 13)
        if terms is not None:
            assert check_answer(parse_extensions([terms.header()[1]])) == terms
    _check_goim(data)


def _check_goim(data: bytes) -> None:
    buffer = bytearray(data)
    with contextlib.suppress(WireError):
        head = take_head(buffer)
        if head is None:
            assert len(data) < MAX_HEAD_BYTES
            return
        assert data == head + b"\r\n\r\n" + buffer
        assert answer_upgrade(head).startswith(b"HTTP/1.1 101 ")
