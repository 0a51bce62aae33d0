import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.stun_attributes import (
    MAX_TEXT_BYTES,
    MAX_USERNAME_BYTES,
    Address,
    StunError,
    build_error,
    build_text,
    build_types,
    build_xor_address,
    parse_error,
    parse_flag,
    parse_priority,
    parse_text,
    parse_tie_breaker,
    parse_types,
    parse_username,
    parse_xor_address,
)

TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")


def test_the_addresses_of_rfc_5769_are_read_and_built():
    four, six = (
        bytes.fromhex("0001a147e112a643"),
        bytes.fromhex("0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9"),
    )
    assert parse_xor_address(four, TRANSACTION) == ("192.0.2.1", 32853)
    assert parse_xor_address(six, TRANSACTION) == ("2001:db8:1234:5678:11:2233:4455:6677", 32853)
    assert build_xor_address(Address("192.0.2.1", 32853), TRANSACTION) == four
    full = Address("2001:0db8:1234:5678:0011:2233:4455:6677", 32853)
    assert build_xor_address(full, TRANSACTION) == six


@given(st.ip_addresses(), st.integers(0, 65_535), st.binary(min_size=12, max_size=12))
def test_an_address_comes_back_under_any_transaction(ip, port, transaction):
    address = Address(str(ip), port)
    back = parse_xor_address(build_xor_address(address, transaction), transaction)
    assert ipaddress.ip_address(back.host) == ip
    assert back.port == port


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", Reason.LENGTH),
        (b"\0\1\0", Reason.LENGTH),
        (b"\0\1" + bytes(5), Reason.LENGTH),
        (b"\0\1" + bytes(18), Reason.LENGTH),
        (b"\0\2" + bytes(6), Reason.LENGTH),
        (b"\0\3" + bytes(6), Reason.VALUE),
    ],
)
def test_an_address_of_another_form_is_refused(value, reason):
    with pytest.raises(Malformed) as refused:
        parse_xor_address(value, TRANSACTION)
    assert refused.value.reason is reason


def test_an_error_is_a_class_a_number_and_a_phrase():
    role_conflict = bytes([0, 0, 4, 87]) + b"Role Conflict"
    assert parse_error(role_conflict) == StunError(487, "Role Conflict")
    assert build_error(StunError(487, "Role Conflict")) == role_conflict
    assert parse_error(b"\xff\xff\xfc\x01") == StunError(401)


@given(st.integers(300, 699), st.text(max_size=100))
def test_an_error_comes_back(code, phrase):
    assert parse_error(build_error(StunError(code, phrase))) == (code, phrase)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\0\0\4", Reason.LENGTH),
        (b"\0\0\2\0", Reason.VALUE),
        (b"\0\0\7\0", Reason.VALUE),
        (b"\0\0\4\x64", Reason.VALUE),
        (b"\0\0\4\0\xff", Reason.SYNTAX),
    ],
)
def test_an_error_that_is_none_is_refused(value, reason):
    with pytest.raises(Malformed) as refused:
        parse_error(value)
    assert refused.value.reason is reason


@given(st.lists(st.integers(0, 0xFFFF)))
def test_attribute_types_come_back(types):
    assert parse_types(build_types(types)) == tuple(types)


def test_half_a_type_a_number_of_another_size_and_a_flag_with_a_value_are_refused():
    for parse in (
        lambda: parse_types(b"\0\1\0"),
        lambda: parse_priority(bytes(3)),
        lambda: parse_tie_breaker(bytes(9)),
        lambda: parse_flag(b"\0"),
    ):
        with pytest.raises(Malformed) as refused:
            parse()
        assert refused.value.reason is Reason.LENGTH


@pytest.mark.parametrize(
    ("parse", "limit"), [(parse_text, MAX_TEXT_BYTES), (parse_username, MAX_USERNAME_BYTES)]
)
def test_a_text_may_be_as_long_as_its_limit_and_no_longer(parse, limit):
    assert parse(build_text("x" * limit, limit)) == "x" * limit
    with pytest.raises(Malformed) as refused:
        parse(b"x" * (limit + 1))
    assert refused.value.reason is Reason.TOO_BIG
    with pytest.raises(ValueError, match="over"):
        build_text("x" * (limit + 1), limit)
