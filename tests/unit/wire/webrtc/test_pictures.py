import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.pictures import (
    NOTHING,
    PICTURES,
    Picture,
    av1_picture,
    h264_picture,
    picture_number,
    renumber,
    vp8_picture,
    vp9_picture,
)

HEAD = b"head of the packet"


def read(picture_of, payload, tail=b""):
    return picture_of(HEAD + payload + tail, len(HEAD), len(HEAD) + len(payload))


@pytest.mark.parametrize(
    ("payload", "picture"),
    [
        # RFC 7741 §4.6: no extensions; a key frame, then a delta frame, then a later packet.
        (b"\x10\x00", Picture(True)),
        (b"\x10\x01", Picture(False)),
        (b"\x00\x00", Picture(False)),
        (b"\x11\x00", Picture(False)),
        (b"\x90\x80\x11\x00", Picture(True, 2, 7)),
        (b"\x90\xe0\x91\x11\x05\x20\x00", Picture(True, 2, 15, 4)),
        (b"\x90\x20\x20\x00", Picture(True)),
        (b"\x90\xe0\x91\x11\x05\x20", NOTHING),
    ],
)
def test_vp8_says_where_a_key_frame_begins_and_where_its_numbers_are(payload, picture):
    assert read(vp8_picture, payload, b"\0\0") == picture


@pytest.mark.parametrize(
    ("payload", "picture"),
    [
        (b"\x08", Picture(True)),
        (b"\x48", Picture(False)),
        (b"\x00", Picture(False)),
        (b"\xa8\x11\x00\x07", Picture(True, 1, 7, 3)),
        (b"\xa8\x91\x11\x00\x07", Picture(True, 1, 15, 4)),
        (b"\xb8\x91\x11\x00", Picture(True, 1, 15)),
        (b"\x28\x02\x07", Picture(False, tl0_at=2)),
        (b"\xa8\x91\x11\x00", NOTHING),
    ],
)
def test_vp9_says_where_a_key_frame_begins_and_where_its_numbers_are(payload, picture):
    assert read(vp9_picture, payload, b"\0\0") == picture


@pytest.mark.parametrize(
    ("payload", "begins_key"),
    [
        (b"\x67\x42", True),
        (b"\x65\x88", False),
        (b"\x41\x9a", False),
        (b"\x78\x00\x02\x67\x42\x00\x01\x68", True),
        (b"\x78\x00\x01\x68\x00\x02\x67\x42", True),
        (b"\x78\x00\x01\x06", False),
        (b"\x7c\x87", True),
        (b"\x7c\x07", False),
        (b"\x7c\x85", False),
    ],
)
def test_a_key_frame_of_h264_begins_with_its_parameters(payload, begins_key):
    assert read(h264_picture, payload, b"\x67\x67\x67") == Picture(begins_key)


def test_a_key_frame_of_av1_begins_a_coded_video_sequence():
    assert read(av1_picture, b"\x18").begins_key
    assert not read(av1_picture, b"\x10").begins_key


@given(st.sampled_from(sorted(PICTURES)), st.binary(max_size=12), st.binary(max_size=4))
def test_any_bytes_are_read_within_their_borders(codec, payload, behind):
    picture = read(PICTURES[codec], payload, behind)
    assert picture == read(PICTURES[codec], payload)
    used = [picture.tl0_at] + [picture.id_at + at for at in range(picture.id_bits // 7)]
    assert all(-1 <= at < len(payload) for at in used)


@given(
    st.sampled_from(["vp8", "vp9"]),
    st.binary(min_size=1, max_size=12),
    st.integers(0, 0x7FFF),
    st.integers(0, 0xFF),
)
def test_renumbering_changes_the_numbers_and_nothing_else(codec, payload, id_offset, tl0_offset):
    picture = read(PICTURES[codec], payload)
    changed = renumber(payload, picture, id_offset, tl0_offset)
    assert read(PICTURES[codec], changed) == picture
    number = picture_number(payload, picture)
    if number is not None:
        modulus = 1 << picture.id_bits
        assert picture_number(changed, picture) == (number - id_offset) % modulus
    assert renumber(changed, picture, -id_offset, -tl0_offset) == payload
