"""Golden bytes of goim §2.1, and laws that hold for every frame."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.close import CloseCode
from parlor.model.errors import WireError
from parlor.wire.goim.frame import (
    Frame,
    encode_frame,
    encode_heartbeat_reply,
    encode_raw,
    encode_reply,
    parse_message,
)

DEMO_LOGIN = b'{"mid":123, "room_id":"live://1000", "platform":"web", "accepts":[1000,1001,1002]}'
int32 = st.integers(-(1 << 31), (1 << 31) - 1)
int16 = st.integers(-(1 << 15), (1 << 15) - 1)
frames = st.builds(Frame, op=int32, body=st.binary(max_size=300), version=int16, seq=int32)


def test_the_login_of_the_goim_demo_is_these_bytes():
    golden = bytes.fromhex("00000062001000010000000700000001") + DEMO_LOGIN
    assert encode_frame(7, DEMO_LOGIN, seq=1) == golden
    assert parse_message(golden) == Frame(7, DEMO_LOGIN, version=1, seq=1)


def test_replies_repeat_version_and_sequence_of_the_request():
    login, beat = Frame(7, DEMO_LOGIN, 1, 1), Frame(2, b"", 1, 1)
    assert encode_reply(login, 8) == bytes.fromhex("00000010001000010000000800000001")
    assert encode_heartbeat_reply(beat, 1) == bytes.fromhex(
        "0000001400100001000000030000000100000001"
    )
    odd = encode_reply(Frame(4, b"", version=-7, seq=-1), 4)
    assert parse_message(odd) == Frame(4, b"", version=-7, seq=-1)


def test_a_push_over_websocket_is_wrapped_in_operation_9():
    plain = encode_frame(1000, b"hi")
    assert plain == bytes.fromhex("0000001200100001000003e8000000006869")
    assert encode_raw(plain) == bytes.fromhex("00000022001000010000000900000000") + plain


def test_4096_bytes_of_body_pass_and_4097_do_not():
    assert len(parse_message(encode_frame(4, b"x" * 4096)).body) == 4096
    with pytest.raises(WireError) as refused:
        parse_message(encode_frame(4, b"x" * 4097))
    assert refused.value.close == CloseCode.TOO_BIG


@pytest.mark.parametrize(
    "header",
    [
        "00000010000f00010000000200000001",  # header length 15
        "00000010001100010000000200000001",  # header length 17
        "0000000f001000010000000200000001",  # packet length under the header
        "00000000001000010000000200000001",  # packet length 0
        "ffffffff001000010000000200000001",  # packet length -1
        "80000000001000010000000200000001",  # the most negative one
        "00000011001000010000000200000001",  # one byte more than the message has
        "7fffffff001000010000000200000001",  # far more
        "000000100010000100000002000000",  # not even a header
        "",
    ],
)
def test_a_frame_that_lies_about_its_length_is_refused(header: str):
    with pytest.raises(WireError):
        parse_message(bytes.fromhex(header))


def test_bytes_after_the_frame_are_ignored():
    assert parse_message(encode_frame(4, b"one") + encode_frame(4, b"two")).body == b"one"


@given(frames)
def test_what_is_encoded_is_read_back(frame: Frame):
    packet = encode_frame(frame.op, frame.body, version=frame.version, seq=frame.seq)
    assert parse_message(packet) == frame


@given(frames, st.integers(0, 1 << 32))
def test_changed_bytes_give_a_frame_made_of_them_or_one_kind_of_error(frame: Frame, seed: int):
    """100 examples of 100 damages each."""
    chance = random.Random(seed)
    packet = encode_frame(frame.op, frame.body, version=frame.version, seq=frame.seq)
    for _ in range(100):
        damaged = bytearray(packet)
        damaged[chance.randrange(min(len(packet), 24))] = chance.randrange(256)
        damaged = damaged[: chance.choice([len(packet), chance.randrange(len(packet) + 1)])]
        try:
            read = parse_message(bytes(damaged))
        except WireError:
            continue
        assert damaged[16:].startswith(read.body)
