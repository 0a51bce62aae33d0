import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.gateway.tls.listening import redirect_to_tls
from tests.support.tls_listener import TlsHouse


async def test_a_listener_without_tls_gets_its_own_factory_back(tmp_path):
    make = asyncio.Protocol
    assert TlsHouse(tmp_path).tls.secured(make, "off") is make


async def test_what_a_factory_is_called_with_reaches_the_protocol(tmp_path):
    given: list[dict[str, object]] = []

    def make(**kinds: object) -> asyncio.Protocol:
        given.append(kinds)
        return asyncio.Protocol()

    protocol = TlsHouse(tmp_path).tls.secured(make, "both")(config=1, state=2)
    assert given == [], "not before there is somebody to talk to"
    assert isinstance(protocol, asyncio.Protocol)


def test_a_page_asked_for_without_tls_is_told_where_it_is():
    asked = b"GET /a?b=c HTTP/1.1\r\nAccept: */*\r\nHost: chat.example:8443\r\n\r\n"
    answer = redirect_to_tls(asked)
    assert answer.startswith(b"HTTP/1.1 307 ")
    assert b"\r\nlocation: https://chat.example:8443/a?b=c\r\n" in answer


@given(st.binary(max_size=200) | st.from_regex(rb"GET [^ ]* HTTP/1\.1\r\nHost:.*\r\n"))
def test_no_client_can_put_a_line_of_its_own_into_the_answer(first):
    head, end, body = redirect_to_tls(first).partition(b"\r\n\r\n")
    assert end
    assert head.count(b"\n") == head.count(b"\r") == len(head.split(b"\r\n")) - 1 <= 4
    assert body in (b"", b"This port speaks TLS: use https.\n")


@pytest.mark.parametrize(
    "other",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        b"GET // HTTP/1.1\r\nX: y\r\n\r\nHost: a\r\n",
        b"GET /\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\nSet-Cookie: b\r\n\r\n",
        b"\x00\x00\x00\x10",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_anything_else_is_told_that_this_is_tls_and_gets_no_address(other):
    answer = redirect_to_tls(other)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"location" not in answer
