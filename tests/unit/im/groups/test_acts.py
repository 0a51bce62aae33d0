import asyncio

import pytest

from parlor.model.errors import (
    BadDisplayName,
    BadRequest,
    BadText,
    Forbidden,
    GroupDissolved,
    NotFound,
    NotMember,
    NotWanted,
    OwnerMustTransfer,
    TextTooLong,
    TooManyMembers,
)
from parlor.model.event import FOREVER, EventKind
from parlor.model.group import Role, Visible
from parlor.model.group_change import SettingsChange
from parlor.model.ids import ConnectionKey, UserId
from parlor.model.people import Privacy, Who
from parlor.wire.native.pushes import ConversationPush, EventPush
from tests.support.storage import ANN, BOB, CEM, DAN, NOBODY, NOWHERE
from tests.support.talk import open_talk


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path) as opened:
        yield opened


async def roles(talk, group):
    members = await talk.stores.conversations.members(group, None, 100)
    return {member.user_id: member.role for member in members}


async def last_seq(talk, group):
    return (await talk.stores.conversations.get(group)).last_seq


async def test_who_is_invited_hears_of_the_group_and_the_others_of_who_came(talk):
    group = await talk.group(ANN, BOB)
    event = await talk.groups.acts.invite(BOB, group, "i-1", [CEM, DAN, ANN])
    assert (event.kind, event.sender, event.members) == (EventKind.JOINED, BOB, (CEM, DAN))
    view = await talk.threads.get(CEM, group)
    assert talk.told.about_conversations == [
        ((CEM, DAN), ConversationPush(view)),
        ((ANN, BOB, CEM, DAN), EventPush(event)),
    ]


async def test_the_connection_that_acts_is_left_out_of_the_announcement(talk):
    group, here = await talk.group(ANN, BOB), ConnectionKey("here")
    acts = talk.groups.acts
    for do in (
        lambda: acts.invite(ANN, group, "1", [CEM], not_to=here),
        lambda: acts.give_role(ANN, group, "2", CEM, Role.ADMINISTRATOR, not_to=here),
        lambda: acts.mute(ANN, group, "3", BOB, not_to=here),
        lambda: acts.update(ANN, group, "4", title="Title", not_to=here),
        lambda: acts.update(ANN, group, "5", announcement="Read this", not_to=here),
        lambda: acts.update(ANN, group, "6", avatar="picture", not_to=here),
        lambda: acts.update(ANN, group, "7", wish=SettingsChange(read_only=True), not_to=here),
        lambda: acts.transfer(ANN, group, "8", CEM, not_to=here),
        lambda: acts.dissolve(CEM, group, "9", not_to=here),
    ):
        talk.told.left_out.clear()
        await do()
        assert talk.told.left_out == [here]
    talk.told.left_out.clear()
    other = await talk.group(ANN, BOB, CEM)
    await acts.remove(ANN, other, "1", [BOB], not_to=here)
    # Of what those hear who go, and of what the others hear.
    assert talk.told.left_out == [here, here]
    await acts.leave(CEM, other, "2", not_to=here)
    assert talk.told.left_out == [here] * 4


async def test_who_was_removed_hears_of_it_and_nothing_more(talk):
    group = await talk.group(ANN, BOB, CEM)
    event = await talk.groups.acts.remove(ANN, group, "r-1", [CEM])
    assert talk.told.about_conversations == [
        ((CEM,), EventPush(event)),
        ((ANN, BOB), EventPush(event)),
    ]
    talk.told.pushes.clear()
    await talk.say(BOB, group, "at last")
    assert [users for users, _ in talk.told.pushes] == [(ANN, BOB)]
    with pytest.raises(NotMember):
        await talk.say(CEM, group, "hey")


async def test_the_same_request_again_is_one_act_and_nobody_is_told_twice(talk):
    group = await talk.group(ANN, BOB)
    first = await talk.groups.acts.invite(ANN, group, "i-1", [CEM])
    talk.told.pushes.clear()
    assert await talk.groups.acts.invite(ANN, group, "i-1", [CEM]) == first
    assert await talk.groups.acts.invite(ANN, group, "i-2", [CEM]) is None
    assert talk.told.pushes == []
    assert await last_seq(talk, group) == 2


async def test_one_who_left_is_told_again_that_they_left(talk):
    group = await talk.group(ANN, BOB)
    first = await talk.groups.acts.leave(BOB, group, "l-1")
    assert await talk.groups.acts.leave(BOB, group, "l-1") == first
    with pytest.raises(NotMember):
        await talk.groups.acts.leave(BOB, group, "l-2")


async def test_the_last_owner_hands_the_group_over_before_leaving(talk):
    group = await talk.group(ANN, BOB)
    with pytest.raises(OwnerMustTransfer):
        await talk.groups.acts.leave(ANN, group, "l-1")
    await talk.groups.acts.transfer(ANN, group, "t-1", BOB)
    assert await roles(talk, group) == {ANN: Role.ADMINISTRATOR, BOB: Role.OWNER}
    await talk.groups.acts.leave(ANN, group, "l-2")
    await talk.groups.acts.leave(BOB, group, "l-3")
    assert await roles(talk, group) == {}


async def test_two_administrators_who_remove_each_other_at_once_both_stay(talk):
    group = await talk.group(ANN, BOB, CEM)
    for n, person in enumerate((BOB, CEM)):
        await talk.groups.acts.give_role(ANN, group, f"g-{n}", person, Role.ADMINISTRATOR)
    answers = await asyncio.gather(
        talk.groups.acts.remove(BOB, group, "r-1", [CEM]),
        talk.groups.acts.remove(CEM, group, "r-1", [BOB]),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [Forbidden, Forbidden]
    assert set(await roles(talk, group)) == {ANN, BOB, CEM}


async def test_an_administrator_who_is_unmade_while_removing_somebody_does_it_or_is_refused(talk):
    """Whichever comes first; never half of both."""
    group = await talk.group(ANN, BOB, CEM)
    await talk.groups.acts.give_role(ANN, group, "g-1", BOB, Role.ADMINISTRATOR)
    unmaking = asyncio.ensure_future(
        talk.groups.acts.give_role(ANN, group, "g-2", BOB, Role.MEMBER)
    )
    removing = asyncio.ensure_future(talk.groups.acts.remove(BOB, group, "r-1", [CEM]))
    await asyncio.wait([unmaking, removing])
    left = await roles(talk, group)
    assert left[BOB] is Role.MEMBER
    if removing.exception() is not None:
        assert isinstance(removing.exception(), Forbidden)
        assert CEM in left
    else:
        assert removing.result().seq < unmaking.result().seq
        assert CEM not in left


async def test_two_transfers_at_once_make_one_owner(talk):
    group = await talk.group(ANN, BOB, CEM)
    answers = await asyncio.gather(
        talk.groups.acts.transfer(ANN, group, "t-1", BOB),
        talk.groups.acts.transfer(ANN, group, "t-2", CEM),
        return_exceptions=True,
    )
    assert sorted(isinstance(answer, Forbidden) for answer in answers) == [False, True]
    assert list((await roles(talk, group)).values()).count(Role.OWNER) == 1


async def test_the_last_place_in_a_group_is_given_once(tmp_path):
    async with open_talk(tmp_path, max_group_members=3) as talk:
        group = await talk.group(ANN, BOB)
        answers = await asyncio.gather(
            talk.groups.acts.invite(ANN, group, "i-1", [CEM]),
            talk.groups.acts.invite(BOB, group, "i-1", [DAN]),
            return_exceptions=True,
        )
        assert sorted(isinstance(answer, TooManyMembers) for answer in answers) == [False, True]
        assert len(await roles(talk, group)) == 3


async def test_muting_is_for_a_time_of_the_servers_clock(talk):
    group = await talk.group(ANN, BOB)
    event = await talk.groups.acts.mute(ANN, group, "m-1", BOB, 60)
    assert event.until == talk.clock.unix_ms() + 60_000
    assert (await talk.threads.get(BOB, group)).muted_until == event.until
    assert (await talk.groups.acts.mute(ANN, group, "m-2", BOB)).until == FOREVER
    await talk.groups.acts.mute(ANN, group, "m-3", BOB, off=True)
    assert (await talk.threads.get(BOB, group)).muted_until == 0


async def test_everybody_is_muted_and_let_speak_again(talk):
    group = await talk.group(ANN, BOB)
    await talk.groups.acts.mute(ANN, group, "m-1", None)
    assert (await talk.threads.get(BOB, group)).settings.all_muted
    await talk.groups.acts.mute(ANN, group, "m-2", None, off=True)
    assert not (await talk.threads.get(BOB, group)).settings.all_muted


async def test_one_update_changes_one_thing(talk):
    group = await talk.group(ANN, BOB)
    acts = talk.groups.acts
    assert (await acts.update(ANN, group, "u-1", title=" 三年级 ")).title == "三年级"
    assert (await acts.update(ANN, group, "u-2", announcement="<b>Read</b>")).text == "<b>Read</b>"
    assert (await acts.update(ANN, group, "u-3", avatar="a7")).avatar == "a7"
    wish = SettingsChange(slow_mode_s=10)
    assert (await acts.update(ANN, group, "u-4", wish=wish)).settings.slow_mode_s == 10
    assert (await acts.update(ANN, group, "u-5", title="")).title == ""
    view = await talk.threads.get(BOB, group)
    assert (view.title, view.announcement, view.avatar) == ("", "<b>Read</b>", "a7")
    for wrong in ({}, {"title": "x", "avatar": "y"}):
        with pytest.raises(BadRequest):
            await acts.update(ANN, group, "u-6", **wrong)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"title": "x" * 65}, BadDisplayName),
        ({"title": "a\u202eb"}, BadDisplayName),
        ({"title": "\ud800"}, BadDisplayName),
        ({"announcement": "x" * 4_097}, TextTooLong),
        ({"announcement": "a\x00b"}, BadText),
        ({"announcement": "\ud800 x"}, BadText),
        ({"avatar": "x" * 65}, BadRequest),
        ({"avatar": "é"}, BadRequest),
        ({"wish": SettingsChange(slow_mode_s=-1)}, BadRequest),
        ({"wish": SettingsChange(slow_mode_s=3_601)}, BadRequest),
    ],
)
async def test_what_cannot_be_shown_or_kept_is_refused_and_nothing_is_stored(talk, change, refusal):
    group = await talk.group(ANN, BOB)
    with pytest.raises(refusal):
        await talk.groups.acts.update(ANN, group, "u-1", **change)
    assert await last_seq(talk, group) == 1


async def test_nonsense_is_refused_and_nothing_is_stored(tmp_path):
    async with open_talk(tmp_path, max_members_per_request=2) as talk:
        group, acts = await talk.group(ANN, BOB), talk.groups.acts
        for wrong in (
            acts.invite(ANN, group, "c", []),
            acts.invite(ANN, group, "c", [BOB, CEM, DAN]),
            acts.remove(ANN, group, "c", []),
            acts.invite(ANN, group, "", [CEM]),
            acts.invite(ANN, group, "x" * 65, [CEM]),
            acts.mute(ANN, group, "c", BOB, -1),
            acts.mute(ANN, group, "c", BOB, 366 * 86_400 + 1),
            acts.mute(ANN, group, "c", None, 5),
            acts.mute(ANN, group, "c", BOB, 5, off=True),
            acts.give_role(ANN, group, "c", BOB, Role.OWNER),
            acts.leave(ANN, await talk.direct(ANN, BOB), "c"),
        ):
            with pytest.raises(BadRequest):
                await wrong
        for nobody in (NOBODY, UserId("x"), UserId("\ud800")):
            with pytest.raises(NotFound):
                await acts.invite(ANN, group, "c", [nobody])
        with pytest.raises(NotFound):
            await acts.leave(ANN, NOWHERE, "c")
        assert await last_seq(talk, group) == 1


async def test_a_dissolved_group_is_read_by_its_members_and_takes_nothing(talk):
    group = await talk.group(ANN, BOB)
    await talk.say(BOB, group, "before")
    with pytest.raises(Forbidden):
        await talk.groups.acts.dissolve(BOB, group, "d-1")
    first = await talk.groups.acts.dissolve(ANN, group, "d-1")
    assert await talk.groups.acts.dissolve(ANN, group, "d-1") == first
    for late in (
        talk.groups.acts.invite(ANN, group, "i", [CEM]),
        talk.groups.acts.update(ANN, group, "u", title="New"),
        talk.groups.acts.dissolve(ANN, group, "d-2"),
    ):
        with pytest.raises(GroupDissolved):
            await late
    events, newest, _ = await talk.sync.events(BOB, group, 0, None, 10)
    assert [event.text for event in events if event.text] == ["before"]
    assert (newest, (await talk.threads.get(BOB, group)).dissolved) == (3, True)


async def test_a_dissolved_group_is_left_by_whoever_wants_it_out_of_their_list(talk):
    group = await talk.group(ANN, BOB, CEM)
    await talk.groups.acts.dissolve(ANN, group, "d")
    for person in (ANN, BOB):
        left = await talk.groups.acts.leave(person, group, "l")
        assert (left.kind, left.members) == (EventKind.LEFT, (person,))
        assert await talk.groups.acts.leave(person, group, "l") == left
        assert (await talk.threads.page(person, "", 10))[0] == []
    (view,), _ = await talk.threads.page(CEM, "", 10)
    assert (view.id, view.dissolved, view.member_count) == (group, True, 1)


async def test_a_new_member_sees_what_the_group_shows_to_new_members(talk):
    group = await talk.group(ANN, BOB)
    await talk.say(ANN, group, "secret")
    await talk.groups.acts.change(ANN, group, "s", SettingsChange(history=Visible.SINCE_JOINED))
    joined = await talk.groups.acts.invite(ANN, group, "i", [CEM])
    await talk.say(ANN, group, "welcome")
    for after, before in ((0, None), (None, None), (None, 5), (0, 5), (joined.seq - 1, None)):
        events, newest, more = await talk.sync.events(CEM, group, after, before, 10)
        assert events
        assert {event.seq for event in events} <= {joined.seq, joined.seq + 1}
        assert (newest, more) == (joined.seq + 1, False)
    assert (await talk.sync.events(CEM, group, None, joined.seq, 10))[0] == []
    events, _, more = await talk.sync.events(CEM, group, None, None, 1)
    assert ([event.text for event in events], more) == (["welcome"], True)
    view = await talk.threads.get(CEM, group)
    assert (view.history_from, view.unread, view.last_event.text) == (joined.seq, 1, "welcome")
    events, _, _ = await talk.sync.events(BOB, group, 0, None, 10)
    assert "secret" in [event.text for event in events]


async def test_a_lost_announcement_fails_no_act(talk):
    group = await talk.group(ANN, BOB)
    talk.told.failure = RuntimeError("bus")
    assert await talk.groups.acts.invite(ANN, group, "i", [CEM]) is not None
    assert await talk.groups.acts.remove(ANN, group, "r", [BOB]) is not None
    assert set(await roles(talk, group)) == {ANN, CEM}


async def test_nobody_is_added_who_does_not_want_to_be_and_members_stay_as_they_are(talk):
    group = await talk.group(ANN, BOB)
    for picky in (BOB, CEM):
        await talk.stores.profiles.change_privacy(picky, lambda _: Privacy(groups=Who.CONTACTS), 1)
    with pytest.raises(NotWanted) as refused:
        await talk.groups.acts.invite(ANN, group, "i1", [BOB, CEM, DAN])
    assert CEM in str(refused.value)
    assert BOB not in str(refused.value)
    assert (await talk.stores.conversations.get(group)).member_count == 2
    first = await talk.groups.acts.invite(ANN, group, "i2", [BOB, DAN])
    await talk.stores.profiles.change_privacy(DAN, lambda _: Privacy(groups=Who.NOBODY), 1)
    assert await talk.groups.acts.invite(ANN, group, "i2", [BOB, DAN]) == first


async def test_of_many_who_come_in_together_nobody_is_told_another_s_silence(talk):
    group = await talk.group(ANN, BOB, DAN)
    await talk.groups.acts.mute(ANN, group, "m", BOB)
    await talk.groups.acts.leave(BOB, group, "l-1")
    talk.told.pushes.clear()
    await talk.groups.acts.invite(ANN, group, "i-1", [BOB, CEM])
    assert talk.told.pushes[0][1].conversation.muted_until == 0
    await talk.groups.acts.leave(BOB, group, "l-2")
    talk.told.pushes.clear()
    await talk.groups.acts.invite(ANN, group, "i-2", [BOB])
    assert talk.told.pushes[0][1].conversation.muted_until == FOREVER
