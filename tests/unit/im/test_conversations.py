import asyncio
from functools import partial

import pytest

from parlor.im import relating
from parlor.im.people_settings import PeopleSettings
from parlor.model.conversation import ConversationKind
from parlor.model.errors import (
    BadDisplayName,
    BadRequest,
    NotFound,
    NotMember,
    NotWanted,
    TooManyMembers,
)
from parlor.model.ids import ConversationId, UserId
from parlor.wire.native.pushes import ConversationPush
from tests.support.storage import ANN, BOB, CEM, DAN, NOBODY, NOWHERE
from tests.support.talk import open_talk

DIRECT, GROUP = ConversationKind.DIRECT, ConversationKind.GROUP


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path) as opened:
        yield opened


async def test_each_member_of_a_new_conversation_is_told_with_their_own_view(talk):
    view, created = await talk.threads.create(ANN, DIRECT, [BOB], "ignored")
    assert created
    assert (view.kind, view.title, view.peer, view.last_seq) == (DIRECT, "", BOB, 1)
    peers = {users: push.conversation.peer for users, push in talk.told.about_conversations}
    assert peers == {(ANN,): BOB, (BOB,): ANN}
    assert talk.told.pushes[0] == ((ANN,), ConversationPush(view))


async def test_a_direct_conversation_that_exists_is_returned_and_nobody_is_told(talk):
    first = await talk.direct(ANN, BOB)
    view, created = await talk.threads.create(BOB, DIRECT, [ANN, ANN, BOB], "")
    assert (view.id, view.peer, created) == (first, ANN, False)
    assert talk.told.about_conversations == []
    # But that it is in the own list of who asked, too.
    await talk.threads.create(ANN, DIRECT, [BOB], "")
    assert [users for users, _ in talk.told.pushes] == [(BOB,)]


async def test_who_is_only_looked_up_sees_no_conversation(talk):
    direct = await talk.direct(ANN, BOB)

    async def listed(user):
        return [view.id for view in (await talk.threads.page(user, "", 9))[0]]

    assert (await listed(ANN), await listed(BOB)) == ([direct], [])
    view, _ = await talk.threads.create(BOB, DIRECT, [ANN], "")
    assert not view.hidden
    assert await listed(BOB) == [direct]


async def test_both_asking_at_once_get_one_conversation_announced_once(talk):
    results = await asyncio.gather(
        talk.threads.create(ANN, DIRECT, [BOB], ""), talk.threads.create(BOB, DIRECT, [ANN], "")
    )
    assert len({view.id for view, _ in results}) == 1
    assert len(talk.told.about_conversations) == 2


async def test_a_group_has_its_title_and_each_member_once(talk):
    view, _ = await talk.threads.create(ANN, GROUP, [BOB, CEM, BOB, ANN], "  三年级 📚 ")
    assert (view.title, view.member_count, view.peer) == ("三年级 📚", 3, None)
    assert [users for users, _ in talk.told.about_conversations] == [(ANN,), (BOB, CEM)]


@pytest.mark.parametrize(
    ("kind", "members", "title", "refusal"),
    [
        (DIRECT, [], "", BadRequest),
        (DIRECT, [ANN], "", BadRequest),
        (DIRECT, [BOB, CEM], "", BadRequest),
        (DIRECT, [NOBODY], "", NotFound),
        (DIRECT, [UserId("x")], "", NotFound),
        (GROUP, [], "T", BadRequest),
        (GROUP, [ANN], "T", BadRequest),
        (GROUP, [BOB, NOBODY], "T", NotFound),
        (GROUP, [BOB, UserId("\ud800")], "T", NotFound),
        (GROUP, [BOB], "a\u202eb", BadDisplayName),
        (GROUP, [BOB], "a\x00b", BadDisplayName),
        (GROUP, [BOB], "x" * 65, BadDisplayName),
        (GROUP, [BOB], "\ud800", BadDisplayName),
    ],
)
async def test_a_bad_request_makes_no_conversation(talk, kind, members, title, refusal):
    with pytest.raises(refusal):
        await talk.threads.create(ANN, kind, members, title)
    assert await talk.threads.page(ANN, "", 10) == ([], "")
    assert talk.told.pushes == []


async def test_a_group_stays_within_its_limit(tmp_path):
    async with open_talk(tmp_path, max_group_members=3) as talk:
        await talk.threads.create(ANN, GROUP, [BOB, CEM], "")
        with pytest.raises(TooManyMembers):
            await talk.threads.create(ANN, GROUP, [BOB, CEM, DAN], "")


async def test_only_members_see_a_conversation(talk):
    direct = await talk.direct()
    assert (await talk.threads.get(ANN, direct)).id == direct
    for ask in (
        talk.threads.get(CEM, direct),
        talk.threads.require_direct_peer(CEM, direct),
    ):
        with pytest.raises(NotMember):
            await ask
    for nowhere in (NOWHERE, ConversationId("x")):
        for ask in (
            talk.threads.get(ANN, nowhere),
            talk.threads.require_direct_peer(ANN, nowhere),
        ):
            with pytest.raises(NotFound):
                await ask


async def test_the_list_pages_newest_first_and_the_last_page_has_no_cursor(talk):
    ids = []
    for other in (BOB, CEM, DAN):
        ids.append(await talk.direct(ANN, other))
        talk.clock.at += 1
    await talk.say(BOB, ids[0], "now I am first")
    first, cursor = await talk.threads.page(ANN, "", 2)
    rest, end = await talk.threads.page(ANN, cursor, 2)
    assert [view.id for view in [*first, *rest]] == [ids[0], ids[2], ids[1]]
    assert end == ""
    assert (first[0].unread, first[0].last_event.text) == (1, "now I am first")


@pytest.mark.parametrize("cursor", ["x", "-", "1-", "-1", "1-x", "9" * 99 + "-1", "٣-1", "\ud800"])
async def test_a_cursor_that_we_did_not_make_is_refused(talk, cursor):
    with pytest.raises(BadRequest):
        await talk.threads.page(ANN, cursor, 10)


async def test_page_sizes_have_limits(tmp_path):
    async with open_talk(tmp_path, max_page_conversations=1) as talk:
        await talk.group(ANN, BOB, CEM)
        await talk.group(ANN, BOB)
        assert len((await talk.threads.page(ANN, "", 10**9))[0]) == 1
        for size in (0, -1):
            with pytest.raises(BadRequest):
                await talk.threads.page(ANN, "", size)


async def test_a_call_finds_the_other_person_but_not_in_a_group(talk):
    assert await talk.threads.require_direct_peer(BOB, await talk.direct()) == ANN
    with pytest.raises(BadRequest):
        await talk.threads.require_direct_peer(ANN, await talk.group(ANN, BOB))


async def test_a_lost_announcement_does_not_fail_the_creation(talk):
    talk.told.failure = RuntimeError("bus")
    _, created = await talk.threads.create(ANN, GROUP, [BOB], "T")
    assert created
    assert talk.meter.counted["im_announcements_lost_total"] == 4


async def test_a_group_asked_for_twice_with_one_client_id_is_one_group(talk):
    first, created = await talk.threads.create(ANN, GROUP, [BOB, CEM], "T", client_id="g1")
    again, created_again = await talk.threads.create(ANN, GROUP, [BOB, CEM], "T", client_id="g1")
    assert (created, created_again) == (True, False)
    assert first.id == again.id
    other, _ = await talk.threads.create(BOB, GROUP, [ANN, CEM], "T", client_id="g1")
    assert other.id != first.id


@pytest.mark.parametrize("client_id", ["x" * 65, "a\nb", "\ud800"])
async def test_a_client_id_of_a_group_is_short_and_printable(talk, client_id):
    with pytest.raises(BadRequest):
        await talk.threads.create(ANN, GROUP, [BOB], "T", client_id=client_id)


async def test_whoever_is_barred_has_nobody_there_to_call(talk):
    direct = await talk.direct()
    block = partial(relating.block, now_ms=1, limits=PeopleSettings())
    await talk.stores.relations.change(ANN, BOB, block, 1)
    for one in (ANN, BOB):
        with pytest.raises(NotWanted):
            await talk.threads.require_direct_peer(one, direct)
