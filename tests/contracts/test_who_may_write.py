"""Privacy, contacts and blocks as every storing driver applies them to conversations and search."""

from functools import partial

import pytest

from parlor.im import relating
from parlor.im.people_settings import PeopleSettings
from parlor.model.conversation import ConversationKind
from parlor.model.errors import NotWanted
from parlor.model.ids import ConversationId, UserId
from parlor.model.people import Privacy, Who
from tests.support.storage import ANN, BOB, CEM, DAN, STORES, TALK, message

LIMITS = PeopleSettings()
NOW = 1_800_000_000_000
GROUP = ConversationId(str(2**52 + 2_000))
OTHER = ConversationId(str(2**52 + 3_000))
PICKY = Privacy(write=Who.CONTACTS, groups=Who.CONTACTS)


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM, DAN)
        yield opened


async def agree(stores, one, other):
    await stores.relations.change(one, other, lambda p: relating.ask(p, "", NOW, LIMITS), NOW)
    await stores.relations.change(other, one, lambda p: relating.answer(p, True, NOW, LIMITS), NOW)


async def block(stores, one, other):
    decide = partial(relating.block, now_ms=NOW, limits=LIMITS)
    await stores.relations.change(one, other, decide, NOW)


async def unblock(stores, one, other):
    await stores.relations.change(one, other, relating.unblock, NOW)


async def begin(stores, owner, *others, kind=ConversationKind.DIRECT, id=OTHER):
    return await stores.conversations.create(id, kind, owner, others, "", 1)


async def may_write(stores, talk=TALK, people=(ANN, BOB)):
    """Who of them a message is taken from."""
    able: list[UserId] = []
    for person in people:
        try:
            await stores.messages.append(message(f"{len(able)}", person, talk, ""), 9)
        except NotWanted:
            continue
        able.append(person)
    return able


async def test_a_block_bars_both_and_its_end_lets_both_write_again(stores):
    await stores.add_talk()
    await block(stores, ANN, BOB)
    assert await may_write(stores) == []
    await block(stores, BOB, ANN)
    await unblock(stores, ANN, BOB)
    assert await may_write(stores) == []
    await unblock(stores, BOB, ANN)
    assert await may_write(stores) == [ANN, BOB]


async def test_a_block_leaves_other_conversations_and_groups_alone(stores):
    await stores.add_talk()
    await stores.add_talk(GROUP, (ANN, BOB, CEM), ConversationKind.GROUP)
    await stores.add_talk(OTHER, (ANN, CEM))
    await block(stores, ANN, BOB)
    assert await may_write(stores, GROUP, (ANN, BOB, CEM)) == [ANN, BOB, CEM]
    assert await may_write(stores, OTHER, (ANN, CEM)) == [ANN, CEM]


async def test_a_message_stored_before_the_block_is_still_acknowledged(stores):
    await stores.add_talk()
    first, _ = await stores.messages.append(message("before", BOB), 5)
    await block(stores, ANN, BOB)
    again, created = await stores.messages.append(message("before", BOB), 6)
    assert (again, created) == (first, False)


async def test_a_stranger_does_not_begin_where_only_contacts_may(stores):
    await stores.profiles.change_privacy(BOB, lambda _: PICKY, NOW)
    with pytest.raises(NotWanted):
        await begin(stores, ANN, BOB)
    assert await stores.conversations.get(OTHER) is None
    await agree(stores, ANN, BOB)
    _, created = await begin(stores, ANN, BOB)
    assert created


async def test_nobody_begins_with_somebody_they_block_or_who_blocks_them(stores):
    await block(stores, ANN, BOB)
    for one, other in ((ANN, BOB), (BOB, ANN)):
        with pytest.raises(NotWanted):
            await begin(stores, one, other)


async def test_whoever_was_written_to_first_may_answer(stores):
    await stores.profiles.change_privacy(ANN, lambda _: PICKY, NOW)
    await stores.add_talk()
    assert await may_write(stores) == [ANN, BOB]


async def test_a_stranger_is_barred_when_somebody_takes_only_contacts(stores):
    await stores.add_talk(TALK, (ANN, BOB))
    await stores.add_talk(OTHER, (CEM, ANN))
    await stores.add_talk(GROUP, (ANN, BOB, CEM), ConversationKind.GROUP)
    await agree(stores, ANN, CEM)
    await stores.profiles.change_privacy(ANN, lambda _: PICKY, NOW)
    assert await may_write(stores) == [ANN]
    assert await may_write(stores, OTHER, (ANN, CEM)) == [ANN, CEM]
    assert await may_write(stores, GROUP, (ANN, BOB, CEM)) == [ANN, BOB, CEM]
    await stores.profiles.change_privacy(ANN, lambda _: Privacy(), NOW)
    assert await may_write(stores) == [ANN, BOB]


async def test_an_open_door_does_not_undo_a_block(stores):
    await stores.add_talk()
    await stores.profiles.change_privacy(ANN, lambda _: PICKY, NOW)
    await block(stores, BOB, ANN)
    await stores.profiles.change_privacy(ANN, lambda _: Privacy(), NOW)
    assert await may_write(stores) == []


async def test_a_contact_that_ended_is_a_stranger_again(stores):
    await agree(stores, ANN, BOB)
    await stores.profiles.change_privacy(ANN, lambda _: PICKY, NOW)
    await stores.add_talk()
    await stores.relations.change(BOB, ANN, relating.part, NOW)
    assert await may_write(stores) == [ANN]
    await agree(stores, ANN, BOB)
    assert await may_write(stores) == [ANN, BOB]


async def test_a_group_is_not_made_with_people_who_do_not_want_to_be_added(stores):
    await stores.profiles.change_privacy(BOB, lambda _: PICKY, NOW)
    await block(stores, CEM, ANN)
    with pytest.raises(NotWanted) as refused:
        await begin(stores, ANN, BOB, CEM, DAN, kind=ConversationKind.GROUP)
    assert BOB in str(refused.value)
    assert CEM in str(refused.value)
    assert DAN not in str(refused.value)
    assert await stores.conversations.get(OTHER) is None
    await agree(stores, ANN, BOB)
    _, created = await begin(stores, ANN, BOB, DAN, kind=ConversationKind.GROUP)
    assert created


async def test_a_group_with_many_people_is_checked_in_parts(stores):
    crowd = await stores.add_crowd(1_100)
    await stores.profiles.change_privacy(crowd[-1], lambda _: Privacy(groups=Who.NOBODY), NOW)
    with pytest.raises(NotWanted):
        await begin(stores, ANN, *crowd, kind=ConversationKind.GROUP)
    _, created = await begin(stores, ANN, *crowd[:-1], kind=ConversationKind.GROUP)
    assert created


async def found(stores, query):
    return [user.id for user in await stores.accounts.find_users(query, "", 10)]


async def test_nobody_is_found_by_name_who_does_not_want_to_be(stores):
    await stores.accounts.rename(ANN, "Ann Unusual")
    await stores.profiles.change_privacy(ANN, lambda _: Privacy(found_by_name=False), NOW)
    await stores.accounts.rename(ANN, "Ann Remarkable")
    assert await found(stores, "ann") == []
    assert await found(stores, "remark") == []
    assert await found(stores, f"user{ANN}") == []
    assert await found(stores, ANN) == [ANN]
    await stores.profiles.change_privacy(ANN, lambda _: Privacy(), NOW)
    assert await found(stores, "remark") == [ANN]


async def test_nobody_is_found_by_number_who_does_not_want_to_be(stores):
    assert await found(stores, f" {ANN} ") == [ANN]
    assert await found(stores, ANN[:-1]) == []
    await stores.profiles.change_privacy(ANN, lambda _: Privacy(found_by_number=False), NOW)
    assert await found(stores, ANN) == []
    assert await found(stores, "somebody") == [ANN, BOB, CEM, DAN]


async def test_members_of_small_groups_are_acquaintances_and_of_large_ones_not(stores):
    await stores.add_talk(TALK, (ANN, BOB))
    await stores.add_talk(GROUP, (CEM, ANN, DAN), ConversationKind.GROUP)
    assert await stores.profiles.acquaintances(ANN, 2, 10) == [BOB]
    assert sorted(await stores.profiles.acquaintances(ANN, 3, 10)) == [BOB, CEM, DAN]
    assert len(await stores.profiles.acquaintances(ANN, 3, 2)) == 2


async def test_a_profile_change_shows_in_every_look(stores):
    await stores.pictures.put("p1", "image/png", b"x", NOW)
    await stores.profiles.set_avatar(ANN, "p1")
    (user,) = await stores.accounts.users([ANN])
    assert user.avatar == "p1"
    assert (await stores.accounts.credential(f"user{ANN}")).user.avatar == "p1"
