import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parlor.model.errors import WireError
from parlor.wire.proxy import Announced, may_be_header, parse_header
from parlor.wire.proxy.header import MAX_V2_BYTES

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def v2(command: int, kind: int, payload: bytes) -> bytes:
    return SIGNATURE + bytes([command, kind]) + len(payload).to_bytes(2) + payload


FOUR = bytes([192, 0, 2, 7, 198, 51, 100, 1]) + (56_324).to_bytes(2) + (443).to_bytes(2)
SIX = ipaddress.ip_address("2001:db8::7").packed + bytes(16) + bytes(4)


@pytest.mark.parametrize(
    ("line", "address"),
    [
        # The examples of proxy-protocol.txt §2.1.
        (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"),
        (b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "192.168.0.1"),
        (b"PROXY TCP6 ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", None),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", None),
        (b"PROXY TCP6 2001:db8::7 ::1 1 2\r\n", "2001:db8::7"),
        (b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "192.0.2.1"),
    ],
)
def test_version_1_is_read_as_its_specification_shows_it(line, address):
    if b"TCP6 ffff:f...f" in line:
        with pytest.raises(WireError):
            parse_header(line)
        return
    assert parse_header(line + b"GET / HTTP/1.1") == Announced(address, len(line))


def test_the_longest_line_of_the_specification_is_107_bytes_and_read():
    full = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    line = f"PROXY UNKNOWN {full} {full} 65535 65535\r\n".encode()
    assert len(line) == 107
    assert parse_header(line) == Announced(None, 107)
    with pytest.raises(WireError):
        parse_header(line.replace(b" 65535\r", b" 655350\r"))


@pytest.mark.parametrize(
    "line",
    [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
        b"PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 \xd9\xa1 2\r\n",
        b"PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
        b"PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
        b"PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY \r\n",
        b"PROXY UNKNOWN" + b" " * 100,
        b"proxy UNKNOWN\r\n",
        b"POST / HTTP/1.1\r\n",
    ],
)
def test_a_line_that_only_looks_like_a_header_is_refused(line):
    with pytest.raises(WireError):
        parse_header(line)


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (v2(0x21, 0x11, FOUR), "192.0.2.7"),
        (v2(0x21, 0x11, FOUR + b"\x04\x00\x02ab"), "192.0.2.7"),
        (v2(0x21, 0x21, SIX), "2001:db8::7"),
        (v2(0x21, 0x31, b"/run/haproxy.sock".ljust(108, b"\0") + bytes(108)), "local"),
        (v2(0x21, 0x00, b""), None),
        (v2(0x21, 0x00, b"whatever"), None),
        (v2(0x20, 0x00, b""), None),
        (v2(0x20, 0x11, FOUR), None),
        (v2(0x20, 0xFF, b"ignored for LOCAL"), None),
    ],
)
def test_version_2_is_read_whatever_follows(header, address):
    assert parse_header(header) == Announced(address, len(header))
    assert parse_header(header + b"\x00\x00\x00\x02rest") == Announced(address, len(header))


@pytest.mark.parametrize(
    "header",
    [
        v2(0x11, 0x11, FOUR),
        v2(0x22, 0x11, FOUR),
        v2(0x21, 0x11, FOUR[:-1]),
        v2(0x21, 0x21, FOUR),
        v2(0x21, 0x31, bytes(215)),
        v2(0x21, 0x12, FOUR),
        v2(0x21, 0x10, FOUR),
        v2(0x21, 0x41, FOUR),
        v2(0x21, 0x11, bytes(MAX_V2_BYTES - 15)),
        SIGNATURE[:-1] + b"\r",
    ],
)
def test_a_version_2_header_that_breaks_the_specification_is_refused(header):
    with pytest.raises(WireError):
        parse_header(header)


def test_a_header_over_the_limit_is_refused_before_it_is_there():
    with pytest.raises(WireError):
        parse_header(SIGNATURE + b"\x21\x11\xff\xff")


@pytest.mark.parametrize(
    "header",
    [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY UNKNOWN and more\r\n",
        v2(0x21, 0x11, FOUR + b"\x01\x00\x01x"),
        v2(0x20, 0x00, b""),
    ],
)
def test_every_cut_of_a_header_waits_for_the_rest(header):
    for end in range(len(header)):
        assert may_be_header(header[:end])
        assert parse_header(header[:end]) is None
    assert parse_header(header) is not None


@given(st.binary(max_size=300))
@example(b"")
@example(b"P")
@example(b"\r\n")
def test_any_bytes_give_a_header_a_wait_or_one_error(data):
    for start in (b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21\x21"):
        check(start + data)


def check(data: bytes) -> None:
    try:
        found = parse_header(data)
    except WireError:
        return
    if found is None:
        assert len(data) < MAX_V2_BYTES
    else:
        assert 0 < found.size <= len(data)
        if found.address not in (None, "local"):
            ipaddress.ip_address(found.address)


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 65_535), st.binary(max_size=40))
def test_both_versions_name_the_same_client(source, target, port, rest):
    one = f"PROXY TCP4 {source} {target} {port} 80\r\n".encode()
    two = v2(0x21, 0x11, source.packed + target.packed + port.to_bytes(2) + b"\x00\x50")
    assert parse_header(one + rest) == Announced(str(source), len(one))
    assert parse_header(two + rest) == Announced(str(source), len(two))
