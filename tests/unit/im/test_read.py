import pytest

from parlor.model.errors import BadRequest, NotFound, NotMember
from parlor.wire.native.pushes import ReadPush
from tests.support.storage import ANN, BOB, CEM, NOWHERE
from tests.support.talk import open_talk


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path) as opened:
        yield opened


async def test_reading_tells_the_readers_own_devices_and_nobody_else(talk):
    direct = await talk.direct()
    for text in ("one", "two"):
        await talk.say(BOB, direct, text)
    talk.told.pushes.clear()
    assert await talk.reading.set(ANN, direct, 2) == (2, 1)
    assert talk.told.pushes == [((ANN,), ReadPush(direct, 2, 1))]


async def test_a_position_that_does_not_move_is_announced_to_nobody(talk):
    direct = await talk.direct()
    seq = await talk.say(BOB, direct, "one")
    await talk.reading.set(ANN, direct, seq)
    talk.told.pushes.clear()
    assert await talk.reading.set(ANN, direct, 1) == (seq, 0)
    assert await talk.reading.set(ANN, direct, 99) == (seq, 0)
    assert talk.told.pushes == []


async def test_reading_elsewhere_or_nonsense_is_refused(talk):
    direct = await talk.direct()
    with pytest.raises(NotMember):
        await talk.reading.set(CEM, direct, 1)
    with pytest.raises(NotFound):
        await talk.reading.set(ANN, NOWHERE, 1)
    for seq in (-1, 10**30):
        with pytest.raises(BadRequest):
            await talk.reading.set(ANN, direct, seq)
