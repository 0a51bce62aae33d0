"""What every driver makes of the events of a group: its members, its settings, its lists."""

import asyncio
from dataclasses import dataclass

import pytest

from parlor.model.conversation import ConversationKind
from parlor.model.errors import NotFound, SlowMode
from parlor.model.event import FOREVER, Draft, EventKind
from parlor.model.group import GroupSettings, Join, Role, Visible
from parlor.model.group_link import GroupLink, JoinRequest
from parlor.model.ids import ConversationId, UserId
from parlor.model.standing import Act
from tests.support.storage import ANN, BOB, CEM, DAN, EMBEDDED, NOBODY, STORES, Stores

GROUP = ConversationId(str(2**52 + 2_000))


@dataclass(frozen=True)
class Group:
    stores: Stores
    crowd: int = 20

    async def event(self, kind, *members, sender=ANN, at_ms=50, link="", **values):
        draft = Draft(GROUP, kind, sender, members=members, **values)
        act = Act(GROUP, sender, about=members, link=link)
        event, created = await self.stores.messages.act(act, lambda _: draft, at_ms)
        assert created
        return event

    async def settings(self, **values):
        return await self.event(EventKind.SETTINGS, settings=GroupSettings(**values))

    async def roles(self):
        members = await self.stores.conversations.members(GROUP, None, 100)
        return {member.user_id: member.role for member in members}


@pytest.fixture(params=STORES)
async def group(request, tmp_path):
    """Ann's, with Bob in it."""
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM, DAN)
        await opened.add_talk(GROUP, (ANN, BOB), ConversationKind.GROUP)
        yield Group(opened, 100 if request.param in EMBEDDED else 20)


async def test_those_who_join_are_members_and_have_read_what_was_there(group):
    await group.event(EventKind.JOINED, CEM, DAN)
    assert (await group.stores.conversations.get(GROUP)).member_count == 4
    view = await group.stores.conversations.view(GROUP, CEM)
    assert (view.role, view.read_seq, view.unread, view.history_from) == (Role.MEMBER, 2, 0, 0)
    await group.stores.say("welcome", ANN, GROUP)
    assert (await group.stores.conversations.view(GROUP, DAN)).unread == 1


@pytest.mark.parametrize("nobody", [NOBODY, UserId("x"), UserId("")])
async def test_nobody_joins_with_somebody_who_does_not_exist(group, nobody):
    with pytest.raises(NotFound):
        await group.event(EventKind.JOINED, CEM, nobody)
    assert await group.roles() == {ANN: Role.OWNER, BOB: Role.MEMBER}
    assert (await group.stores.conversations.get(GROUP)).last_seq == 1


async def test_those_who_leave_are_no_members_and_may_come_again(group):
    await group.event(EventKind.JOINED, CEM)
    await group.event(EventKind.LEFT, BOB, CEM)
    assert await group.roles() == {ANN: Role.OWNER}
    assert (await group.stores.conversations.get(GROUP)).member_count == 1
    assert await group.stores.conversations.view(GROUP, BOB) is None
    assert await group.stores.conversations.views(BOB, None, 10) == []
    await group.event(EventKind.JOINED, BOB)
    view = await group.stores.conversations.view(GROUP, BOB)
    assert (view.read_seq, view.member_count) == (4, 2)


async def test_a_new_owner_makes_an_administrator_of_the_one_before(group):
    await group.event(EventKind.ROLE, BOB, role=Role.OWNER)
    assert await group.roles() == {ANN: Role.ADMINISTRATOR, BOB: Role.OWNER}
    await group.event(EventKind.ROLE, ANN, sender=BOB, role=Role.MEMBER)
    assert await group.roles() == {ANN: Role.MEMBER, BOB: Role.OWNER}


async def test_one_is_muted_until_a_time_and_let_speak_again(group):
    await group.event(EventKind.MUTE, BOB, until=99)
    assert (await group.stores.conversations.member(GROUP, BOB)).muted_until == 99
    assert (await group.stores.conversations.view(GROUP, BOB)).muted_until == 99
    await group.event(EventKind.MUTE, BOB, off=True)
    assert (await group.stores.conversations.member(GROUP, BOB)).muted_until == 0


async def test_who_leaves_and_comes_again_is_muted_as_long_as_before(group):
    await group.event(EventKind.MUTE, BOB, until=FOREVER)
    await group.event(EventKind.LEFT, BOB, sender=BOB)
    await group.event(EventKind.JOINED, CEM, BOB, sender=BOB)
    assert (await group.stores.conversations.member(GROUP, BOB)).muted_until == FOREVER
    assert (await group.stores.conversations.member(GROUP, CEM)).muted_until == 0
    await group.event(EventKind.MUTE, BOB, off=True)
    await group.event(EventKind.LEFT, BOB, sender=BOB)
    await group.event(EventKind.JOINED, BOB, sender=BOB)
    assert (await group.stores.conversations.member(GROUP, BOB)).muted_until == 0


async def test_leaving_and_coming_again_is_no_way_around_slow_mode(group):
    await group.settings(slow_mode_s=5)
    await group.stores.say("one", BOB, GROUP, at_ms=10_000)
    await group.event(EventKind.LEFT, BOB, sender=BOB)
    await group.event(EventKind.JOINED, BOB, sender=BOB)
    with pytest.raises(SlowMode):
        await group.stores.say("two", BOB, GROUP, at_ms=14_999)
    await group.stores.say("two", BOB, GROUP, at_ms=15_000)


async def test_muting_everybody_is_a_setting_and_leaves_the_others_alone(group):
    await group.settings(slow_mode_s=5)
    await group.event(EventKind.MUTE, until=FOREVER)
    conversation = await group.stores.conversations.get(GROUP)
    assert conversation.settings == GroupSettings(slow_mode_s=5, all_muted=True)
    await group.event(EventKind.MUTE, off=True)
    conversation = await group.stores.conversations.get(GROUP)
    assert conversation.settings == GroupSettings(slow_mode_s=5)


async def test_settings_announcement_picture_and_title_are_those_of_the_last_event(group):
    await group.settings(join=Join.OPEN)
    await group.settings(join=Join.APPROVAL, read_only=True)
    await group.event(EventKind.ANNOUNCEMENT, text="Read this'; DROP TABLE members; --")
    await group.event(EventKind.AVATAR, avatar="a7")
    await group.event(EventKind.TITLE, title="Now")
    for seen in (
        await group.stores.conversations.get(GROUP),
        await group.stores.conversations.view(GROUP, BOB),
    ):
        assert seen.settings == GroupSettings(join=Join.APPROVAL, read_only=True)
        assert seen.announcement == "Read this'; DROP TABLE members; --"
        assert (seen.avatar, seen.title) == ("a7", "Now")


async def test_a_dissolved_group_can_be_read_and_nobody_is_on_the_way_in(group):
    link = GroupLink("q7", GROUP, ANN, 1)
    await group.stores.entrances.make_link(link, "c", 5, lambda _: None)
    request = JoinRequest(GROUP, CEM, "", 1)
    await group.stores.entrances.ask(request, "", 5, lambda _: None)
    await group.event(EventKind.DISSOLVED)
    assert (await group.stores.conversations.get(GROUP)).dissolved
    assert (await group.stores.conversations.view(GROUP, BOB)).dissolved
    assert (await group.stores.entrances.link("q7")).ended
    assert await group.stores.entrances.asking(GROUP, CEM) is None
    events, _ = await group.stores.messages.events(GROUP, 0, None, 10)
    assert [event.kind for event in events] == [EventKind.CREATED, EventKind.DISSOLVED]


async def test_who_joins_sees_the_history_that_the_settings_show_then(group):
    await group.settings(history=Visible.SINCE_JOINED)
    await group.event(EventKind.JOINED, CEM)
    await group.settings(history=Visible.ALL)
    await group.event(EventKind.JOINED, DAN)
    seen = {
        user: (await group.stores.conversations.member(GROUP, user)).history_from
        for user in (ANN, BOB, CEM, DAN)
    }
    assert seen == {ANN: 0, BOB: 0, CEM: 3, DAN: 0}


async def test_joining_by_a_link_uses_it_once(group):
    link = GroupLink("q7", GROUP, ANN, 1, max_uses=5)
    await group.stores.entrances.make_link(link, "c", 5, lambda _: None)
    await group.event(EventKind.JOINED, CEM, sender=CEM, link="q7")
    await group.event(EventKind.JOINED, DAN, sender=ANN)
    assert (await group.stores.entrances.link("q7")).uses == 1


async def test_a_link_into_another_group_opens_nothing_here(group):
    other = ConversationId("77")
    await group.stores.add_talk(other, (ANN, BOB), ConversationKind.GROUP)
    await group.stores.entrances.make_link(GroupLink("q8", other, ANN, 1), "c", 5, lambda _: None)
    with pytest.raises(NotFound):
        await group.event(EventKind.JOINED, CEM, sender=CEM, link="q8")


async def test_an_act_sees_who_asks_and_joining_ends_the_request(group):
    request = JoinRequest(GROUP, CEM, "", 1)
    await group.stores.entrances.ask(request, "", 5, lambda _: None)
    seen = []
    act = Act(GROUP, ANN, about=(CEM, DAN), asking=True)
    await group.stores.messages.act(act, lambda standing: seen.append(standing.asking), 5)
    assert seen == [frozenset({CEM})]
    await group.event(EventKind.JOINED, CEM)
    assert await group.stores.entrances.asking(GROUP, CEM) is None


async def test_people_who_join_and_leave_all_at_once_leave_a_sound_group_behind(group):
    """A thousand comings and goings at once (two hundred on a database server): counted right,
    each once in the log."""
    people = [UserId(str(n)) for n in range(1, group.crowd + 1)]
    await asyncio.gather(*(group.stores.add_people(person) for person in people))

    async def come_and_go(person, times):
        for _ in range(times):
            await group.event(EventKind.JOINED, person, sender=person)
            await group.event(EventKind.LEFT, person, sender=person)
        await group.event(EventKind.JOINED, person, sender=person)

    await asyncio.gather(*(come_and_go(person, 5) for person in people))
    conversation = await group.stores.conversations.get(GROUP)
    assert (conversation.member_count, conversation.last_seq) == (
        2 + len(people),
        1 + 11 * len(people),
    )
    members = await group.stores.conversations.members(GROUP, None, 1_000)
    assert {member.user_id for member in members} == {ANN, BOB, *people}
    events, _ = await group.stores.messages.events(GROUP, 0, None, 10_000)
    assert [event.seq for event in events] == list(range(1, conversation.last_seq + 1))
    changes = await group.stores.members.changes(GROUP, (1, None), 10_000)
    assert {change.user_id for change in changes if change.member} == set(people)
