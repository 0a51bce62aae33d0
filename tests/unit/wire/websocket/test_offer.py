import pytest

from parlor.model.errors import WireError
from parlor.wire.websocket import (
    Agreement,
    DeflateTerms,
    Upgrade,
    build_offer,
    check_upgrade,
    parse_answer,
)

NONCE = b"the sample nonce"


def answer(*lines, status=b"HTTP/1.1 101 Switching Protocols"):
    return b"\r\n".join([status, *lines]) + b"\r\n\r\n"


GOOD = (
    b"upgrade: WebSocket",
    b"Connection: upgrade",
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
)


def test_our_client_and_our_server_agree():
    offer = build_offer(
        "h:1", "/ws", NONCE, subprotocols=["a", "b"], headers=[(b"Origin", b"http://h")]
    )
    request, *lines = offer.removesuffix(b"\r\n\r\n").split(b"\r\n")
    assert request == b"GET /ws HTTP/1.1"
    headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
    upgrade = check_upgrade("GET", "1.1", headers)
    assert isinstance(upgrade, Upgrade)
    assert (upgrade.host, upgrade.origin, upgrade.offered) == ("h:1", "http://h", ("a", "b"))
    found = parse_answer(upgrade.response("b") + b"\x81\x00", NONCE, ["a", "b"])
    assert found == Agreement("b", b"\x81\x00")


def test_compression_is_agreed_when_both_want_it():
    request = build_offer("h", "/ws", NONCE, deflate=True)
    assert b"permessage-deflate; server_no_context_takeover; client_no" in request
    terms = DeflateTerms(12, 12)
    name, value = terms.header()
    whole = answer(*GOOD, name + b": " + value)
    agreed = parse_answer(whole, NONCE, deflate=True)
    assert agreed is not None
    assert agreed.deflate == terms
    declined = parse_answer(answer(*GOOD), NONCE, deflate=True)
    assert declined is not None
    assert declined.deflate is None


def test_half_an_answer_is_waited_for():
    whole = answer(*GOOD)
    assert all(parse_answer(whole[:n], NONCE) is None for n in range(len(whole)))
    assert parse_answer(whole, NONCE) == Agreement(None, b"")


@pytest.mark.parametrize(
    "data",
    [
        answer(*GOOD, status=b"HTTP/1.1 403 Forbidden"),
        answer(*GOOD, status=b"HTTP/1.1"),
        answer(*GOOD, status=b"SSH-2.0-OpenSSH"),
        answer(GOOD[1], GOOD[2]),
        answer(GOOD[0], GOOD[2]),
        answer(GOOD[0], GOOD[1]),
        answer(*GOOD[:2], b"Sec-WebSocket-Accept: AAAA"),
        answer(*GOOD, b"Sec-WebSocket-Extensions: permessage-deflate"),
        answer(*GOOD, b"Sec-WebSocket-Protocol: other"),
        answer(*GOOD, b"Sec-WebSocket-Protocol: a", b"Sec-WebSocket-Protocol: a"),
        answer(*GOOD, GOOD[2]),
        b"x" * 20_000,
    ],
)
def test_a_wrong_answer_is_refused(data):
    with pytest.raises(WireError):
        parse_answer(data, NONCE, ["a"])


def test_an_offer_cannot_break_out_of_its_line():
    with pytest.raises(ValueError, match="line break"):
        build_offer("h", "/ws HTTP/1.1\r\nX: y", NONCE)
