import asyncio

import pytest

from parlor.drivers.memory.people import MemoryPeople
from parlor.im.profiles import PrivacyWish
from parlor.model.errors import BadDisplayName, BadRequest, NotFound, RateLimited, TextTooLong
from parlor.model.people import ContactState, Privacy, Who
from parlor.wire.native.pushes import SelfPush, UserPush
from tests.support.people_services import people_house
from tests.support.storage import ANN, BOB, CEM, NOBODY


async def with_contact(**settings):
    house = people_house(ANN, BOB, CEM, **settings)
    await house.contacts.request(ANN, BOB, "")
    await house.contacts.decide(BOB, ANN, accept=True)
    house.told.pushes.clear()
    return house


def changes(house):
    return [(users, push) for users, push in house.told.pushes if isinstance(push, UserPush)]


async def test_a_change_is_told_to_oneself_and_to_contacts_once():
    house = await with_contact()
    user = await house.profiles.update(ANN, display_name="Ann", about="Climbs")
    assert user.display_name == "Ann"
    ((users, push),) = changes(house)
    assert users == (ANN, BOB)
    assert push.user == user


@pytest.mark.parametrize(
    "wrong", [{"avatar": "none"}, {"about": "x" * 201}, {"display_name": "\u202e"}]
)
async def test_a_change_that_is_refused_in_one_part_changes_nothing(wrong):
    house = await with_contact()
    before = await house.profiles.get(BOB, ANN)
    wish = {"display_name": "Ann", "about": "Climbs", **wrong}
    with pytest.raises((NotFound, TextTooLong, BadDisplayName)):
        await house.profiles.update(ANN, **wish)
    assert await house.profiles.get(BOB, ANN) == before
    assert changes(house) == []


async def test_nothing_to_change_is_told_to_nobody():
    house = await with_contact()
    assert (await house.profiles.update(ANN)).id == ANN
    assert changes(house) == []


async def test_no_more_people_are_told_than_may_be():
    house = await with_contact(told_users=0)
    await house.profiles.update(ANN, about="x")
    ((users, _),) = changes(house)
    assert users == (ANN,)


class WithAGroupOfThree(MemoryPeople):
    """Of Ann, Cem and somebody."""

    async def acquaintances(self, user, group_size, limit):
        contacts = await super().acquaintances(user, group_size, limit)
        return [*contacts, CEM] if group_size >= 3 else contacts


@pytest.mark.parametrize(("largest", "told"), [(2, (ANN, BOB)), (3, (ANN, BOB, CEM))])
async def test_people_of_groups_up_to_a_size_are_told(largest, told):
    house = await with_contact(store=WithAGroupOfThree(), told_group_members=largest)
    await house.profiles.update(ANN, about="x")
    ((users, _),) = changes(house)
    assert users == told


async def test_a_profile_has_another_version_after_each_change():
    house = await with_contact()
    versions = [(await house.profiles.get(BOB, ANN)).version]
    for change in ({"about": "one"}, {"about": "two"}, {"display_name": "Ann"}):
        await house.profiles.update(ANN, **change)
        versions.append((await house.profiles.get(BOB, ANN)).version)
    assert len(set(versions)) == 4
    assert (await house.profiles.get(CEM, ANN)).version == versions[-1]
    assert changes(house)[-1][1].version == versions[-1]


async def test_an_avatar_is_a_picture_and_changes_what_a_ticket_says():
    house = await with_contact()
    with pytest.raises(NotFound):
        await house.profiles.update(ANN, avatar="none")
    assert changes(house) == []
    await house.store.put("p1", "image/png", b"x", 1)
    assert (await house.profiles.update(ANN, avatar="p1")).avatar == "p1"
    assert house.names.changes == [ANN]
    assert (await house.profiles.update(ANN, avatar="")).avatar == ""


async def test_a_line_about_oneself_that_is_too_long_changes_nothing_at_all():
    house = await with_contact(max_about_chars=3)
    with pytest.raises(TextTooLong):
        await house.profiles.update(ANN, display_name="New", about="1234")
    assert (await house.profiles.get(BOB, ANN)).user.display_name == f"User {ANN}"
    assert (await house.profiles.update(ANN, about=" 123 ")).id == ANN
    assert (await house.profiles.get(BOB, ANN)).about == "123"


async def test_a_profile_says_what_the_reader_keeps_of_them():
    house = await with_contact()
    await house.contacts.update(BOB, ANN, "Annie", None)
    await house.contacts.block(BOB, ANN, on=True)
    seen = await house.profiles.get(BOB, ANN)
    assert (seen.contact, seen.remark, seen.blocked) == (ContactState.CONTACT, "Annie", True)
    other = await house.profiles.get(ANN, BOB)
    assert (other.contact, other.remark, other.blocked) == (ContactState.CONTACT, "", False)
    assert (await house.profiles.get(ANN, ANN)).contact is ContactState.NONE
    with pytest.raises(NotFound):
        await house.profiles.get(ANN, NOBODY)


async def test_privacy_changes_only_what_is_wished():
    house = await with_contact()
    assert await house.profiles.privacy(ANN) == Privacy()
    after = await house.profiles.set_privacy(
        ANN, PrivacyWish(write=Who.CONTACTS, found_by_name=False, read_receipts=False)
    )
    assert after == Privacy(write=Who.CONTACTS, found_by_name=False, read_receipts=False)
    after = await house.profiles.set_privacy(ANN, PrivacyWish(found_by_name=True))
    assert after == Privacy(write=Who.CONTACTS, read_receipts=False)
    assert await house.profiles.privacy(ANN) == after
    entries = [push.entry for _, push in house.told.pushes if isinstance(push, SelfPush)]
    assert [entry.key for entry in entries] == ["s:@privacy"] * 2


async def test_wishes_of_two_devices_at_once_are_both_in_force():
    house = await with_contact()
    wishes = (PrivacyWish(presence=Who.NOBODY), PrivacyWish(last_seen=Who.NOBODY))
    read = house.store.card

    async def read_slowly(user):
        card = await read(user)
        await asyncio.sleep(0)
        return card

    house.store.card = read_slowly
    await asyncio.gather(*(house.profiles.set_privacy(ANN, wish) for wish in wishes))
    assert (await read(ANN)).privacy == Privacy(presence=Who.NOBODY, last_seen=Who.NOBODY)


async def test_a_wish_for_what_is_so_already_is_told_to_nobody():
    house = await with_contact()
    await house.profiles.set_privacy(ANN, PrivacyWish())
    await house.profiles.set_privacy(ANN, PrivacyWish(presence=Who.EVERYBODY))
    assert house.told.pushes == []


async def test_somebody_may_always_write():
    house = await with_contact()
    with pytest.raises(BadRequest):
        await house.profiles.set_privacy(ANN, PrivacyWish(write=Who.NOBODY))


async def test_a_profile_is_not_changed_too_often():
    house = await with_contact(profile_per_minute=2)
    for about in ("a", "b"):
        await house.profiles.update(ANN, about=about)
    with pytest.raises(RateLimited) as refused:
        await house.profiles.update(ANN, display_name="c")
    assert (await house.profiles.update(ANN)).display_name != "c"
    house.hand.at += refused.value.retry_after_s
    assert (await house.profiles.update(ANN, display_name="c")).display_name == "c"
