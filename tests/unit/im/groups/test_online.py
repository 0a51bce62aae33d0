import asyncio

import pytest

from parlor.drivers.sql.profiles import SqlProfiles
from parlor.model.errors import BadRequest, NotFound, NotMember
from parlor.model.ids import UserId
from parlor.model.status import State, Status
from tests.support.storage import ANN, BOB, CEM, DAN, NOWHERE
from tests.support.talk import open_talk


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path) as opened:
        yield opened


async def test_those_members_are_counted_who_are_connected(talk):
    group = await talk.group(ANN, BOB, CEM)
    talk.connected.update({ANN, CEM, DAN})
    assert await talk.groups.online.count(BOB, group) == (2, 3)


async def test_who_is_invisible_is_not_counted(talk):
    group = await talk.group(ANN, BOB, CEM)
    talk.connected.update({ANN, BOB, CEM})
    profiles = SqlProfiles(talk.stores.database)
    await profiles.set_status(BOB, Status(State.INVISIBLE, "away"), 1)
    await profiles.set_status(CEM, Status(State.BUSY, "invisible"), 1)
    assert await talk.groups.online.count(ANN, group) == (2, 3)


async def test_a_group_is_counted_again_after_a_while_and_not_before(talk):
    group = await talk.group(ANN, BOB)
    talk.connected.add(ANN)
    assert await talk.groups.online.count(ANN, group) == (1, 2)
    talk.connected.add(BOB)
    assert await talk.groups.online.count(ANN, group) == (1, 2)
    talk.clock.at += 5
    assert await talk.groups.online.count(ANN, group) == (2, 2)


async def test_thousands_who_are_connected_are_counted_in_portions(talk):
    group = await talk.group(ANN, BOB)
    talk.connected.update({ANN, *(UserId(str(n)) for n in range(1, 2_500))})
    assert await talk.groups.online.count(ANN, group) == (1, 2)


async def test_many_who_look_at_once_cost_one_count(talk):
    group = await talk.group(ANN, BOB)
    talk.connected.add(ANN)
    before = talk.stores.database.reads
    counts = await asyncio.gather(*(talk.groups.online.count(ANN, group) for _ in range(20)))
    assert set(counts) == {(1, 2)}
    assert talk.stores.database.reads - before == 20 * 2 + 1, "each is a member, and one count"


async def test_only_members_are_told(talk):
    group = await talk.group(ANN, BOB)
    with pytest.raises(NotMember):
        await talk.groups.online.count(CEM, group)
    with pytest.raises(NotFound):
        await talk.groups.online.count(ANN, NOWHERE)


async def test_whether_the_other_one_of_two_is_there_is_not_told_as_a_count(talk):
    direct = await talk.direct(ANN, BOB)
    talk.connected.update({ANN, BOB})
    with pytest.raises(BadRequest):
        await talk.groups.online.count(ANN, direct)


async def test_only_so_many_counts_are_remembered(tmp_path):
    async with open_talk(tmp_path, online_counts=1) as talk:
        for _ in range(3):
            await talk.groups.online.count(ANN, await talk.group(ANN, BOB))
        assert talk.groups.online.remembered == 1
