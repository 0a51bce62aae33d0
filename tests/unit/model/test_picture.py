import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.errors import BadPicture
from parlor.model.picture import check_picture

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
# SOI, APP0 of 16 bytes, a quantisation table's head, then a progressive frame: 3 wide, 2 high.
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xdb\x00\x04\x00\x00\xff\xc2\x00\x0b\x08\x00\x02\x00\x03\x01\x01\x11\x00"
)


def png(width, height):
    return PNG + struct.pack(">II", width, height) + b"\x08\x06\x00\x00\x00"


def webp(kind, body):
    return b"RIFF\x24\x00\x00\x00WEBP" + kind + struct.pack("<I", len(body)) + body.ljust(20, b"\0")


VP8X = webp(b"VP8X", b"\x10\0\0\0" + (639).to_bytes(3, "little") + (479).to_bytes(3, "little"))
VP8L = webp(b"VP8L", b"\x2f" + (639 | 479 << 14).to_bytes(4, "little"))
VP8 = webp(b"VP8 ", b"\x30\x01\x00\x9d\x01\x2a" + struct.pack("<HH", 640 | 1 << 14, 480))


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (png(640, 480), "image/png", (640, 480)),
        (JPEG, "image/jpeg", (3, 2)),
        (VP8X, "image/webp", (640, 480)),
        (VP8L, "image/webp", (640, 480)),
        (VP8, "image/webp", (640, 480)),
    ],
)
def test_a_picture_is_known_by_its_bytes(data, kind, size):
    picture = check_picture(data, 640)
    assert (picture.type, (picture.width, picture.height)) == (kind, size)
    with pytest.raises(BadPicture):
        check_picture(data, size[0] - 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"GIF89a\x01\x00\x01\x00",
        b"<html>\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n",
        PNG,
        png(0, 1),
        png(1, 0),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\x00\x00" * 4,
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"RIFF\x24\x00\x00\x00WEBPVP9 " + bytes(40),
    ],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(BadPicture):
        check_picture(data, 10_000)


def test_the_same_bytes_have_the_same_id_and_others_another():
    one, again, other = (check_picture(png(*size), 99) for size in ((1, 2), (1, 2), (2, 1)))
    assert one == again
    assert one.id != other.id
    assert len(one.id) == 40


@given(st.sampled_from([PNG, JPEG, VP8X, VP8L, VP8, b"\xff\xd8\xff"]), st.binary(max_size=60))
def test_hostile_bytes_are_a_picture_within_the_limit_or_refused(begin, rest):
    try:
        picture = check_picture(begin + rest, 2_048)
    except BadPicture:
        return
    assert 0 < picture.width <= 2_048
    assert 0 < picture.height <= 2_048


@given(st.data())
def test_a_picture_that_is_cut_off_breaks_nothing(data):
    whole = data.draw(st.sampled_from([png(640, 480), JPEG, VP8X, VP8L, VP8]))
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        assert check_picture(cut, 640).width > 0
    except BadPicture:
        assert len(cut) < len(whole)
