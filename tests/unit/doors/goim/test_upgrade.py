from __future__ import annotations

import pytest

from parlor.doors.goim.upgrade import MAX_HEAD_BYTES, answer_upgrade, take_head
from parlor.model.errors import WireError

REQUEST = (
    b"GET /sub HTTP/1.1\r\nHost: chat.example.org:3102\r\nOrigin: https://elsewhere.example\r\n"
    b"Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)


def _head(request: bytes = REQUEST) -> bytes:
    head = take_head(bytearray(request))
    assert head is not None
    return head


def test_the_sample_key_of_the_rfc_gets_its_answer_and_no_extension():
    answer = answer_upgrade(_head())
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
    assert b"extensions" not in answer.lower()
    assert answer.endswith(b"\r\n\r\n")


def test_the_head_ends_where_it_ends():
    collected = bytearray(REQUEST[:50])
    assert take_head(collected) is None
    collected += REQUEST[50:] + b"\x82\x80more"
    assert take_head(collected) == REQUEST[:-4]
    assert collected == b"\x82\x80more"


def test_a_head_without_end_is_refused():
    with pytest.raises(WireError):
        take_head(bytearray(b"x" * MAX_HEAD_BYTES))


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (b"/sub", b"/sub?a=1"),
        (b"/sub", b"/sub/"),
        (b"/sub", b"http://chat.example.org/sub"),
        (b"/sub", b"/%73ub"),
        (b"GET", b"POST"),
        (b"GET ", b"GET  "),
        (b"1.1", b"1.0"),
        (b"Version: 13", b"Version: 8"),
        (b"Upgrade: WebSocket\r\n", b""),
        (b"keep-alive, Upgrade", b"keep-alive"),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"short"),
        (b"Host:", b"Host :"),
        (b"Host:", b" Host:"),
        (b"Upgrade: WebSocket", b"no colon here"),
    ],
)
def test_everything_else_is_refused(there: bytes, instead: bytes):
    assert there in REQUEST
    with pytest.raises(WireError):
        answer_upgrade(_head(REQUEST.replace(there, instead, 1)))
