"""What every driver of `ports.members` promises."""

import pytest

from parlor.model.account import User
from parlor.model.conversation import ConversationKind
from parlor.model.event import Draft, EventKind
from parlor.model.group import Role
from parlor.model.ids import ConversationId, UserId
from parlor.model.standing import Act
from tests.support.storage import ANN, BOB, CEM, DAN, NOWHERE, STORES

GROUP = ConversationId(str(2**52 + 2_000))


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM, DAN)
        await opened.add_talk(GROUP, (ANN, BOB), ConversationKind.GROUP)
        yield opened


async def event(stores, kind, *members, **values):
    draft = Draft(GROUP, kind, ANN, members=members, **values)
    stored, _ = await stores.messages.act(Act(GROUP, ANN), lambda _: draft, 50)
    return stored.seq


def told(changes):
    return [(c.version, c.user_id, c.member and c.member.role) for c in changes]


async def test_the_version_is_the_last_event_that_changed_the_list(stores):
    assert await stores.members.version(GROUP) == 1
    await stores.say("no change", ANN, GROUP)
    assert await stores.members.version(GROUP) == 1
    for kind, values in (
        (EventKind.JOINED, {}),
        (EventKind.ROLE, {"role": Role.ADMINISTRATOR}),
        (EventKind.MUTE, {"until": 77}),
        (EventKind.LEFT, {}),
    ):
        assert await stores.members.version(GROUP) < await event(stores, kind, CEM, **values)
        conversation = await stores.conversations.get(GROUP)
        assert await stores.members.version(GROUP) == conversation.last_seq
    assert await stores.members.version(NOWHERE) == 0


async def test_changes_are_how_each_stands_once_after_the_version(stores):
    joined = await event(stores, EventKind.JOINED, CEM, DAN)
    role = await event(stores, EventKind.ROLE, CEM, role=Role.ADMINISTRATOR)
    left = await event(stores, EventKind.LEFT, BOB)
    assert told(await stores.members.changes(GROUP, (1, None), 10)) == [
        (joined, DAN, Role.MEMBER),
        (role, CEM, Role.ADMINISTRATOR),
        (left, BOB, None),
    ]
    assert told(await stores.members.changes(GROUP, (role, None), 10)) == [(left, BOB, None)]
    assert await stores.members.changes(GROUP, (left, None), 10) == []
    everybody = await stores.members.changes(GROUP, (0, None), 10)
    assert {change.user_id for change in everybody} == {ANN, BOB, CEM, DAN}


async def test_who_left_and_came_again_is_told_once_as_there(stores):
    await event(stores, EventKind.LEFT, BOB)
    back = await event(stores, EventKind.JOINED, BOB)
    assert told(await stores.members.changes(GROUP, (1, None), 10)) == [(back, BOB, Role.MEMBER)]


async def test_a_new_owner_changes_two(stores):
    seq = await event(stores, EventKind.ROLE, BOB, role=Role.OWNER)
    assert told(await stores.members.changes(GROUP, (1, None), 10)) == [
        (seq, ANN, Role.ADMINISTRATOR),
        (seq, BOB, Role.OWNER),
    ]


async def test_changes_of_one_event_are_paged_by_person(stores):
    people = [UserId(str(n)) for n in range(1, 8)]
    await stores.add_people(*people)
    await event(stores, EventKind.JOINED, *people)
    await event(stores, EventKind.LEFT, *people[1:3])
    seen, after = [], (1, None)
    while page := await stores.members.changes(GROUP, after, 2):
        assert len(page) <= 2
        seen += [change.user_id for change in page]
        after = (page[-1].version, page[-1].user_id)
    assert seen == [*people[:1], *people[3:], *people[1:3]]


async def test_members_are_found_by_the_beginning_of_a_word_of_their_names(stores):
    await stores.accounts.add_user(User(UserId("7"), "lee7", "李 小龙"), "", admin=False)
    await stores.accounts.add_user(User(UserId("8"), "lee8", "Bruce LEE"), "", admin=False)
    await stores.accounts.add_user(User(UserId("9"), "lee9", "Outside"), "", admin=False)
    await event(stores, EventKind.JOINED, UserId("7"), UserId("8"))

    async def found(words, after=None, limit=10):
        members = await stores.members.find(GROUP, words, after, limit)
        return [member.user_id for member in members]

    assert await found("lee") == ["7", "8"]
    assert await found("LEE", limit=1) == ["7"]
    assert await found("lee", UserId("7")) == ["8"]
    assert await found("小") == ["7"]
    assert await found("user") == [ANN, BOB]
    assert await found("%") == []
    assert await found("' OR 1=1 --") == []


async def test_members_are_counted_among_people(stores):
    assert await stores.members.among(GROUP, [ANN, CEM, UserId("x"), BOB]) == 2
    assert await stores.members.among(GROUP, []) == 0
    assert await stores.members.among(NOWHERE, [ANN]) == 0


async def test_members_are_listed_by_role(stores):
    (owner,) = await stores.members.with_role(GROUP, Role.OWNER, 10)
    assert owner.user_id == ANN
    assert await stores.members.with_role(GROUP, Role.ADMINISTRATOR, 10) == []
    assert len(await stores.members.with_role(GROUP, Role.MEMBER, 10)) == 1
