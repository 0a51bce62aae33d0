from __future__ import annotations

import pytest

from parlor.doors.goim.upgrade import MAX_HEAD_BYTES, answer_upgrade, take_head
from parlor.model.close import CloseCode
from parlor.model.errors import WireError
from parlor.model.origins import Origins

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


@pytest.mark.parametrize(
    ("origins", "lets_in"),
    [
        (["https://elsewhere.example"], True),
        (["https://*.example"], True),
        (["*"], True),
        (["https://other.example"], False),
    ],
)
def test_pages_may_be_named_that_may_connect(origins: list[str], lets_in: bool):
    if lets_in:
        assert answer_upgrade(_head(), Origins(origins)).startswith(b"HTTP/1.1 101 ")
        return
    with pytest.raises(WireError) as refused:
        answer_upgrade(_head(), Origins(origins))
    assert refused.value.close == CloseCode.POLICY


def test_the_own_host_and_programs_may_always_connect():
    origins = Origins(["https://other.example"])
    own = REQUEST.replace(b"https://elsewhere.example", b"http://chat.example.org:3102")
    none = REQUEST.replace(b"Origin: https://elsewhere.example\r\n", b"")
    for request in (own, none):
        assert answer_upgrade(_head(request), origins).startswith(b"HTTP/1.1 101 ")
