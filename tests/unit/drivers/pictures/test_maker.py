"""Pictures through a real process of their own."""

import asyncio
import base64
import struct
import zlib

import pytest

from parlor.drivers.pictures.limits import Limits
from parlor.drivers.pictures.maker import PictureProcesses
from parlor.model.errors import BadPicture, Overloaded
from tests.support.drawn import GPS, drawn, opened
from tests.support.steady import CountingMeter


def maker(**limits):
    return PictureProcesses(Limits(**limits), at_once=1, waiting=2, meter=CountingMeter())


@pytest.fixture
def make(tmp_path):
    async def made(data, **limits):
        file = tmp_path / "upload"
        file.write_bytes(data)
        return await maker(**limits).make(file)

    return made


def bomb(width, height):
    """A PNG of a few kB that says it is as large as that, and is."""

    def chunk(kind, body):
        crc = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + crc

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def is_green(pixel):
    red, green, blue = pixel.tobytes()
    return green > 200 > 100 > max(red, blue)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_a_picture_says_nothing_of_its_place_and_gets_a_small_one(make, kind):
    made = await make(drawn(kind, (1_200, 900)), thumbnail_side=320)
    picture, thumbnail = made.picture.read_bytes(), made.thumbnail.read_bytes()
    assert GPS not in picture + thumbnail
    assert (made.width, made.height, made.size) == (1_200, 900, len(picture))
    assert opened(picture).size == (1_200, 900)
    assert opened(thumbnail).size == (320, 240)
    assert (opened(thumbnail).format, made.thumbnail_size) == ("WEBP", len(thumbnail))
    assert max(opened(base64.b64decode(made.preview)).size) == 16
    assert len(made.preview) < 400


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_picture_is_upright_whatever_way_the_camera_was_held(make, orientation):
    made = await make(drawn("JPEG", (64, 48), orientation=orientation))
    picture = opened(made.picture.read_bytes())
    assert not picture.getexif()
    turned = orientation >= 5
    assert (made.width, made.height) == picture.size == ((48, 64) if turned else (64, 48))
    corner = {1: (4, 4), 2: (59, 4), 3: (59, 43), 4: (4, 43), 5: (4, 4), 6: (43, 4), 7: (43, 59)}
    x, y = corner.get(orientation, (4, 59))
    assert is_green(picture.crop((x, y, x + 1, y + 1))), "the corner is where it was seen"


async def test_a_moving_picture_keeps_moving(make):
    for kind in ("GIF", "WEBP"):
        made = await make(drawn(kind, frames=3))
        assert getattr(opened(made.picture.read_bytes()), "n_frames", 1) == 3


async def test_a_small_picture_is_not_made_larger(make):
    made = await make(drawn("PNG", (20, 10), alpha=True))
    thumbnail = opened(made.thumbnail.read_bytes())
    assert (thumbnail.size, thumbnail.mode) == ((20, 10), "RGBA")


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"<svg onload='alert(1)'/>", b"%PDF-1.7", drawn("JPEG")[:500], b"GIF89a" * 9],
)
async def test_what_is_no_picture_or_is_cut_off_is_refused(make, data):
    with pytest.raises(BadPicture):
        await make(data)


async def test_a_bomb_is_refused_before_it_is_drawn(make):
    data = bomb(12_000, 12_000)
    assert len(data) < 50_000
    with pytest.raises(BadPicture):
        await make(data, max_pixels=50_000_000)
    with pytest.raises(BadPicture):
        await make(bomb(3_000, 10), max_side=2_999)
    assert (await make(bomb(3_000, 10), max_side=3_000)).width == 3_000


async def test_one_that_needs_more_memory_than_there_is_ends_alone(make):
    """The limit is of the process, not of what the picture says of itself."""
    assert (await make(drawn("PNG"), memory_bytes=120_000_000)).width == 64
    with pytest.raises(BadPicture):
        await make(drawn("PNG", (7_000, 6_000)), memory_bytes=120_000_000)


async def test_a_decoder_that_hangs_is_ended(tmp_path):
    file = tmp_path / "upload"
    file.write_bytes(drawn())
    # Not even time to begin.
    slow = maker(limit_s=0.001)
    with pytest.raises(BadPicture):
        await slow.make(file)
    assert slow.pictures == 0


async def test_so_many_wait_and_the_next_is_told_to_come_back(tmp_path):
    file = tmp_path / "upload"
    file.write_bytes(drawn())
    busy = maker()
    tasks = [asyncio.create_task(busy.make(file)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await busy.make(file)
    assert [(await task).width for task in tasks] == [64] * 3
    assert busy.pictures == 0
