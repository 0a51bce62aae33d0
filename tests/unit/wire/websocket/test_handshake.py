import base64

import pytest

from parlor.wire.websocket import (
    Refusal,
    Upgrade,
    accept_key,
    check_upgrade,
    choose_subprotocol,
)

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="


def asked(*extra, without=(), http_version="1.1", method="GET"):
    """The handshake of RFC 6455 §1.2 with `extra` lines and `without` some."""
    headers = [
        (b"Host", b"server.example.com"),
        (b"Upgrade", b"websocket"),
        (b"Connection", b"Upgrade"),
        (b"Sec-WebSocket-Key", KEY),
        (b"Sec-WebSocket-Version", b"13"),
    ]
    kept = [pair for pair in headers if pair[0] not in without]
    return check_upgrade(method, http_version, [*kept, *extra])


def test_the_accept_key_of_the_rfc():
    assert accept_key(KEY) == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_the_handshake_of_the_rfc_is_answered_as_there():
    upgrade = asked(
        (b"Origin", b"http://example.com"), (b"Sec-WebSocket-Protocol", b"chat, superchat")
    )
    assert isinstance(upgrade, Upgrade)
    assert upgrade.origin == "http://example.com"
    assert upgrade.host == "server.example.com"
    assert upgrade.offered == ("chat", "superchat")
    assert upgrade.response("chat") == (
        b"HTTP/1.1 101 Switching Protocols\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        b"Sec-WebSocket-Protocol: chat\r\n\r\n"
    )


@pytest.mark.parametrize(
    "lines",
    [
        [(b"Connection", b"keep-alive, Upgrade")],  # Firefox
        [(b"connection", b"keep-alive"), (b"connection", b"upgrade")],
        [(b"CONNECTION", b"UPGRADE , x")],
        [(b"Connection", b",, \tUpgrade,")],
    ],
)
def test_connection_is_a_list_in_any_case_and_any_number_of_lines(lines):
    assert isinstance(asked(*lines, without=[b"Connection"]), Upgrade)


def test_upgrade_is_a_list_in_any_case():
    assert isinstance(asked((b"upgrade", b"h2c, WebSocket"), without=[b"Upgrade"]), Upgrade)


def test_offers_in_several_lines_are_one_list():
    upgrade = asked((b"Sec-WebSocket-Protocol", b"a"), (b"sec-websocket-protocol", b"b , c"))
    assert isinstance(upgrade, Upgrade)
    assert upgrade.offered == ("a", "b", "c")


def test_a_program_has_no_origin():
    upgrade = asked()
    assert isinstance(upgrade, Upgrade)
    assert upgrade.origin is None


def test_extensions_are_handed_on_and_not_agreed_by_themselves():
    upgrade = asked(
        (b"Sec-WebSocket-Extensions", b"foo, permessage-deflate; client_max_window_bits"),
        (b"sec-websocket-extensions", b"bar"),
    )
    assert isinstance(upgrade, Upgrade)
    assert [extension.name for extension in upgrade.extensions] == [
        "foo",
        "permessage-deflate",
        "bar",
    ]
    assert b"xtension" not in upgrade.response()


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        (asked(method="POST"), 405),
        (asked(http_version="1.0"), 400),
        (asked((b"Sec-WebSocket-Extensions", b"foo;")), 400),
        (asked((b"Sec-WebSocket-Extensions", b"")), 400),
        (asked(without=[b"Host"]), 400),
        (
            asked(
                (b"Host", b"other"),
            ),
            400,
        ),
        (asked(without=[b"Upgrade"]), 426),
        (asked((b"Upgrade", b"h2c"), without=[b"Upgrade"]), 426),
        (asked(without=[b"Connection"]), 400),
        (asked((b"Connection", b"keep-alive"), without=[b"Connection"]), 400),
        (asked(without=[b"Sec-WebSocket-Version"]), 426),
        (asked((b"Sec-WebSocket-Version", b"8"), without=[b"Sec-WebSocket-Version"]), 426),
        (
            asked(
                (b"Sec-WebSocket-Version", b"13"),
            ),
            400,
        ),
        (asked(without=[b"Sec-WebSocket-Key"]), 400),
        (
            asked(
                (b"Sec-WebSocket-Key", KEY),
            ),
            400,
        ),
        (asked((b"Sec-WebSocket-Key", b"short"), without=[b"Sec-WebSocket-Key"]), 400),
        (
            asked(
                (b"Sec-WebSocket-Key", base64.b64encode(bytes(15) + b"!!")),
                without=[b"Sec-WebSocket-Key"],
            ),
            400,
        ),
        (asked((b"Sec-WebSocket-Key", b"*" * 24), without=[b"Sec-WebSocket-Key"]), 400),
        (asked((b"Origin", b"a"), (b"Origin", b"b")), 400),
        (asked((b"Sec-WebSocket-Protocol", b"a, a")), 400),
        (asked((b"Sec-WebSocket-Protocol", b"a b")), 400),
        (asked((b"Sec-WebSocket-Protocol", b"caf\xc3\xa9")), 400),
    ],
)
def test_what_is_no_handshake_is_refused_with_a_status(refused, status):
    assert isinstance(refused, Refusal)
    assert refused.status == status
    head, _, body = refused.response().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Content-Length: %d" % len(body) in head
    assert b"Connection: close" in head


def test_another_version_is_told_which_is_spoken():
    refused = asked((b"Sec-WebSocket-Version", b"8"), without=[b"Sec-WebSocket-Version"])
    assert isinstance(refused, Refusal)
    assert b"426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n" in refused.response()


def test_the_clients_order_of_subprotocols_counts():
    assert choose_subprotocol(["x", "b", "a"], ["a", "b"]) == "b"
    assert choose_subprotocol(["x"], ["a", "b"]) is None


def test_what_was_not_offered_is_not_answered():
    upgrade = asked((b"Sec-WebSocket-Protocol", b"a"))
    assert isinstance(upgrade, Upgrade)
    with pytest.raises(ValueError, match="did not offer b"):
        upgrade.response("b")


def test_a_header_cannot_break_out_of_its_line():
    upgrade = asked()
    assert isinstance(upgrade, Upgrade)
    with pytest.raises(ValueError, match="line break"):
        upgrade.response(None, [(b"Server", b"x\r\nSet-Cookie: a=b")])
