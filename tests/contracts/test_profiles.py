"""The promises of `ports.profiles.Profiles` and `ports.pictures.Pictures`, in every driver."""

import asyncio
from functools import partial
from typing import Any, cast

import pytest
from msgspec.structs import replace

from parlor.drivers.sql.pictures import SqlPictures
from parlor.im import relating
from parlor.im.people_settings import PeopleSettings
from parlor.model.errors import NotFound
from parlor.model.people import Privacy, Who
from parlor.model.status import State, Status
from tests.support.people_stores import PEOPLE_STORES
from tests.support.storage import ANN, BOB, CEM, NOBODY, STORES

LIMITS = PeopleSettings()
NOW = 1_800_000_000_000


@pytest.fixture(params=sorted(PEOPLE_STORES))
async def people(request, tmp_path):
    async with PEOPLE_STORES[request.param](tmp_path) as stores:
        yield stores


async def agree(people, one, other):
    await people.relations.change(one, other, lambda p: relating.ask(p, "", NOW, LIMITS), NOW)
    await people.relations.change(other, one, lambda p: relating.answer(p, True, NOW, LIMITS), NOW)


async def test_a_new_account_shows_nothing_and_hides_little(people):
    card = await people.profiles.card(ANN)
    assert (card.user.id, card.user.avatar, card.about) == (ANN, "", "")
    assert (card.privacy, card.status) == (Privacy(), Status())
    assert await people.profiles.card(NOBODY) is None


async def test_what_one_says_of_oneself_is_kept(people):
    await people.profiles.set_about(ANN, "I like 茶; DROP TABLE users")
    await people.pictures.put("p1", "image/png", b"picture", NOW)
    await people.profiles.set_avatar(ANN, "p1")
    card = await people.profiles.card(ANN)
    assert (card.about, card.user.avatar) == ("I like 茶; DROP TABLE users", "p1")
    await people.profiles.set_avatar(ANN, "")
    assert (await people.profiles.card(ANN)).user.avatar == ""


async def test_an_avatar_is_a_picture_that_is_there(people):
    with pytest.raises(NotFound):
        await people.profiles.set_avatar(ANN, "p1")
    with pytest.raises(NotFound):
        await people.profiles.set_about(NOBODY, "x")


async def test_privacy_and_status_are_in_the_self_log(people):
    privacy = Privacy(found_by_name=False, write=Who.CONTACTS, last_seen=Who.NOBODY)
    after, changed = await people.profiles.change_privacy(ANN, lambda _: privacy, NOW)
    assert after == privacy
    entries = [
        *changed,
        *await people.profiles.set_status(ANN, Status(State.BUSY, "in a meeting"), NOW),
    ]
    assert [(entry.user_id, entry.key, entry.seq) for entry in entries] == [
        (ANN, "s:@privacy", 1),
        (ANN, "s:@status", 2),
    ]
    card = await people.profiles.card(ANN)
    assert (card.privacy, card.status) == (privacy, Status(State.BUSY, "in a meeting"))


async def test_two_devices_that_change_privacy_at_once_both_get_their_wish(people):
    def wishes(**flag):
        return lambda before: replace(before, **flag)

    await asyncio.gather(
        *(
            people.profiles.change_privacy(ANN, wishes(**{name: value}), NOW)
            for name, value in (
                ("found_by_name", False),
                ("presence", Who.NOBODY),
                ("write", Who.CONTACTS),
                ("groups", Who.NOBODY),
            )
        )
    )
    assert (await people.profiles.card(ANN)).privacy == Privacy(
        found_by_name=False, presence=Who.NOBODY, write=Who.CONTACTS, groups=Who.NOBODY
    )
    same = await people.profiles.change_privacy(ANN, lambda before: before, NOW)
    assert same == ((await people.profiles.card(ANN)).privacy, ())


async def test_nobody_has_the_privacy_of_somebody_who_does_not_exist(people):
    with pytest.raises(NotFound):
        await people.profiles.change_privacy(NOBODY, lambda _: Privacy(), NOW)
    with pytest.raises(NotFound):
        await people.profiles.set_status(NOBODY, Status(), NOW)


async def test_sights_follow_privacy_contacts_and_blocks(people):
    await agree(people, ANN, BOB)
    await people.profiles.change_privacy(ANN, lambda _: Privacy(presence=Who.CONTACTS), NOW)
    seen = await people.profiles.sights([(BOB, ANN), (CEM, ANN), (ANN, ANN), (ANN, NOBODY)])
    assert [(sight.sees_presence, sight.sees_last_seen) for sight in seen] == [
        (True, True),
        (False, False),
        (True, True),
        (False, False),
    ]
    block = partial(relating.block, now_ms=NOW, limits=LIMITS)
    await people.relations.change(BOB, ANN, block, NOW)
    for pair in ((BOB, ANN), (ANN, BOB)):
        (sight,) = await people.profiles.sights([pair])
        assert not (sight.sees_presence or sight.sees_last_seen)


async def test_last_seen_never_moves_back(people):
    await people.profiles.put_last_seen({ANN: NOW, BOB: NOW + 5, NOBODY: NOW})
    await people.profiles.put_last_seen({ANN: NOW - 1})
    sights = await people.profiles.sights([(ANN, ANN), (BOB, BOB)])
    assert [sight.last_seen for sight in sights] == [NOW, NOW + 5]


async def test_whoever_hides_was_last_seen_when_they_began_to(people):
    await people.profiles.set_status(ANN, Status(State.INVISIBLE), NOW)
    await people.profiles.put_last_seen({ANN: NOW + 60_000})
    await people.profiles.set_status(ANN, Status(State.INVISIBLE, "still"), NOW + 70_000)
    (sight,) = await people.profiles.sights([(ANN, ANN)])
    assert (sight.last_seen, sight.status.state) == (NOW, State.INVISIBLE)


async def test_acquaintances_are_contacts_and_not_strangers(people):
    await agree(people, ANN, BOB)
    assert await people.profiles.acquaintances(ANN, 50, 10) == [BOB]
    assert await people.profiles.acquaintances(ANN, 50, 0) == []
    assert await people.profiles.acquaintances(CEM, 50, 10) == []


async def test_a_picture_comes_back_as_it_was_put(people):
    body = bytes(range(256)) * 1_024
    await people.pictures.put("p1", "image/webp", body, NOW)
    await people.pictures.put("p1", "image/webp", body, NOW + 1)
    assert await people.pictures.get("p1") == ("image/webp", body)
    assert await people.pictures.get("p2") is None


async def test_pictures_that_are_nobodys_are_dropped_after_a_time(people):
    for number in range(4):
        await people.pictures.put(f"p{number}", "image/png", b"x", NOW + number)
    await people.profiles.set_avatar(ANN, "p0")
    assert await people.pictures.drop_unused(NOW + 3, 1) == 1
    assert await people.pictures.drop_unused(NOW + 3, 10) == 1
    assert await people.pictures.drop_unused(NOW + 3, 10) == 0
    there = [number for number in range(4) if await people.pictures.get(f"p{number}")]
    assert there == [0, 3]


class TakenMeanwhile:
    """A database in which somebody takes a picture between two steps of another."""

    def __init__(self, stores):
        self._stores = stores
        self.write = stores.database.write

    async def read(self, query):
        found = await self._stores.database.read(query)
        await self._stores.profiles.set_avatar(ANN, "p0")
        return found


async def test_a_picture_that_somebody_takes_while_spare_ones_are_looked_for_stays(tmp_path):
    async with STORES["sqlite"](tmp_path) as stores:
        await stores.add_people(ANN)
        for number in range(2):
            await stores.pictures.put(f"p{number}", "image/png", b"x", NOW)
        assert await SqlPictures(cast("Any", TakenMeanwhile(stores))).drop_unused(NOW + 1, 10) == 1
        assert await stores.pictures.get("p0") and not await stores.pictures.get("p1")
