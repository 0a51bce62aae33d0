"""Groups of 25,000 and of 100,000: what they cost the store, in rows and in queries."""

import pytest

from parlor.model.conversation import ConversationKind
from parlor.model.event import Draft, EventKind
from parlor.model.group import Role
from parlor.model.ids import ConversationId
from parlor.model.standing import Act
from tests.support.storage import ANN, BOB, CEM, STORES, message

GROUP = ConversationId(str(2**52 + 2_000))
AT_ONCE = 500
SIZES = [("sqlite", 25_000), ("sqlite", 100_000), ("postgres", 25_000), ("mariadb", 5_000)]
"""The queries are the same everywhere; filling the tables of a server is what takes time."""


@pytest.fixture
async def stores(kind, tmp_path):
    async with STORES[kind](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM)
        await opened.add_talk(GROUP, (ANN, BOB), ConversationKind.GROUP)
        yield opened


async def event(stores, kind, *members, sender=ANN, **values):
    draft = Draft(GROUP, kind, sender, members=members, **values)
    stored, _ = await stores.messages.act(Act(GROUP, sender), lambda _: draft, 50)
    return stored


async def fill(stores, count):
    people = await stores.add_crowd(count - 2)
    for start in range(0, len(people), AT_ONCE):
        await event(stores, EventKind.JOINED, *people[start : start + AT_ONCE])
    return people


def written(before, after):
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


@pytest.mark.parametrize(("kind", "count"), SIZES)
async def test_a_big_group_costs_no_more_than_a_small_one(stores, count):
    people = await fill(stores, count)
    assert (await stores.conversations.get(GROUP)).member_count == count

    before = await stores.rows()
    said, _ = await stores.messages.append(message("hello", people[7], GROUP), 60)
    assert written(before, await stores.rows()) == {"events": 1}
    # Somebody offline, for whom nothing was written, finds it.
    events, last_seq = await stores.messages.events(GROUP, said.seq - 1, None, 10)
    assert (list(events), last_seq) == ([said], said.seq)
    view = await stores.conversations.view(GROUP, people[-1])
    assert (view.unread, view.member_count) == (1, count)

    version = await stores.members.version(GROUP)
    before = await stores.rows()
    await event(stores, EventKind.ROLE, people[3], role=Role.ADMINISTRATOR)
    assert written(before, await stores.rows()) == {"events": 1, "audit": 1}
    await event(stores, EventKind.LEFT, people[5], sender=people[5])
    await event(stores, EventKind.JOINED, CEM, sender=CEM)
    changes = await stores.members.changes(GROUP, (version, None), 100)
    assert [(change.user_id, change.member is None) for change in changes] == [
        (people[3], False),
        (people[5], True),
        (CEM, False),
    ]
    page = await stores.conversations.members(GROUP, people[count // 2], 100)
    assert [member.user_id for member in page] == people[count // 2 + 1 : count // 2 + 101]
    (administrator,) = await stores.members.with_role(GROUP, Role.ADMINISTRATOR, 100)
    assert administrator.user_id == people[3]
    assert await stores.members.among(GROUP, people[:900]) == 899
