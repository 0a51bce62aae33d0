"""What every driver of `ports.audit` promises, and which acts leave an entry."""

import json

import msgspec
import pytest

from parlor.model.audit import AuditEntry
from parlor.model.conversation import ConversationKind
from parlor.model.errors import Forbidden
from parlor.model.event import Draft, EventKind
from parlor.model.group import GroupSettings, Role
from parlor.model.group_link import GroupLink, JoinRequest
from parlor.model.ids import ConversationId
from parlor.model.standing import Act
from tests.support.storage import ANN, BOB, CEM, STORES

GROUP = ConversationId(str(2**52 + 2_000))


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM)
        await opened.add_talk(GROUP, (ANN, BOB), ConversationKind.GROUP)
        yield opened


def entry(act, subject="77"):
    return AuditEntry(0, 50, "crm", act, subject, '{"n":1}')


async def test_entries_are_numbered_and_come_newest_first(stores):
    first = await stores.audit.put(entry("user.ban"))
    second = await stores.audit.put(entry("user.unban"))
    assert 0 < first.id < second.id
    assert list(await stores.audit.list(0, 10)) == [second, first]
    assert list(await stores.audit.list(second.id, 10)) == [first]
    assert list(await stores.audit.list(0, 1)) == [second]


async def test_old_entries_are_removed_the_oldest_first(stores):
    for at_ms in (30, 10, 20, 40):
        await stores.audit.put(msgspec.structs.replace(entry("user.ban"), at_ms=at_ms))
    assert await stores.retention.forget_acts(40, 2) == 2
    assert [one.at_ms for one in await stores.audit.list(0, 10)] == [40, 30]
    assert await stores.retention.forget_acts(40, 2) == 1
    assert await stores.retention.forget_acts(40, 2) == 0
    assert [one.at_ms for one in await stores.audit.list(0, 10)] == [40]


async def test_entries_are_found_by_what_it_was_done_to(stores):
    await stores.audit.put(entry("user.ban", "1"))
    other = await stores.audit.put(entry("user.ban", "2"))
    await stores.audit.put(entry("user.ban", "3"))
    assert list(await stores.audit.list(0, 10, subject="2")) == [other]


async def done(stores, kind, *members, sender=ANN, **values):
    draft = Draft(GROUP, kind, sender, members=members, **values)
    await stores.messages.act(Act(GROUP, sender), lambda _: draft, 50)


async def test_acts_with_power_over_others_are_entered_with_the_act(stores):
    await done(stores, EventKind.ROLE, BOB, role=Role.ADMINISTRATOR)
    await done(stores, EventKind.MUTE, BOB, until=99)
    await done(stores, EventKind.SETTINGS, settings=GroupSettings(read_only=True))
    await stores.entrances.make_link(GroupLink("q7", GROUP, ANN, 1), "c", 5, lambda _: None)
    await stores.entrances.end_link(GROUP, "q7", ANN, 5, lambda _: None)
    await stores.entrances.ask(JoinRequest(GROUP, CEM, "", 1), "", 5, lambda _: None)
    await stores.entrances.refuse(GROUP, CEM, ANN, 6, lambda _: None)
    await done(stores, EventKind.LEFT, BOB)
    await done(stores, EventKind.JOINED, CEM)
    await done(stores, EventKind.ROLE, CEM, role=Role.OWNER)
    await done(stores, EventKind.DISSOLVED, sender=CEM)
    entries = (await stores.audit.list(0, 20))[::-1]
    assert [entered.act for entered in entries] == [
        "group.role",
        "group.mute",
        "group.settings",
        "group.link_made",
        "group.link_revoked",
        "group.request_refused",
        "group.remove",
        "group.transfer",
        "group.dissolve",
    ]
    assert {entered.subject for entered in entries} == {GROUP}
    assert {entered.actor for entered in entries[:-1]} == {ANN}
    assert json.loads(entries[1].body) == {"seq": 3, "members": [BOB], "until": 99}


async def test_what_everybody_does_leaves_no_entry(stores):
    await stores.say("hello", ANN, GROUP)
    await done(stores, EventKind.JOINED, CEM)
    await done(stores, EventKind.TITLE, title="New")
    await done(stores, EventKind.LEFT, CEM, sender=CEM)
    assert await stores.audit.list(0, 10) == []


async def test_a_refused_act_leaves_no_entry(stores):
    def refuse(_):
        raise Forbidden

    with pytest.raises(Forbidden):
        await stores.messages.act(Act(GROUP, BOB), refuse, 50)
    with pytest.raises(Forbidden):
        await stores.entrances.make_link(GroupLink("q7", GROUP, BOB, 1), "c", 5, refuse)
    assert await stores.audit.list(0, 10) == []
