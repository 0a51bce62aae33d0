from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.stun import (
    BINDING,
    MAX_ATTRIBUTES,
    MAX_MESSAGE_BYTES,
    Kind,
    Message,
    build_message,
    long_term_key,
    parse_message,
)
from parlor.wire.webrtc.stun_attributes import Address, StunError
from tests.support.stun_samples import (
    LONG_TERM_REQUEST,
    PASSWORD,
    REQUEST,
    RESPONSE_IPV4,
    RESPONSE_IPV6,
    SAMPLES,
)

TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")
KEY = b"a password of ICE"


def refusal(data: bytes) -> Reason:
    with pytest.raises(Malformed) as refused:
        parse_message(data)
    return refused.value.reason


def test_the_request_of_rfc_5769_is_read():
    message = parse_message(REQUEST)
    assert message == Message(
        kind=Kind.REQUEST,
        transaction=TRANSACTION,
        software="STUN test client",
        priority=0x6E0001FF,
        ice_controlled=0x932FF9B151263B36,
        username="evtj:h6vY",
    )
    message.check_integrity(PASSWORD)
    message.check_fingerprint()


@pytest.mark.parametrize(
    ("sample", "host"),
    [(RESPONSE_IPV4, "192.0.2.1"), (RESPONSE_IPV6, "2001:db8:1234:5678:11:2233:4455:6677")],
)
def test_the_responses_of_rfc_5769_are_read(sample, host):
    message = parse_message(sample)
    assert message == Message(
        kind=Kind.SUCCESS,
        transaction=TRANSACTION,
        software="test vector",
        xor_mapped_address=Address(host, 32853),
    )
    message.check_integrity(PASSWORD)
    message.check_fingerprint()


def test_the_long_term_request_of_rfc_5769_is_read_and_built_to_the_byte():
    message = parse_message(LONG_TERM_REQUEST)
    assert message == Message(
        kind=Kind.REQUEST,
        transaction=bytes.fromhex("78ad3433c6ad72c029da412e"),
        username="マトリックス",
        nonce="f//499k954d6OL34oL9FSTvy64sA",
        realm="example.org",
    )
    key = long_term_key("マトリックス", "example.org", "TheMatrIX")
    message.check_integrity(key)
    assert build_message(message, key=key, fingerprint=False) == LONG_TERM_REQUEST
    with pytest.raises(Malformed) as refused:
        message.check_fingerprint()
    assert refused.value.reason is Reason.MISSING


@pytest.mark.parametrize("sample", SAMPLES[:3])
def test_the_other_samples_are_built_as_they_are_but_for_padding_and_what_covers_it(sample):
    built = build_message(parse_message(sample), key=PASSWORD)
    signed = len(sample) - 32
    assert len(built) == len(sample)
    assert built[:signed].replace(b"\0", b" ") == sample[:signed].replace(b"\0", b" ")
    parse_message(built).check_integrity(PASSWORD)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_flipped_bit_anywhere_is_noticed(sample):
    key = PASSWORD
    if sample is LONG_TERM_REQUEST:
        key = long_term_key("マトリックス", "example.org", "TheMatrIX")

    def check(data: bytes) -> None:
        message = parse_message(data)
        if sample is not LONG_TERM_REQUEST:
            message.check_fingerprint()
        message.check_integrity(key)

    check(sample)
    for at in range(len(sample) * 8):
        damaged = bytearray(sample)
        damaged[at // 8] ^= 1 << at % 8
        with pytest.raises(Malformed):
            check(bytes(damaged))


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_cut_short_is_refused(sample):
    assert {refusal(sample[:size]) for size in range(len(sample))} == {Reason.CUT_OFF}
    assert refusal(sample + bytes(4)) is Reason.LENGTH


def test_another_key_and_no_signature_are_told_apart():
    with pytest.raises(Malformed) as refused:
        parse_message(REQUEST).check_integrity(b"another")
    assert refused.value.reason is Reason.FORGED
    plain = Message(kind=Kind.REQUEST, transaction=TRANSACTION)
    unsigned = parse_message(build_message(plain))
    assert not unsigned.is_signed
    with pytest.raises(Malformed) as refused:
        unsigned.check_integrity(KEY)
    assert refused.value.reason is Reason.MISSING


def test_a_fingerprint_of_other_bytes_is_refused():
    message = parse_message(REQUEST[:-1] + b"\0")
    message.check_integrity(PASSWORD)
    with pytest.raises(Malformed) as refused:
        message.check_fingerprint()
    assert refused.value.reason is Reason.FORGED


def test_what_follows_the_signature_is_not_read():
    signed = build_message(
        Message(kind=Kind.REQUEST, transaction=TRANSACTION, username="a:b"),
        key=KEY,
        fingerprint=False,
    )
    added = signed + b"\0\x25\0\0" + b"\0\x06\0\4evil" + b"\x7f\0\0\0"
    longer = added[:2] + (len(added) - 20).to_bytes(2) + added[4:]
    message = parse_message(longer)
    message.check_integrity(KEY)
    assert message.username == "a:b"
    assert not message.use_candidate
    assert message.not_understood == ()


def test_the_first_of_two_attributes_counts():
    message = parse_message(
        build_message(
            Message(
                kind=Kind.REQUEST,
                transaction=TRANSACTION,
                username="first",
                others=((0x0006, b"second"),),
            )
        )
    )
    assert message.username == "first"


def test_attributes_that_must_be_understood_are_named_and_others_are_not():
    message = parse_message(
        build_message(
            Message(
                kind=Kind.REQUEST,
                transaction=TRANSACTION,
                others=((0x7FFF, b"abc"), (0x8000, b""), (0x0019, b"\x11\0\0\0")),
            )
        )
    )
    assert message.others == ((0x7FFF, b"abc"), (0x8000, b""), (0x0019, b"\x11\0\0\0"))
    assert message.not_understood == (0x7FFF, 0x0019)


def header(first: int, size: int) -> bytes:
    return first.to_bytes(2) + size.to_bytes(2) + bytes.fromhex("2112a442") + TRANSACTION


@pytest.mark.parametrize(
    ("first", "kind", "method"),
    [
        (0x0001, Kind.REQUEST, BINDING),
        (0x0011, Kind.INDICATION, BINDING),
        (0x0101, Kind.SUCCESS, BINDING),
        (0x0111, Kind.ERROR, BINDING),
        (0x0113, Kind.ERROR, 3),  # ALLOCATE
        (0x3EEF, Kind.REQUEST, 0xFFF),
        (0x3FFF, Kind.ERROR, 0xFFF),
    ],
)
def test_class_and_method_share_fourteen_bits(first, kind, method):
    message = parse_message(header(first, 0))
    assert (message.kind, message.method) == (kind, method)
    assert build_message(message, fingerprint=False) == header(first, 0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.CUT_OFF),
        (header(0x4001, 0), Reason.VERSION),
        (header(0x8001, 0), Reason.VERSION),
        (header(1, 0).replace(b"\x21\x12", b"\x21\x13"), Reason.VERSION),
        (header(1, 4), Reason.CUT_OFF),
        (header(1, 0) + bytes(4), Reason.LENGTH),
        (header(1, 2) + bytes(2), Reason.LENGTH),
        (header(1, 4) + b"\x80\x22\0\1", Reason.CUT_OFF),
        (header(1, 8) + b"\0\x24\0\3" + bytes(4), Reason.LENGTH),
        (header(1, 8) + b"\x80\x29\0\4" + bytes(4), Reason.LENGTH),
        (header(1, 8) + b"\0\x25\0\1" + bytes(4), Reason.LENGTH),
        (header(1, 8) + b"\0\x06\0\4\xff\xff\xff\xff", Reason.SYNTAX),
        (header(1, 8) + b"\0\x08\0\4" + bytes(4), Reason.LENGTH),
        (header(1, 8) + b"\x80\x28\0\3" + bytes(4), Reason.LENGTH),
        (header(1, 12) + b"\x80\x28\0\4" + bytes(4) + b"\0\x25\0\0", Reason.LENGTH),
    ],
)
def test_a_message_that_breaks_a_rule_is_refused_for_it(data, reason):
    assert refusal(data) is reason


def test_as_many_attributes_as_the_limit_and_no_more():
    most = Message(
        kind=Kind.REQUEST,
        transaction=TRANSACTION,
        others=((0x9000, b""),) * (MAX_ATTRIBUTES - 1),
    )
    assert parse_message(build_message(most)) == most
    more = replace(most, others=((0x9000, b""),) * MAX_ATTRIBUTES)
    assert refusal(build_message(more)) is Reason.TOO_MANY


def test_a_message_may_fill_a_packet_and_no_more():
    room = MAX_MESSAGE_BYTES - 20 - 4
    full = Message(kind=Kind.REQUEST, transaction=TRANSACTION, others=((0x9000, bytes(room)),))
    assert parse_message(build_message(full, fingerprint=False)) == full
    with pytest.raises(ValueError, match="bytes"):
        build_message(full)
    over = header(1, room + 8) + b"\x90\0" + (room + 4).to_bytes(2) + bytes(room + 4)
    assert refusal(over) is Reason.TOO_BIG


texts = st.text(max_size=40)
messages = st.builds(
    Message,
    kind=st.sampled_from(Kind),
    transaction=st.binary(min_size=12, max_size=12),
    method=st.integers(0, 0xFFF),
    software=st.none() | texts,
    priority=st.none() | st.integers(0, 2**32 - 1),
    use_candidate=st.booleans(),
    ice_controlled=st.none() | st.integers(0, 2**64 - 1),
    ice_controlling=st.none() | st.integers(0, 2**64 - 1),
    username=st.none() | texts,
    nonce=st.none() | texts,
    realm=st.none() | texts,
    xor_mapped_address=st.none()
    | st.builds(Address, st.ip_addresses().map(str), st.integers(0, 65_535)),
    error=st.none() | st.builds(StunError, st.integers(300, 699), texts),
    unknown_attributes=st.lists(st.integers(0, 0xFFFF), max_size=5).map(tuple),
    others=st.lists(
        st.tuples(st.integers(0x4000, 0x7FFF) | st.integers(0xC000, 0xFFFF), st.binary(max_size=9)),
        max_size=4,
    ).map(tuple),
)


@given(messages, st.none() | st.binary(max_size=40), st.booleans())
def test_a_message_comes_back_as_it_was_signed_or_not(message, key, fingerprint):
    data = build_message(message, key=key, fingerprint=fingerprint)
    back = parse_message(data)
    assert back == message
    assert back.is_signed is (key is not None)
    assert back.raw == data
    if key is not None:
        back.check_integrity(key)
    if fingerprint:
        back.check_fingerprint()


@given(st.binary(max_size=60), st.integers(0, 0x3FFF))
def test_any_bytes_behind_a_header_are_a_message_or_one_kind_of_error(body, first):
    for data in (body, header(first, len(body)) + body):
        try:
            message = parse_message(data)
        except Malformed:
            continue
        assert parse_message(build_message(message, fingerprint=False)) == message
