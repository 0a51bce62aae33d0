import asyncio

import pytest

from parlor.model.errors import (
    BadRequest,
    BadText,
    Forbidden,
    GroupDissolved,
    LimitReached,
    LinkEnded,
    NotFound,
    NotMember,
    TooManyMembers,
)
from parlor.model.event import EventKind
from parlor.model.group import Join, Permission, Role
from parlor.model.group_change import SettingsChange
from parlor.model.group_link import Asked
from parlor.wire.native.pushes import ConversationPush, EventPush, GroupRequestPush, SelfPush
from tests.support.storage import ANN, BOB, CEM, DAN, NOBODY, NOWHERE
from tests.support.talk import open_talk


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path) as opened:
        yield opened


async def with_link(talk, join=Join.INVITE, **limits):
    group = await talk.group(ANN, BOB)
    if join is not Join.INVITE:
        await talk.groups.acts.change(ANN, group, "j", SettingsChange(join=join))
    link = await talk.groups.links.make(ANN, group, "l-1", **limits)
    talk.told.pushes.clear()
    return group, link


async def test_whoever_took_the_last_use_of_a_link_may_ask_again_when_the_answer_was_lost(talk):
    group, link = await with_link(talk, max_uses=1)
    for client_id in ("j-1", "j-1", "j-2"):
        assert await talk.groups.joining.join(CEM, client_id, link.code, None) == (group, True)
    events, _ = await talk.stores.messages.events(group, 0, None, 100)
    joined = [one for one in events if one.kind is EventKind.JOINED]
    assert len(joined) == 1
    with pytest.raises(LinkEnded):
        await talk.groups.joining.join(DAN, "j-1", link.code, None)


async def test_by_a_link_one_comes_in_and_everybody_hears_of_it(talk):
    group, link = await with_link(talk)
    assert await talk.groups.joining.join(CEM, "j-1", link.code, None) == (group, True)
    told = [(users, push) for users, push in talk.told.pushes if not isinstance(push, SelfPush)]
    (to_me, seen), (to_all, event) = told
    assert (to_me, to_all) == ((CEM,), (ANN, BOB, CEM))
    assert isinstance(seen, ConversationPush)
    assert isinstance(event, EventPush)
    (own,) = [users for users, push in talk.told.pushes if isinstance(push, SelfPush)]
    assert own == (CEM,)
    assert (event.event.sender, event.event.members) == (CEM, (CEM,))
    assert (await talk.groups.links.list(ANN, group))[0].uses == 1


async def test_coming_in_twice_is_coming_in_once(talk):
    group, link = await with_link(talk)
    for client_id in ("j-1", "j-1", "j-2"):
        assert await talk.groups.joining.join(CEM, client_id, link.code, None) == (group, True)
    assert (await talk.groups.links.list(ANN, group))[0].uses == 1
    assert (await talk.threads.get(CEM, group)).member_count == 3


async def test_the_last_use_of_a_link_is_used_once_by_however_many(talk):
    group, link = await with_link(talk, max_uses=1)
    answers = await asyncio.gather(
        talk.groups.joining.join(CEM, "j", link.code, None),
        talk.groups.joining.join(DAN, "j", link.code, None),
        return_exceptions=True,
    )
    assert sorted(isinstance(answer, LinkEnded) for answer in answers) == [False, True]
    assert (await talk.threads.get(ANN, group)).member_count == 3


async def test_a_link_ends_when_its_time_is_over_or_somebody_takes_it_back(talk):
    group, link = await with_link(talk, expires_in_s=60)
    talk.clock.at += 60
    for look in (
        talk.groups.joining.join(CEM, "j", link.code, None),
        talk.groups.links.look(CEM, link.code, None),
    ):
        with pytest.raises(LinkEnded):
            await look
    other = await talk.groups.links.make(ANN, group, "l-2")
    await talk.groups.links.end(ANN, group, other.code)
    await talk.groups.links.end(ANN, group, other.code)
    with pytest.raises(LinkEnded):
        await talk.groups.joining.join(CEM, "j", other.code, None)
    assert await talk.groups.links.list(ANN, group) == []


async def test_who_has_a_link_sees_what_one_sees_from_outside(talk):
    group, link = await with_link(talk)
    await talk.groups.acts.update(ANN, group, "t", title="三年级")
    seen = await talk.groups.links.look(CEM, link.code, None)
    assert (seen.conversation_id, seen.title, seen.member_count) == (group, "三年级", 2)
    assert (seen.join, seen.inside, seen.asked) == (Join.INVITE, False, False)
    assert (await talk.groups.links.look(BOB, link.code, None)).inside


@pytest.mark.parametrize("join", [Join.OPEN, Join.APPROVAL])
async def test_without_a_link_only_groups_that_let_people_come_or_ask_are_found(talk, join):
    group, _ = await with_link(talk, join)
    assert (await talk.groups.links.look(CEM, "", group)).join is join
    closed, _ = await with_link(talk)
    for unseen in (closed, NOWHERE, await talk.direct()):
        with pytest.raises(NotFound):
            await talk.groups.links.look(CEM, "", unseen)
        with pytest.raises(NotFound):
            await talk.groups.joining.join(CEM, "j", "", unseen)


async def test_an_open_group_is_entered_by_its_id(talk):
    group, _ = await with_link(talk, Join.OPEN)
    assert await talk.groups.joining.join(CEM, "j", "", group) == (group, True)


async def test_who_is_removed_before_the_answer_hears_that_they_are_out(talk, monkeypatch):
    """Of a request sent again, too: the answer to the first was lost."""
    group, _ = await with_link(talk, Join.OPEN)
    joining = talk.groups.joining
    assert await joining.join(CEM, "j", "", group) == (group, True)
    await talk.groups.acts.remove(ANN, group, "r-1", [CEM])
    with pytest.raises(NotMember):
        await joining.join(CEM, "j", "", group)
    look = talk.stores.conversations.member

    async def removed_first(*whom):
        await talk.groups.acts.remove(ANN, group, "r-2", [CEM])
        return await look(*whom)

    monkeypatch.setattr(talk.stores.conversations, "member", removed_first)
    with pytest.raises(NotMember):
        await joining.join(CEM, "k", "", group)


async def test_who_is_let_in_before_they_have_asked_is_inside(talk, monkeypatch):
    group, link = await with_link(talk, Join.APPROVAL)
    look = talk.stores.conversations.member

    async def invited_after(*whom):
        found = await look(*whom)
        await talk.groups.acts.invite(ANN, group, "i", [CEM])
        return found

    monkeypatch.setattr(talk.stores.conversations, "member", invited_after)
    assert await talk.groups.joining.join(CEM, "j", link.code, None) == (group, True)
    assert (await talk.groups.joining.requests(ANN, group, "", 10))[0] == []


async def test_who_asks_waits_until_an_administrator_lets_them_in(talk):
    group, link = await with_link(talk, Join.APPROVAL)
    await talk.groups.acts.give_role(ANN, group, "g", BOB, Role.ADMINISTRATOR)
    talk.told.pushes.clear()
    answer = await talk.groups.joining.join(CEM, "j", link.code, None, " I teach here. ")
    assert answer == (group, False)
    at_ms = talk.clock.unix_ms()
    asked = GroupRequestPush(group, CEM, " I teach here. ", at_ms, Asked.ASKED)
    assert talk.told.pushes == [((ANN, BOB), asked)]
    assert (await talk.groups.links.look(CEM, link.code, None)).asked
    with pytest.raises(NotMember):
        await talk.threads.get(CEM, group)
    (request,), cursor = await talk.groups.joining.requests(BOB, group, "", 10)
    assert (request.user_id, cursor) == (CEM, "")

    talk.told.pushes.clear()
    event = await talk.groups.joining.decide(BOB, group, "d", CEM, let_in=True)
    assert (event.kind, event.sender, event.members) == (EventKind.JOINED, BOB, (CEM,))
    assert talk.told.pushes[-1] == (
        (ANN, BOB, CEM),
        GroupRequestPush(group, CEM, "", at_ms, Asked.LET_IN),
    )
    assert (await talk.groups.joining.requests(BOB, group, "", 10))[0] == []
    assert await talk.groups.joining.decide(BOB, group, "d", CEM, let_in=True) == event
    assert (await talk.threads.get(CEM, group)).member_count == 3


async def test_what_somebody_says_who_asks_is_told_to_those_who_decide_and_nobody_else(talk):
    group, link = await with_link(talk, Join.APPROVAL)
    await talk.groups.acts.give_role(ANN, group, "g", BOB, Role.ADMINISTRATOR)
    wish = SettingsChange(permissions={Permission.MANAGE_LINKS: Role.OWNER})
    await talk.groups.acts.change(ANN, group, "p", wish)
    talk.told.pushes.clear()
    await talk.groups.joining.join(CEM, "j", link.code, None, "For Ann alone")
    assert [users for users, _ in talk.told.pushes] == [(ANN,)]


async def test_a_code_that_nobody_made_is_not_asked_for(talk):
    """PostgreSQL takes no NUL in a text: that is no failure of the database."""
    before = talk.stores.database.reads
    for code in ("\x00", "a\nb", "x" * 65, "é"):
        with pytest.raises(NotFound):
            await talk.groups.links.look(CEM, code, None)
    assert talk.stores.database.reads == before


async def test_whom_a_member_invites_waits_until_somebody_who_decides_lets_them_in(talk):
    group, _ = await with_link(talk, Join.APPROVAL)
    invite, at_ms = talk.groups.joining.invite, talk.clock.unix_ms()
    assert await invite(BOB, group, "i", [CEM, ANN, CEM]) == (None, [CEM])
    asked = GroupRequestPush(group, CEM, "", at_ms, Asked.ASKED, BOB)
    assert talk.told.pushes == [((ANN,), asked)]
    assert await invite(BOB, group, "i", [CEM, DAN]) == (None, [CEM, DAN])
    assert [push.user_id for _, push in talk.told.pushes] == [CEM, DAN], "each is told once"
    waiting, _ = await talk.groups.joining.requests(ANN, group, "", 10)
    assert [(one.user_id, one.invited_by) for one in waiting] == [(CEM, BOB), (DAN, BOB)]
    talk.told.pushes.clear()
    assert await talk.groups.joining.decide(ANN, group, "d-1", CEM, let_in=False) is None
    refused = GroupRequestPush(group, CEM, "", at_ms, Asked.REFUSED, BOB)
    assert talk.told.pushes == [((ANN, BOB), refused)], "Cem has never asked"
    let_in = await talk.groups.joining.decide(ANN, group, "d-2", DAN, let_in=True)
    assert (let_in.sender, let_in.members) == (ANN, (DAN,))
    assert await invite(BOB, group, "i", [DAN]) == (None, [])


async def test_who_decides_on_requests_brings_people_in_at_once(talk):
    group, _ = await with_link(talk, Join.APPROVAL)
    event, waiting = await talk.groups.joining.invite(ANN, group, "i", [CEM])
    assert (event.members, waiting) == ((CEM,), ())


async def test_an_invitation_that_is_refused_leaves_nobody_waiting(tmp_path):
    async with open_talk(tmp_path, max_join_requests=1) as talk:
        group, _ = await with_link(talk, Join.APPROVAL)
        invite = talk.groups.joining.invite
        for members, refusal in (
            ([CEM, DAN], LimitReached),
            ([NOBODY], NotFound),
        ):
            with pytest.raises(refusal):
                await invite(BOB, group, "i", members)
        with pytest.raises(NotMember):
            await invite(CEM, group, "i", [DAN])
        assert (await talk.groups.joining.requests(ANN, group, "", 10))[0] == []
        assert await invite(BOB, group, "i", [CEM]) == (None, [CEM])


async def test_who_is_refused_hears_of_it_and_stays_outside(talk):
    group, link = await with_link(talk, Join.APPROVAL)
    await talk.groups.joining.join(CEM, "j", link.code, None)
    talk.told.pushes.clear()
    for _ in range(2):
        assert await talk.groups.joining.decide(ANN, group, "d", CEM, let_in=False) is None
    refused = GroupRequestPush(group, CEM, "", talk.clock.unix_ms(), Asked.REFUSED)
    assert talk.told.pushes == [((ANN, CEM), refused)]
    with pytest.raises(NotFound):
        await talk.groups.joining.decide(ANN, group, "d-2", CEM, let_in=True)
    with pytest.raises(NotMember):
        await talk.threads.get(CEM, group)


async def test_asking_again_tells_nobody_again(talk):
    group, link = await with_link(talk, Join.APPROVAL)
    for client_id in ("j-1", "j-1", "j-2"):
        await talk.groups.joining.join(CEM, client_id, link.code, None)
    assert len(talk.told.pushes) == 1
    assert len((await talk.groups.joining.requests(ANN, group, "", 10))[0]) == 1


async def test_links_and_requests_are_for_those_who_manage_them(talk):
    group, link = await with_link(talk, Join.APPROVAL)
    await talk.groups.joining.join(CEM, "j", link.code, None)
    for who, refusal in ((BOB, Forbidden), (CEM, NotMember), (DAN, NotMember)):
        for ask in (
            talk.groups.links.make(who, group, "l"),
            talk.groups.links.list(who, group),
            talk.groups.links.end(who, group, link.code),
            talk.groups.joining.requests(who, group, "", 10),
            talk.groups.joining.decide(who, group, "d", CEM, let_in=True),
            talk.groups.joining.decide(who, group, "d", CEM, let_in=False),
        ):
            with pytest.raises(refusal):
                await ask


async def test_a_group_that_is_not_there_has_no_links_nor_requests(talk):
    for ask in (
        talk.groups.links.make(ANN, NOWHERE, "l"),
        talk.groups.links.list(ANN, NOWHERE),
        talk.groups.links.end(ANN, NOWHERE, "q7"),
        talk.groups.joining.requests(ANN, NOWHERE, "", 10),
        talk.groups.joining.decide(ANN, NOWHERE, "d", CEM, let_in=True),
        talk.groups.joining.decide(ANN, NOWHERE, "d", CEM, let_in=False),
    ):
        with pytest.raises(NotFound):
            await ask


async def test_nobody_comes_into_a_dissolved_or_a_full_group(tmp_path):
    async with open_talk(tmp_path, max_group_members=2) as talk:
        group, link = await with_link(talk)
        with pytest.raises(TooManyMembers):
            await talk.groups.joining.join(CEM, "j", link.code, None)
        await talk.groups.acts.dissolve(ANN, group, "d")
        with pytest.raises(LinkEnded):
            await talk.groups.joining.join(CEM, "j", link.code, None)
        with pytest.raises(GroupDissolved):
            await talk.groups.links.make(ANN, group, "l-2")


async def test_limits_of_links_and_requests_hold(tmp_path):
    async with open_talk(tmp_path, max_group_links=1, max_join_requests=1) as talk:
        group, link = await with_link(talk, Join.APPROVAL)
        assert await talk.groups.links.make(ANN, group, "l-1") == link
        with pytest.raises(LimitReached):
            await talk.groups.links.make(ANN, group, "l-2")
        await talk.groups.joining.join(CEM, "j", link.code, None)
        with pytest.raises(LimitReached):
            await talk.groups.joining.join(DAN, "j", link.code, None)


@pytest.mark.parametrize(
    "limits",
    [{"expires_in_s": -1}, {"expires_in_s": 10**9}, {"max_uses": -1}, {"max_uses": 10**7}],
)
async def test_a_link_has_sensible_limits(talk, limits):
    group = await talk.group(ANN, BOB)
    with pytest.raises(BadRequest):
        await talk.groups.links.make(ANN, group, "l", **limits)


async def test_nonsense_opens_nothing(talk):
    group, link = await with_link(talk, Join.APPROVAL)
    for code in ("x", "x" * 65, "\ud800", "' OR 1=1 --", link.code.swapcase()):
        with pytest.raises(NotFound):
            await talk.groups.joining.join(CEM, "j", code, None)
    for code, known in (("", None), (link.code, group)):
        with pytest.raises(BadRequest):
            await talk.groups.joining.join(CEM, "j", code, known)
    with pytest.raises(BadRequest):
        await talk.groups.joining.join(CEM, "j", link.code, None, "x" * 257)
    with pytest.raises(BadText):
        await talk.groups.joining.join(CEM, "j", link.code, None, "a\x00")
    assert (await talk.groups.joining.requests(ANN, group, "", 10))[0] == []


async def test_a_repeated_join_of_somebody_who_has_left_makes_no_request(talk):
    group, link = await with_link(talk)
    await talk.groups.joining.join(CEM, "j-1", link.code, None)
    await talk.groups.acts.leave(CEM, group, "l-1")
    with pytest.raises(NotMember):
        await talk.groups.joining.join(CEM, "j-1", link.code, None)
    assert await talk.groups.joining.join(CEM, "j-2", link.code, None) == (group, True)


async def test_codes_cannot_be_guessed_from_one_another(talk):
    group = await talk.group(ANN, BOB)
    codes = {(await talk.groups.links.make(ANN, group, f"l-{n}")).code for n in range(5)}
    assert {len(code) for code in codes} == {22}
    assert len(codes) == 5
