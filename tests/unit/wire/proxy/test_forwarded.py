import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.errors import WireError
from parlor.wire.proxy.forwarded import (
    MAX_LINE_BYTES,
    Hop,
    parse_forwarded,
    parse_node,
    parse_x_forwarded_for,
)


@pytest.mark.parametrize(
    ("line", "hops"),
    [
        # The examples of RFC 7239 §4 and §7.
        (b'for="_gazonk"', [Hop("_gazonk")]),
        (b'For="[2001:db8:cafe::17]:4711"', [Hop("2001:db8:cafe::17")]),
        (b"for=192.0.2.60;proto=http;by=203.0.113.43", [Hop("192.0.2.60", "http")]),
        (b"for=192.0.2.43, for=198.51.100.17", [Hop("192.0.2.43"), Hop("198.51.100.17")]),
        (b"for=_hidden, for=_SEVKISEK", [Hop("_hidden"), Hop("_SEVKISEK")]),
        (b'for=192.0.2.43,for="[2001:db8:cafe::17]",for=unknown',
         [Hop("192.0.2.43"), Hop("2001:db8:cafe::17"), Hop("unknown")]),
        (b'for="192.0.2.43:_port" ; PROTO=HTTPS', [Hop("192.0.2.43", "https")]),
        (b'for="\\192.0.2.1";ext="a\\"b,c;d"', [Hop("192.0.2.1")]),
        (b"proto=https", [Hop("", "https")]),
        (b", ,for=192.0.2.1,,", [Hop("192.0.2.1")]),
        (b'for="unknown:80"', [Hop("unknown")]),
        (b"", []),
    ],
)  # fmt: skip
def test_forwarded_is_read_as_rfc_7239_writes_it(line, hops):
    assert parse_forwarded(line) == hops


@pytest.mark.parametrize(
    "line",
    [
        b"192.0.2.1",
        b"for",
        b"for=",
        b'for="192.0.2.1',
        b"for=[2001:db8::1]",
        b'for="[192.0.2.1]"',
        b'for="[2001:db8::1"',
        b"for=192.0.2.1 for=192.0.2.2",
        b"for=192.0.2.1;for=192.0.2.2",
        b"for=nobody",
        b"for=_",
        b'for="192.0.2.1:99999999"',
        b'for="fe80::1%eth0"',
        b"for=192.0.2.1;x" + b"x" * MAX_LINE_BYTES,
        b'for="a\x00b"',
    ],
)
def test_anything_else_is_refused(line):
    with pytest.raises(WireError):
        parse_forwarded(line)


@pytest.mark.parametrize(
    ("line", "nodes"),
    [
        (b"203.0.113.9", ["203.0.113.9"]),
        (b"203.0.113.9, 10.0.0.1", ["203.0.113.9", "10.0.0.1"]),
        (b"2001:db8::1,::ffff:10.0.0.1", ["2001:db8::1", "10.0.0.1"]),
        (b"203.0.113.9:4711, [2001:db8::1]:80", ["203.0.113.9", "2001:db8::1"]),
        (b"unknown, 10.0.0.1,", ["unknown", "10.0.0.1"]),
    ],
)
def test_x_forwarded_for_is_a_list_of_addresses(line, nodes):
    assert [hop.node for hop in parse_x_forwarded_for(line)] == nodes


@pytest.mark.parametrize(
    "line", [b"localhost", b"10.0.0.1;10.0.0.2", b"1.2.3", b"<b>", b"1" * 5000]
)
def test_an_entry_that_is_no_address_is_refused(line):
    with pytest.raises(WireError):
        parse_x_forwarded_for(line)


@given(st.one_of(st.binary(max_size=200), st.text('for="[]:;,=_.\\ %1a', max_size=60)))
def test_any_bytes_give_hops_or_one_error(line):
    data = line if isinstance(line, bytes) else line.encode()
    for parse in (parse_forwarded, parse_x_forwarded_for):
        try:
            parse(data)
        except WireError:
            continue


@given(st.ip_addresses(), st.integers(0, 65_535))
def test_a_node_keeps_its_address_and_loses_its_port(ip, port):
    text = f"[{ip}]" if ip.version == 6 else str(ip)
    assert parse_node(f"{text}:{port}") == parse_node(str(ip))
