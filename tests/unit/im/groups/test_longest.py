"""How long and how much may be asked for in a group: each setting, and one more than it."""

from typing import Any

import pytest

from parlor.model.errors import BadRequest
from parlor.model.group_change import SettingsChange
from parlor.model.ids import UserId
from tests.support.storage import ANN, BOB
from tests.support.talk import open_talk

LONGEST: dict[str, Any] = {"longest_mute_s": 60, "longest_slow_mode_s": 60, "longest_link_s": 60}


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path, max_page_members=2, online_counted_s=1.0, **LONGEST) as opened:
        yield opened


async def ask(talk, what, group, seconds):
    acts = talk.groups.acts
    if what == "mute":
        await acts.mute(ANN, group, f"m{seconds}", BOB, seconds)
    elif what == "slow":
        await acts.change(ANN, group, f"s{seconds}", SettingsChange(slow_mode_s=seconds))
    else:
        await talk.groups.links.make(ANN, group, f"l{seconds}", expires_in_s=seconds)


@pytest.mark.parametrize("what", ["mute", "slow", "link"])
async def test_nothing_lasts_longer_than_the_setting_says(talk, what):
    group = await talk.group(ANN, BOB)
    for seconds in (61, 10**15, -1):
        with pytest.raises(BadRequest):
            await ask(talk, what, group, seconds)
    assert (await talk.stores.conversations.get(group)).last_seq == 1
    assert await talk.groups.links.list(ANN, group) == []
    await ask(talk, what, group, 60)


async def test_a_page_of_members_has_no_more_than_the_setting_says(talk):
    crowd = await talk.stores.add_crowd(5)
    group = await talk.group(ANN, *crowd)
    page = await talk.groups.members.page(ANN, group, "", 100)
    assert len(page.members) == 2
    assert page.cursor


async def test_a_count_of_those_connected_is_as_old_as_the_setting_says(talk):
    group = await talk.group(ANN, BOB)
    assert await talk.groups.online.count(ANN, group) == (0, 2)
    talk.connected.update({ANN, UserId("7")})
    talk.clock.at += 0.9
    assert await talk.groups.online.count(ANN, group) == (0, 2)
    talk.clock.at += 0.2
    assert await talk.groups.online.count(ANN, group) == (1, 2)
