import struct

import pytest

from parlor.model.errors import BadPicture, NotFound, RateLimited, TooLarge
from tests.support.people_services import people_house
from tests.support.storage import ANN, BOB

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def png(width=8, height=8, more=b""):
    return PNG + struct.pack(">II", width, height) + b"\x08\x06\0\0\0" + more


async def test_a_picture_comes_back_with_the_type_its_bytes_have():
    pictures = people_house(ANN).pictures
    picture = await pictures.put(ANN, png())
    assert await pictures.get(picture.id) == ("image/png", png())
    with pytest.raises(NotFound):
        await pictures.get("../../etc/passwd")


async def test_limits_of_bytes_and_pixels_hold():
    pictures = people_house(ANN, max_picture_bytes=100, max_picture_pixels=8).pictures
    await pictures.put(ANN, png(more=bytes(100 - len(png()))))
    with pytest.raises(TooLarge):
        await pictures.put(ANN, png(more=bytes(101 - len(png()))))
    with pytest.raises(BadPicture):
        await pictures.put(ANN, png(9, 8))


async def test_a_day_has_so_many_pictures_of_one_person_and_refused_ones_do_not_count():
    house = people_house(ANN, BOB, max_pictures_per_day=2)
    for number in (1, 2):
        await house.pictures.put(ANN, png(number))
        with pytest.raises(BadPicture):
            await house.pictures.put(ANN, b"<svg/>")
    with pytest.raises(RateLimited) as refused:
        await house.pictures.put(ANN, png(3))
    await house.pictures.put(BOB, png(3))
    house.hand.at += refused.value.retry_after_s
    await house.pictures.put(ANN, png(3))


async def test_a_picture_that_nobody_uses_is_gone_after_its_time():
    house = people_house(ANN, picture_spare_s=60.0)
    used = await house.pictures.put(ANN, png(1))
    spare = await house.pictures.put(ANN, png(2))
    await house.profiles.update(ANN, avatar=used.id)
    house.hand.at += 59
    assert await house.pictures.drop_unused(10) == 0
    house.hand.at += 2
    assert await house.pictures.drop_unused(10) == 1
    await house.pictures.get(used.id)
    with pytest.raises(NotFound):
        await house.pictures.get(spare.id)
