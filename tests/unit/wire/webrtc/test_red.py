import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.red import (
    MAX_BLOCK_BYTES,
    MAX_BLOCKS,
    MAX_EARLIER,
    RedBlock,
    build_red,
    parse_red,
    retype_red,
)

TWO = bytes.fromhex("ef0f0003 6f 010203 0405")


def test_an_older_block_comes_before_the_packets_own():
    assert parse_red(TWO) == (RedBlock(111, 960, b"\1\2\3"), RedBlock(111, 0, b"\4\5"))
    assert build_red(parse_red(TWO)) == TWO


def test_a_payload_may_have_one_block_alone():
    assert parse_red(b"\x6fabc") == (RedBlock(111, 0, b"abc"),)
    assert parse_red(b"\x6f") == (RedBlock(111, 0, b""),)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 6, 7])
def test_a_payload_cut_before_its_last_block_is_refused(size):
    with pytest.raises(Malformed) as refused:
        parse_red(TWO[:size])
    assert refused.value.reason is Reason.CUT_OFF


def test_as_many_blocks_as_the_limit_and_no_more():
    older, own = RedBlock(111, 960, b""), RedBlock(111, 0, b"x")
    most = (older,) * (MAX_BLOCKS - 1) + (own,)
    assert parse_red(build_red(most)) == most
    with pytest.raises(Malformed) as refused:
        parse_red(build_red((older, *most)))
    assert refused.value.reason is Reason.TOO_MANY


@pytest.mark.parametrize(
    "block",
    [RedBlock(111, MAX_EARLIER + 1, b""), RedBlock(111, 0, bytes(MAX_BLOCK_BYTES + 1))],
)
def test_a_block_too_old_or_too_long_is_not_built(block):
    with pytest.raises(ValueError, match="earlier"):
        build_red([block, RedBlock(111, 0, b"")])


blocks = st.builds(
    RedBlock,
    st.integers(0, 127),
    st.integers(0, MAX_EARLIER),
    st.binary(max_size=40) | st.just(bytes(MAX_BLOCK_BYTES)),
)


@given(st.lists(blocks, max_size=MAX_BLOCKS - 1), st.integers(0, 127), st.binary(max_size=40))
def test_blocks_come_back(older, payload_type, payload):
    everything = (*older, RedBlock(payload_type, 0, payload))
    assert parse_red(build_red(everything)) == everything


@given(st.binary(max_size=80))
def test_any_payload_is_blocks_or_one_kind_of_error(payload):
    try:
        found = parse_red(payload)
    except Malformed:
        return
    assert build_red(found) == payload


def test_blocks_may_be_called_otherwise_without_touching_what_they_hold():
    changed = retype_red(TWO, {111: 109})
    assert parse_red(changed) == (RedBlock(109, 960, b"\1\2\3"), RedBlock(109, 0, b"\4\5"))
    assert retype_red(changed, {109: 111}) == TWO
    assert retype_red(TWO, {7: 8}) == TWO


@given(st.binary(max_size=100), st.integers(0, 127), st.integers(0, 127))
def test_whatever_the_payload_only_types_in_headers_change(payload, old, new):
    changed = retype_red(payload, {old: new})
    assert len(changed) == len(payload)
    different = [at for at in range(len(payload)) if payload[at] != changed[at]]
    assert all(at % 4 == 0 and payload[at] & 0x7F == old for at in different)
