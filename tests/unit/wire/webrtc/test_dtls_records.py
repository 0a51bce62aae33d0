import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.dtls_records import (
    MAX_DATAGRAM_BYTES,
    MAX_RECEIVED_BYTES,
    is_record,
    shakes_hands,
    split_records,
)
from tests.support.patient import PATIENT


@pytest.mark.parametrize(
    ("datagram", "expected"),
    [
        (b"\x16" + bytes(13), True),
        (b"\x16" + bytes(12), False),
        (b"\x00" + bytes(30), False),
        (b"\x40" + bytes(30), False),
        (b"\x16" + bytes(MAX_RECEIVED_BYTES), False),
        (b"", False),
    ],
)
def test_only_what_may_be_a_record_reaches_openssl(datagram, expected):
    assert is_record(datagram) is expected


def record(size):
    return b"\x16\xfe\xfd" + bytes(8) + size.to_bytes(2) + bytes(size)


def test_a_stream_is_cut_between_records_only():
    stream = record(500) + record(600) + record(600) + record(10) + record(1_187)
    datagrams = split_records(stream)
    assert [len(datagram) for datagram in datagrams] == [513 + 613, 613 + 23, 1_200]
    assert b"".join(datagrams) == stream
    assert split_records(b"") == []


@PATIENT
@given(st.lists(st.integers(0, MAX_DATAGRAM_BYTES - 13).map(record)))
def test_no_datagram_is_longer_than_a_path_carries_and_nothing_is_lost(records):
    datagrams = split_records(b"".join(records))
    assert b"".join(datagrams) == b"".join(records)
    assert all(len(datagram) <= MAX_DATAGRAM_BYTES for datagram in datagrams)


@pytest.mark.parametrize(("kind", "expected"), [(20, True), (21, False), (22, True), (23, False)])
def test_records_of_a_handshake_are_told_from_others(kind, expected):
    assert shakes_hands(bytes([kind]) + bytes(13)) is expected
