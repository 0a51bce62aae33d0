"""What every driver of `ports.conversations` promises."""

import asyncio

import pytest

from parlor.model.conversation import ConversationKind
from parlor.model.errors import NotFound, NotMember
from parlor.model.event import EventKind
from parlor.model.group import Role
from parlor.model.ids import ConversationId, UserId
from tests.support.storage import ANN, BOB, CEM, DAN, NOBODY, NOWHERE, STORES, TALK, message

GROUP = ConversationId(str(2**52 + 2_000))


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM, DAN)
        yield opened


async def create(stores, id, kind, owner, *others, title=""):
    return await stores.conversations.create(id, kind, owner, others, title, 77)


async def test_a_new_conversation_begins_with_its_creation(stores):
    made, created = await create(stores, GROUP, ConversationKind.GROUP, ANN, BOB, CEM, title="T")
    assert created
    assert (made.id, made.kind, made.title, made.last_seq) == (GROUP, "group", "T", 1)
    events, _ = await stores.messages.events(GROUP, 0, None, 10)
    (event,) = events
    assert (event.seq, event.kind, event.sender, event.sent_at) == (1, EventKind.CREATED, ANN, 77)
    assert (event.members, event.title) == ((ANN, BOB, CEM), "T")


async def test_members_come_in_the_order_of_their_numbers_page_by_page(stores):
    await create(stores, GROUP, ConversationKind.GROUP, CEM, DAN, ANN, BOB)
    first = await stores.conversations.members(GROUP, None, 3)
    rest = await stores.conversations.members(GROUP, first[-1].user_id, 3)
    assert [member.user_id for member in [*first, *rest]] == [ANN, BOB, CEM, DAN]
    roles = {member.user_id: member.role for member in [*first, *rest]}
    assert roles == {ANN: Role.MEMBER, BOB: Role.MEMBER, CEM: Role.OWNER, DAN: Role.MEMBER}
    assert {member.joined_seq for member in first} == {1}


async def test_numbers_are_ordered_as_numbers_not_as_text(stores):
    nine, ten = UserId("9"), UserId("10")
    await stores.add_people(nine, ten)
    await create(stores, GROUP, ConversationKind.GROUP, ten, nine)
    found = await stores.conversations.members(GROUP, None, 5)
    assert [member.user_id for member in found] == [nine, ten]


async def test_two_people_have_one_direct_conversation_whoever_begins(stores):
    first, created = await create(stores, TALK, ConversationKind.DIRECT, ANN, BOB)
    again, created_again = await create(stores, GROUP, ConversationKind.DIRECT, BOB, ANN)
    assert (created, created_again) == (True, False)
    assert again == first
    assert await stores.conversations.get(GROUP) is None


async def test_both_asking_at_once_get_the_same_direct_conversation(stores):
    asked = [
        create(stores, ConversationId(str(2**52 + n)), ConversationKind.DIRECT, *pair)
        for n, pair in enumerate([(ANN, BOB), (BOB, ANN)] * 5)
    ]
    results = await asyncio.gather(*asked)
    assert len({made.id for made, _ in results}) == 1
    assert [created for _, created in results].count(True) == 1


async def test_groups_of_the_same_people_are_different_groups(stores):
    await create(stores, TALK, ConversationKind.GROUP, ANN, BOB)
    _, created = await create(stores, GROUP, ConversationKind.GROUP, ANN, BOB)
    assert created


@pytest.mark.parametrize("nobody", [NOBODY, UserId("x"), UserId("")])
@pytest.mark.parametrize("kind", ConversationKind)
async def test_a_conversation_with_somebody_who_does_not_exist_is_not_made(stores, nobody, kind):
    with pytest.raises(NotFound):
        await create(stores, GROUP, kind, ANN, nobody)
    assert await stores.conversations.get(GROUP) is None
    assert await stores.conversations.views(ANN, None, 10) == []


async def test_a_direct_conversation_is_hidden_from_the_other_until_something_is_said(stores):
    await create(stores, TALK, ConversationKind.DIRECT, ANN, BOB)
    await create(stores, GROUP, ConversationKind.GROUP, ANN, BOB)

    async def hidden(viewer):
        views = await stores.conversations.views(viewer, None, 9)
        return {view.id for view in views if view.hidden}

    assert (await hidden(ANN), await hidden(BOB)) == (set(), {TALK})
    # What a device makes of it that has only the self log to go by.
    logs = [(await stores.self_log.page(user, 0, 9)).entries for user in (ANN, BOB)]
    bodies = [{entry.key: entry.body for entry in log} for log in logs]
    assert bodies[0] == {f"c:{TALK}": b'{"read_seq":1}', f"c:{GROUP}": b'{"read_seq":1}'}
    assert bodies[1] == bodies[0] | {f"c:{TALK}": b'{"read_seq":1,"hidden_seq":1}'}
    await stores.say("hello", ANN)
    assert await hidden(BOB) == set()


async def test_a_view_shows_the_last_event_and_the_peer(stores):
    await create(stores, TALK, ConversationKind.DIRECT, ANN, BOB)
    event = await stores.say("hello", ANN, at_ms=500)
    for viewer, peer, unread in ((ANN, BOB, 0), (BOB, ANN, 1)):
        view = await stores.conversations.view(TALK, viewer)
        assert view is not None
        assert (view.last_seq, view.last_event, view.active_at) == (2, event, 500)
        assert (view.peer, view.unread, view.read_seq, view.member_count) == (peer, unread, 1, 2)


async def test_only_members_have_a_view(stores):
    await create(stores, TALK, ConversationKind.DIRECT, ANN, BOB)
    assert await stores.conversations.view(TALK, CEM) is None
    assert await stores.conversations.view(NOWHERE, ANN) is None
    assert await stores.conversations.member(TALK, CEM) is None
    assert await stores.conversations.views(CEM, None, 10) == []


async def test_the_list_is_newest_first_and_pages_without_gaps(stores):
    ids = [ConversationId(str(2**52 + n)) for n in range(7)]
    for talk in ids:
        await stores.add_talk(talk, (ANN, BOB), ConversationKind.GROUP, at_ms=10)
    await stores.say("later", talk=ids[3], at_ms=20)
    seen, before = [], None
    while page := await stores.conversations.views(ANN, before, 2):
        seen += [view.id for view in page]
        before = (page[-1].active_at, page[-1].id)
    assert seen == [ids[3], ids[6], ids[5], ids[4], ids[2], ids[1], ids[0]]


async def test_unread_counts_messages_of_others_after_the_read_position(stores):
    await stores.add_talk()
    await stores.say("mine", ANN)
    for n in range(3):
        await stores.say(f"{n}", BOB)
    read_seq, unread, _ = await stores.conversations.set_read(TALK, ANN, 3, 9)
    assert (read_seq, unread) == (3, 2)
    view = await stores.conversations.view(TALK, ANN)
    assert view is not None
    assert view.unread == 2


async def test_unread_stops_counting_at_a_thousand(stores):
    await stores.add_talk()
    drafts = [message(f"{n}", BOB) for n in range(1_005)]
    await asyncio.gather(*(stores.messages.append(draft, 5) for draft in drafts))
    view = await stores.conversations.view(TALK, ANN)
    assert view is not None
    assert view.unread == 1_000


async def test_a_read_position_never_moves_back_nor_past_the_end(stores):
    await stores.add_talk()
    await stores.say("one", BOB)
    await stores.say("two", BOB)
    positions = []
    for seq in (2, 1, 99, 99):
        read_seq, unread, entry = await stores.conversations.set_read(TALK, ANN, seq, 9)
        positions.append((read_seq, unread, entry is not None))
    assert positions == [(2, 1, True), (2, 1, False), (3, 0, True), (3, 0, False)]


async def test_each_member_has_a_read_position_of_their_own(stores):
    await stores.add_talk()
    await stores.say("one", ANN)
    await stores.conversations.set_read(TALK, ANN, 2, 9)
    view = await stores.conversations.view(TALK, BOB)
    assert view is not None
    assert (view.read_seq, view.unread) == (1, 1)


async def test_reading_elsewhere_is_refused(stores):
    await stores.add_talk()
    with pytest.raises(NotMember):
        await stores.conversations.set_read(TALK, CEM, 1, 9)
    for nowhere in (NOWHERE, ConversationId("x")):
        with pytest.raises(NotFound):
            await stores.conversations.set_read(nowhere, ANN, 1, 9)


async def test_of_many_pairs_those_are_told_where_the_user_is_a_member(stores):
    other = ConversationId("79")
    await create(stores, GROUP, ConversationKind.GROUP, ANN, BOB, CEM)
    await create(stores, other, ConversationKind.GROUP, ANN, DAN)
    pairs = [(talk, user) for talk in (GROUP, other, NOWHERE) for user in (ANN, BOB, DAN, NOBODY)]
    strange = [(ConversationId("x"), ANN), (GROUP, UserId("customer-7")), (GROUP, UserId("\ud800"))]
    found = await stores.conversations.among(pairs + strange)
    assert set(found) == {(GROUP, ANN), (GROUP, BOB), (other, ANN), (other, DAN)}
    assert not await stores.conversations.among(strange)
    assert not await stores.conversations.among([])
