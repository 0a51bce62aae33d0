import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlor.im.groups.roster_pages import MAX_PROFILES
from parlor.model.account import User
from parlor.model.errors import BadRequest, Forbidden, NotFound, NotMember
from parlor.model.group import Permission, Role
from parlor.model.group_change import SettingsChange
from parlor.model.ids import UserId
from tests.support.storage import ANN, BOB, CEM, DAN, NOWHERE
from tests.support.talk import open_talk


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path) as opened:
        yield opened


async def everybody(talk, group, user=ANN, limit=2, **asked):
    """All pages: (members, left, version of the first page)."""
    members, left, cursor, version = [], [], "", None
    while True:
        page = await talk.groups.members.page(user, group, cursor, limit, **asked)
        assert len(page.members) + len(page.left) <= limit
        members += page.members
        left += page.left
        version = page.version if version is None else version
        cursor = page.cursor
        if not cursor:
            return members, left, version


async def test_the_list_comes_in_pages_with_its_version(talk):
    group = await talk.group(ANN, BOB, CEM)
    members, left, version = await everybody(talk, group)
    assert [member.user_id for member in members] == [ANN, BOB, CEM]
    assert (left, version) == ([], 1)


async def test_a_page_never_has_more_people_than_can_be_shown_by_name(talk):
    people = [UserId(str(n)) for n in range(1, 131)]
    for person in people:
        await talk.stores.accounts.add_user(
            User(person, f"user{person}", "Somebody"), "", admin=False
        )
    group = await talk.group(ANN, *people)
    page = await talk.groups.members.page(ANN, group, "", 10**6)
    assert len(page.members) == MAX_PROFILES


async def test_what_has_changed_since_a_version_brings_a_list_up_to_date(talk):
    group = await talk.group(ANN, BOB, CEM)
    _, _, version = await everybody(talk, group)
    await talk.groups.acts.invite(ANN, group, "i", [DAN])
    await talk.groups.acts.remove(ANN, group, "r", [BOB])
    await talk.groups.acts.give_role(ANN, group, "g", CEM, Role.ADMINISTRATOR)
    members, left, newer = await everybody(talk, group, since=version)
    assert {member.user_id: member.role for member in members} == {
        DAN: Role.MEMBER,
        CEM: Role.ADMINISTRATOR,
    }
    assert (left, newer) == ([BOB], 4)
    assert await everybody(talk, group, since=newer) == ([], [], newer)


WHAT = st.sampled_from(["invite", "remove", "role", "say"])
ACTS = st.lists(st.tuples(WHAT, st.sampled_from([BOB, CEM, DAN])), max_size=12)


@settings(max_examples=25, deadline=None)
@given(before=ACTS, during=ACTS, after=ACTS, limit=st.integers(1, 4))
async def test_a_list_read_while_it_changes_is_whole_after_its_changes(
    tmp_path_factory, before, during, after, limit
):
    async with open_talk(tmp_path_factory.mktemp("talk")) as talk:
        group = await talk.group(ANN, BOB)
        number = iter(range(10_000))

        async def do(acts):
            for name, person in acts:
                await act(talk, group, name, person, f"c-{next(number)}")

        await do(before)
        first = await talk.groups.members.page(ANN, group, "", limit)
        known = {member.user_id: member for member in first.members}
        await do(during)
        cursor = first.cursor
        while cursor:
            page = await talk.groups.members.page(ANN, group, cursor, limit)
            known |= {member.user_id: member for member in page.members}
            cursor = page.cursor
        await do(after)
        members, left, _ = await everybody(talk, group, limit=limit, since=first.version)
        known |= {member.user_id: member for member in members}
        for user in left:
            known.pop(user, None)
        there, _, _ = await everybody(talk, group, limit=100)
        assert {u: m.role for u, m in known.items()} == {m.user_id: m.role for m in there}


async def act(talk, group, name, person, client_id):
    if name == "invite":
        await talk.groups.acts.invite(ANN, group, client_id, [person])
    elif name == "remove":
        await talk.groups.acts.remove(ANN, group, client_id, [person])
    elif name == "say":
        await talk.send.text(ANN, group, client_id, "hello")
    elif await talk.stores.conversations.member(group, person) is not None:
        await talk.groups.acts.give_role(ANN, group, client_id, person, Role.ADMINISTRATOR)


async def test_members_are_found_by_name(talk):
    group = await talk.group(ANN, BOB)
    members, _, _ = await everybody(talk, group, query="somebody", limit=1)
    assert [member.user_id for member in members] == [ANN, BOB]
    for nothing in ("nobody", "x" * 65, "\ud800"):
        assert await everybody(talk, group, query=nothing) == ([], [], 1)


async def test_only_members_see_members_and_only_if_the_group_shows_them(talk):
    group = await talk.group(ANN, BOB)
    with pytest.raises(NotMember):
        await talk.groups.members.page(CEM, group, "", 10)
    with pytest.raises(NotFound):
        await talk.groups.members.page(ANN, NOWHERE, "", 10)
    hidden = SettingsChange(permissions={Permission.SEE_MEMBERS: Role.ADMINISTRATOR})
    await talk.groups.acts.change(ANN, group, "s", hidden)
    with pytest.raises(Forbidden):
        await talk.groups.members.page(BOB, group, "", 10)
    assert await everybody(talk, group, ANN)


async def test_two_people_see_each_other(talk):
    direct = await talk.direct()
    members, _, _ = await everybody(talk, direct, BOB)
    assert [member.user_id for member in members] == [ANN, BOB]


@pytest.mark.parametrize("cursor", ["x", "-", "1-", "-1", "1-x", "٣-1", "9" * 40, "\ud800"])
async def test_a_cursor_that_we_did_not_make_is_refused(talk, cursor):
    group = await talk.group(ANN, BOB)
    with pytest.raises(BadRequest):
        await talk.groups.members.page(ANN, group, cursor, 10, since=0)


async def test_nonsense_is_refused(talk):
    group = await talk.group(ANN, BOB)
    for asked in ({"since": -1}, {"since": 10**30}, {"since": 0, "query": "a"}):
        with pytest.raises(BadRequest):
            await talk.groups.members.page(ANN, group, "", 10, **asked)
    with pytest.raises(BadRequest):
        await talk.groups.members.page(ANN, group, "", 0)
