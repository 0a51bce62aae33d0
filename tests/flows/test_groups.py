"""Groups over real sockets: each act by each role, and everybody who is in it hears of it."""

import asyncio
from itertools import count

import pytest
import pytest_asyncio

from parlor.model.errors import (
    Forbidden,
    GroupDissolved,
    LinkEnded,
    NotFound,
    NotMember,
    OwnerMustTransfer,
    ParlorError,
)
from parlor.model.event import EventKind
from parlor.model.group import Join, Permission, Role, Visible
from parlor.model.group_change import SettingsChange
from parlor.model.group_link import Asked
from parlor.wire.native import methods as wire
from parlor.wire.native.methods import groups as group_wire
from parlor.wire.native.methods.groups import (
    GroupActResult,
    GroupDecide,
    GroupDissolve,
    GroupInvite,
    GroupJoin,
    GroupJoinResult,
    GroupLeave,
    GroupLinkList,
    GroupLinkMake,
    GroupLinkResult,
    GroupLinkRevoke,
    GroupLinkShow,
    GroupLinksResult,
    GroupMute,
    GroupOnline,
    GroupOnlineResult,
    GroupPreviewResult,
    GroupRemove,
    GroupRequests,
    GroupRequestsResult,
    GroupRole,
    GroupTransfer,
    GroupUpdate,
)
from parlor.wire.native.pushes import ConversationPush, EventPush, GroupRequestPush
from tests.support.databases import URLS, flags_of
from tests.support.group_people import callers, make_group
from tests.support.rest_server import make_key
from tests.support.server import running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")
NUMBERS = count()
SETTINGS = (
    "gateway.requests_per_second=10000",
    "gateway.request_burst=10000",
    "accounts.hash_passes=1",
    "accounts.hash_memory_kib=1024",
)
FLAGS = [flag for setting in SETTINGS for flag in ("--set", setting)]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=URLS)
async def server(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("groups")
    async with (
        flags_of(request.param) as stored,
        running_parlor(folder, (*FLAGS, *stored)) as running,
    ):
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def cast(server):
    """The owner, an administrator, a member and an outsider, and their group."""
    number = next(NUMBERS)
    names = [f"{name}{number}" for name in ("ann", "bob", "cem", "dan")]
    async with callers(server, *names) as people:
        ann, bob, cem, _ = people
        group = await make_group(ann, bob, cem)
        await ann.ask(GroupRole(group, "cast", bob.id, Role.ADMINISTRATOR), GroupActResult)
        yield group, people


ACTS = {
    "invite": (Role.MEMBER, lambda g, c, dan: GroupInvite(g, c, (dan,))),
    "title": (Role.ADMINISTRATOR, lambda g, c, dan: GroupUpdate(g, c, title=f"Title {c}")),
    "announce": (Role.ADMINISTRATOR, lambda g, c, dan: GroupUpdate(g, c, announcement=c)),
    "avatar": (Role.ADMINISTRATOR, lambda g, c, dan: GroupUpdate(g, c, avatar=c)),
    "settings": (
        Role.ADMINISTRATOR,
        lambda g, c, dan: GroupUpdate(g, c, settings=SettingsChange(slow_mode_s=len(c))),
    ),
    "permissions": (
        Role.OWNER,
        lambda g, c, dan: GroupUpdate(
            g, c, settings=SettingsChange(permissions={Permission.INVITE: Role.ADMINISTRATOR})
        ),
    ),
    "mute all": (Role.ADMINISTRATOR, lambda g, c, dan: GroupMute(g, c)),
    "dissolve": (Role.OWNER, lambda g, c, dan: GroupDissolve(g, c)),
}


@pytest.mark.parametrize("name", ACTS)
async def test_an_act_is_done_by_those_who_may_and_everybody_hears_of_it(cast, name):
    group, (ann, bob, cem, dan) = cast
    least, act = ACTS[name]
    with pytest.raises(NotMember):
        await dan.ask(act(group, "o", dan.id), GroupActResult)
    by_role = [(cem, Role.MEMBER), (bob, Role.ADMINISTRATOR), (ann, Role.OWNER)]
    refused = [caller for caller, role in by_role if not role.at_least(least)]
    for caller in refused:
        with pytest.raises(Forbidden):
            await caller.ask(act(group, "x", dan.id), GroupActResult)
    actor = next(caller for caller, role in by_role if role.at_least(least))
    done = await actor.ask(act(group, "y", dan.id), GroupActResult)
    assert done.event.sender == actor.id
    for hearer in (one for one in (ann, bob, cem) if one is not actor):
        await hearer.heard_event(done.event)
    assert await actor.ask(act(group, "y", dan.id), GroupActResult) == done


ACTS_ON_SOMEBODY = {
    "remove": lambda g, c, user: GroupRemove(g, c, (user,)),
    "mute": lambda g, c, user: GroupMute(g, c, user, 60),
}


@pytest.mark.parametrize("name", ACTS_ON_SOMEBODY)
async def test_members_are_subject_to_administrators_and_those_to_the_owner(cast, name):
    group, (ann, bob, cem, dan) = cast
    act = ACTS_ON_SOMEBODY[name]
    for actor, other in ((dan, cem), (cem, bob), (cem, ann), (bob, ann)):
        with pytest.raises(NotMember if actor is dan else Forbidden):
            await actor.ask(act(group, "no", other.id), GroupActResult)
    done = await bob.ask(act(group, "yes", cem.id), GroupActResult)
    for hearer in (ann, cem):
        await hearer.heard_event(done.event)
    done = await ann.ask(act(group, "yes", bob.id), GroupActResult)
    await bob.heard_event(done.event)


async def test_only_the_owner_gives_roles_and_hands_the_group_over(cast):
    group, (ann, bob, cem, dan) = cast
    for act in (
        GroupRole(group, "r", cem.id, Role.ADMINISTRATOR),
        GroupTransfer(group, "t", cem.id),
    ):
        for caller, refusal in ((dan, NotMember), (cem, Forbidden), (bob, Forbidden)):
            with pytest.raises(refusal):
                await caller.ask(act, GroupActResult)
    given = await ann.ask(GroupRole(group, "r", cem.id, Role.ADMINISTRATOR), GroupActResult)
    with pytest.raises(OwnerMustTransfer):
        await ann.ask(GroupLeave(group, "l"), GroupActResult)
    handed = await ann.ask(GroupTransfer(group, "t", cem.id), GroupActResult)
    left = await ann.ask(GroupLeave(group, "l"), GroupActResult)
    for hearer in (bob, cem):
        for done in (given, handed, left):
            await hearer.heard_event(done.event)
    view = (await cem.ask(wire.ConversationGet(group), wire.ConversationResult)).conversation
    assert (view.role, view.member_count) == (Role.OWNER, 2)
    with pytest.raises(NotMember):
        await ann.ask(wire.EventsList(group), wire.EventsResult)


async def test_who_is_removed_hears_nothing_more_and_who_comes_hears_everything(cast):
    group, (ann, bob, cem, dan) = cast
    await ann.ask(GroupRemove(group, "r", (cem.id,)), GroupActResult)
    await ann.ask(GroupInvite(group, "i", (dan.id,)), GroupActResult)
    assert (await dan.heard(ConversationPush)).conversation.id == group
    said = await ann.say(group, "only for those who are here")
    await bob.heard_event(said)
    await dan.heard_event(said)
    with pytest.raises(NotMember):
        await cem.say(group, "hello?")
    await ann.ask(GroupInvite(group, "i-2", (cem.id,)), GroupActResult)
    while (await cem.heard(EventPush)).event.kind is not EventKind.JOINED:
        pass
    assert said not in [push.data for push in cem.connection._pushes]


async def test_history_is_shown_to_new_members_as_the_group_says(cast):
    group, (ann, _, _, dan) = cast
    await ann.say(group, "between us")
    only_new = GroupUpdate(group, "s", settings=SettingsChange(history=Visible.SINCE_JOINED))
    await ann.ask(only_new, GroupActResult)
    joined = await ann.ask(GroupInvite(group, "i", (dan.id,)), GroupActResult)
    await ann.say(group, "welcome")
    page = await dan.ask(wire.EventsList(group, after=0), wire.EventsResult)
    assert [event.seq for event in page.events] == [joined.event.seq, joined.event.seq + 1]
    page = await dan.ask(wire.EventsList(group, before=joined.event.seq), wire.EventsResult)
    assert (page.events, page.more) == ((), False)
    seen = await dan.person.get(f"/conversations/{group}/events?after=0&limit=200")
    assert "between us" not in str(seen)
    view = (await dan.ask(wire.ConversationGet(group), wire.ConversationResult)).conversation
    assert (view.unread, view.last_event.text) == (1, "welcome")


async def test_a_link_lets_people_in_until_it_ends(cast):
    group, (ann, bob, cem, dan) = cast
    for caller, refusal in ((cem, Forbidden), (dan, NotMember)):
        for ask, kind in (
            (GroupLinkMake(group, "l"), GroupLinkResult),
            (GroupLinkList(group), GroupLinksResult),
            (GroupLinkRevoke(group, "q7"), wire.Empty),
        ):
            with pytest.raises(refusal):
                await caller.ask(ask, kind)
    made = await bob.ask(GroupLinkMake(group, "l", max_uses=1), GroupLinkResult)
    assert made.path == f"/join/{made.link.code}"
    show = GroupLinkShow(made.link.code)
    preview = (await dan.ask(show, GroupPreviewResult)).group
    assert (preview.title, preview.member_count, preview.inside) == ("Team", 3, False)
    joined = await dan.ask(GroupJoin("j", made.link.code), GroupJoinResult)
    assert (joined.conversation_id, joined.inside) == (group, True)
    for hearer in (ann, bob, cem):
        while (await hearer.heard(EventPush)).event.kind is not EventKind.JOINED:
            pass
    assert (await dan.heard(ConversationPush)).conversation.member_count == 4
    with pytest.raises(LinkEnded):
        await cem.ask(show, GroupPreviewResult)
    other = await ann.ask(GroupLinkMake(group, "l-2"), GroupLinkResult)
    assert (await ann.ask(GroupLinkList(group), GroupLinksResult)).links == (other.link,)
    await ann.ask(GroupLinkRevoke(group, other.link.code), wire.Empty)
    with pytest.raises(LinkEnded):
        await dan.ask(GroupLinkShow(other.link.code), GroupPreviewResult)


async def test_who_asks_to_come_in_is_let_in_or_refused_and_told_at_once(cast):
    group, (ann, bob, cem, dan) = cast
    with pytest.raises(NotFound):
        await dan.ask(GroupLinkShow(conversation_id=group), GroupPreviewResult)
    asking = SettingsChange(join=Join.APPROVAL)
    await ann.ask(GroupUpdate(group, "s", settings=asking), GroupActResult)
    knock = GroupJoin("j", conversation_id=group, text="I teach here")
    assert not (await dan.ask(knock, GroupJoinResult)).inside
    for decider in (ann, bob):
        asked = await decider.heard(GroupRequestPush)
        assert (asked.user_id, asked.text, asked.how) == (dan.id, "I teach here", Asked.ASKED)
    for ask, kind in (
        (GroupRequests(group), GroupRequestsResult),
        (GroupDecide(group, "d", dan.id, True), GroupActResult),
    ):
        for caller, refusal in ((cem, Forbidden), (dan, NotMember)):
            with pytest.raises(refusal):
                await caller.ask(ask, kind)
    await bob.ask(GroupDecide(group, "d", dan.id, False), GroupActResult)
    assert (await dan.heard(GroupRequestPush)).how is Asked.REFUSED
    await dan.ask(knock, GroupJoinResult)
    waiting = await bob.ask(GroupRequests(group), GroupRequestsResult)
    assert [user.id for user in waiting.users] == [dan.id]
    let_in = await bob.ask(GroupDecide(group, "d", dan.id, True), GroupActResult)
    assert (await dan.heard(ConversationPush)).conversation.id == group
    await cem.heard_event(let_in.event)


async def test_whom_a_member_invites_waits_where_coming_in_needs_approval(cast):
    group, (ann, bob, cem, dan) = cast
    asking = SettingsChange(join=Join.APPROVAL)
    await ann.ask(GroupUpdate(group, "s", settings=asking), GroupActResult)
    for _ in range(2):
        invited = await cem.ask(GroupInvite(group, "i", (dan.id, bob.id)), GroupActResult)
        assert (invited.event, invited.waiting) == (None, (dan.id,))
    for decider in (ann, bob):
        asked = await decider.heard(GroupRequestPush)
        assert (asked.user_id, asked.invited_by, asked.how) == (dan.id, cem.id, Asked.ASKED)
    let_in = await bob.ask(GroupDecide(group, "d", dan.id, True), GroupActResult)
    assert (await dan.heard(ConversationPush)).conversation.id == group
    await cem.heard_event(let_in.event)
    assert (await cem.heard(GroupRequestPush)).how is Asked.LET_IN


async def test_a_dissolved_group_is_read_and_nothing_is_said_in_it(cast):
    group, (ann, bob, _, _) = cast
    said = await bob.say(group, "the last word")
    await ann.ask(GroupDissolve(group, "d"), GroupActResult)
    for late in (
        GroupInvite(group, "i", (bob.id,)),
        GroupUpdate(group, "u", title="New"),
    ):
        with pytest.raises(GroupDissolved):
            await bob.ask(late, GroupActResult)
    with pytest.raises(ParlorError):
        await ann.say(group, "one more thing")
    page = await bob.ask(wire.EventsList(group), wire.EventsResult)
    assert said in page.events
    assert page.events[-1].kind is EventKind.DISSOLVED
    await bob.ask(GroupLeave(group, "l"), GroupActResult)
    with pytest.raises(NotMember):
        await bob.ask(wire.EventsList(group), wire.EventsResult)


async def test_muted_members_and_readers_of_a_channel_do_not_write(cast):
    group, (ann, bob, cem, _) = cast
    await bob.ask(GroupMute(group, "m", cem.id, 60), GroupActResult)
    with pytest.raises(Forbidden):
        await cem.say(group, "muted")
    await bob.ask(GroupMute(group, "m-2", cem.id, off=True), GroupActResult)
    await cem.say(group, "free")
    await bob.ask(GroupMute(group, "m-3"), GroupActResult)
    with pytest.raises(Forbidden):
        await cem.say(group, "everybody is muted")
    await bob.say(group, "but not administrators")
    await bob.ask(GroupMute(group, "m-4", off=True), GroupActResult)
    channel = SettingsChange(read_only=True)
    await ann.ask(GroupUpdate(group, "s", settings=channel), GroupActResult)
    with pytest.raises(Forbidden):
        await cem.say(group, "a reader")
    await ann.say(group, "news")


async def test_slow_mode_lets_a_member_speak_once_in_a_while(cast):
    group, (ann, _, cem, _) = cast
    slow = SettingsChange(slow_mode_s=3_600)
    await ann.ask(GroupUpdate(group, "s", settings=slow), GroupActResult)
    first = await cem.say(group, "first")
    with pytest.raises(ParlorError) as refused:
        await cem.say(group, "second")
    assert refused.value.code == "slow_mode"
    assert 0 < refused.value.retry_after_s <= 3_600
    assert await cem.say(group, "first") == first
    await ann.say(group, "one")
    await ann.say(group, "two")


async def test_a_list_of_members_is_searched_and_brought_up_to_date(cast):
    group, (ann, bob, cem, dan) = cast
    ask = wire.ConversationMembers(group)
    whole = await ann.ask(ask, wire.MembersResult)
    assert {member.user_id for member in whole.members} == {ann.id, bob.id, cem.id}
    found = await ann.ask(wire.ConversationMembers(group, query="ce"), wire.MembersResult)
    assert [user.id for user in found.users] == [cem.id]
    await ann.ask(GroupRemove(group, "r", (cem.id,)), GroupActResult)
    await ann.ask(GroupInvite(group, "i", (dan.id,)), GroupActResult)
    since = wire.ConversationMembers(group, version=whole.version)
    changed = await ann.ask(since, wire.MembersResult)
    assert [member.user_id for member in changed.members] == [dan.id]
    assert (changed.left, changed.cursor) == ((cem.id,), "")
    assert changed.version > whole.version
    same = await ann.person.get(f"/conversations/{group}/members?version={whole.version}&limit=100")
    assert ([m["user_id"] for m in same["members"]], same["left"]) == ([dan.id], [cem.id])


async def test_a_member_sees_how_many_are_connected(cast):
    group, (ann, _, _, dan) = cast
    seen = await ann.ask(GroupOnline(group), GroupOnlineResult)
    assert (seen.online, seen.members) == (3, 3)
    with pytest.raises(NotMember):
        await dan.ask(GroupOnline(group), GroupOnlineResult)


async def test_every_method_refuses_who_is_not_in_the_group(cast):
    """All of them but those by which one comes in."""
    group, (_, _, cem, dan) = cast
    values = {
        "conversation_id": group,
        "client_id": "c",
        "members": (cem.id,),
        "user_id": cem.id,
        "role": Role.MEMBER,
        "let_in": True,
        "code": "q7",
        "title": "T",
    }
    asked = 0
    for name, method in group_wire.METHODS.items():
        if name in ("group.join", "group.link.show"):
            continue
        fields = method.params.__struct_fields__
        params = method.params(**{key: values[key] for key in fields if key in values})
        with pytest.raises(NotMember):
            await dan.ask(params, method.result)
        asked += 1
    assert asked >= 14


async def test_people_who_join_and_leave_all_at_once_do_no_harm(cast):
    group, (ann, bob, cem, dan) = cast
    await ann.ask(GroupUpdate(group, "s", settings=SettingsChange(join=Join.OPEN)), GroupActResult)

    async def come_and_go(caller):
        for n in range(50):
            await caller.ask(GroupLeave(group, f"l-{n}"), GroupActResult)
            await caller.ask(GroupJoin(f"j-{n}", conversation_id=group), GroupJoinResult)

    await dan.ask(GroupJoin("first", conversation_id=group), GroupJoinResult)
    await asyncio.gather(*map(come_and_go, (bob, cem, dan)))
    view = (await ann.ask(wire.ConversationGet(group), wire.ConversationResult)).conversation
    assert view.member_count == 4
    members = await ann.ask(wire.ConversationMembers(group), wire.MembersResult)
    assert {member.user_id for member in members.members} == {ann.id, bob.id, cem.id, dan.id}
    seqs: list[int] = []
    while len(seqs) < view.last_seq:
        after = seqs[-1] if seqs else 0
        page = await ann.ask(wire.EventsList(group, after=after, limit=200), wire.EventsResult)
        seqs += [event.seq for event in page.events]
    assert seqs == list(range(1, view.last_seq + 1))


async def test_the_same_over_rest(cast):
    group, (ann, bob, cem, dan) = cast
    path = f"/conversations/{group}"
    done = await ann.person.post(f"{path}/update", {"client_id": "t", "title": "REST"})
    assert done["event"]["title"] == "REST"
    done = await ann.person.post(f"{path}/members", {"client_id": "i", "members": [dan.id]})
    assert done["event"]["members"] == [dan.id]
    await bob.person.post(f"{path}/mute", {"client_id": "m", "user_id": cem.id, "for_s": 60})
    await bob.person.post(f"{path}/members/remove", {"client_id": "r", "members": [cem.id]})
    made = await bob.person.post(f"{path}/links", {"client_id": "l"})
    code = made["link"]["code"]
    assert (await cem.person.get(f"/groups/preview?code={code}"))["group"]["title"] == "REST"
    joined = await cem.person.post("/groups/join", {"client_id": "j", "code": code})
    assert joined == {"conversation_id": group, "inside": True}
    assert len((await bob.person.get(f"{path}/links"))["links"]) == 1
    assert (await bob.person.rest.delete(f"/api/v1{path}/links/{code}")).status_code == 204
    assert (await bob.person.get(f"{path}/links"))["links"] == []
    assert (await ann.person.get(f"{path}/requests"))["requests"] == []
    assert (await ann.person.get(f"{path}/online"))["members"] == 4
    role = {"client_id": "g", "user_id": cem.id, "role": "administrator"}
    await ann.person.post(f"{path}/role", role)
    await ann.person.post(f"{path}/transfer", {"client_id": "o", "user_id": bob.id})
    await ann.person.post(f"{path}/leave", {"client_id": "bye"})
    refused = await ann.person.rest.post(f"/api/v1{path}/dissolve", json={"client_id": "d"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_member")
    await bob.person.post(f"{path}/dissolve", {"client_id": "d"})


async def test_the_audit_log_tells_administrators_of_the_server_who_did_what(server, cast):
    group, (ann, bob, cem, _) = cast
    await bob.ask(GroupRemove(group, "r", (cem.id,)), GroupActResult)
    await ann.ask(GroupDissolve(group, "d"), GroupActResult)
    refused = await ann.person.rest.get("/api/v1/audit")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    key = await make_key(server, f"auditor{next(NUMBERS)}", "admin")
    headers = {"Authorization": f"Bearer {key}"}
    page = (
        await ann.person.rest.get(f"/api/v1/audit?subject={group}&limit=2", headers=headers)
    ).json()
    assert [(entry["act"], entry["actor"]) for entry in page["entries"]] == [
        ("group.dissolve", ann.id),
        ("group.remove", bob.id),
    ]
    assert page["more"]
    last = page["entries"][-1]["id"]
    older = await ann.person.rest.get(
        f"/api/v1/audit?subject={group}&before={last}", headers=headers
    )
    assert [entry["act"] for entry in older.json()["entries"]] == ["group.role"]
    assert cem.id in page["entries"][1]["body"]


async def test_what_is_said_in_a_group_of_fifty_reaches_the_forty_nine_others_once(server):
    names = [f"p{n}.{next(NUMBERS)}" for n in range(51)]
    async with callers(server, *names) as people:
        *members, stranger = people
        group = await make_group(*members)
        with pytest.raises(NotMember):
            await stranger.say(group, "hello")
        for text in ("one", "two", "three"):
            said = await members[7].say(group, text)
            for hearer in members:
                if hearer is not members[7]:
                    assert (await hearer.heard(EventPush)).event == said
