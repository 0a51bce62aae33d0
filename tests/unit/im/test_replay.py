from typing import Any

import pytest

from parlor.im.replay import MemberPlace, replay
from parlor.model.event import Draft, Event, EventKind, event_of
from parlor.model.group import GroupSettings, Role, Visible
from parlor.model.ids import UserId
from parlor.model.message_state import MessageState, Reaction
from tests.support.storage import ANN, BOB, CEM, DAN, TALK

MEMBER = Role.MEMBER


def log_of(*drafts: Draft) -> list[Event]:
    created = Draft(TALK, EventKind.CREATED, ANN, members=(ANN, BOB), title="Team")
    return [event_of(draft, seq, 10 * seq) for seq, draft in enumerate((created, *drafts), 1)]


def did(kind: EventKind, sender: UserId = ANN, **more: Any) -> Draft:
    return Draft(TALK, kind, sender, **more)


def said(text: str = "hi") -> Draft:
    return did(EventKind.MESSAGE, text=text)


def test_a_new_conversation_is_its_owners():
    snapshot = replay(log_of())
    assert (snapshot.title, snapshot.last_seq, snapshot.active_at) == ("Team", 1, 10)
    assert snapshot.members == {ANN: MemberPlace(Role.OWNER, 1), BOB: MemberPlace(MEMBER, 1)}


def test_messages_change_nothing_but_the_log():
    snapshot = replay(log_of(said(), said()))
    assert (snapshot.last_seq, snapshot.states) == (3, {})


def test_members_come_and_go():
    snapshot = replay(
        log_of(
            did(EventKind.JOINED, members=(CEM, DAN)),
            did(EventKind.LEFT, members=(BOB, CEM)),
        )
    )
    assert snapshot.members == {ANN: MemberPlace(Role.OWNER, 1), DAN: MemberPlace(MEMBER, 2)}


def test_who_joins_sees_what_the_settings_of_that_moment_say():
    since = GroupSettings(history=Visible.SINCE_JOINED)
    snapshot = replay(
        log_of(
            did(EventKind.JOINED, members=(CEM,)),
            did(EventKind.SETTINGS, settings=since),
            did(EventKind.JOINED, members=(DAN,)),
        )
    )
    assert snapshot.settings == since
    assert (snapshot.members[CEM].history_from, snapshot.members[DAN].history_from) == (0, 4)


def test_handing_a_group_over_makes_an_administrator_of_its_owner():
    snapshot = replay(log_of(did(EventKind.ROLE, members=(BOB,), role=Role.OWNER)))
    roles = {user: place.role for user, place in snapshot.members.items()}
    assert roles == {ANN: Role.ADMINISTRATOR, BOB: Role.OWNER}


def test_one_member_is_muted_or_everybody():
    one = replay(log_of(did(EventKind.MUTE, members=(BOB,), until=99)))
    assert (one.members[BOB].muted_until, one.settings.all_muted) == (99, False)
    everybody = [did(EventKind.MUTE, until=99), did(EventKind.MUTE, off=True)]
    assert replay(log_of(everybody[0])).settings.all_muted
    assert not replay(log_of(*everybody)).settings.all_muted


def test_who_leaves_and_comes_again_is_muted_as_before():
    muted = did(EventKind.MUTE, members=(BOB,), until=99)
    went, came = did(EventKind.LEFT, BOB, members=(BOB,)), did(EventKind.JOINED, members=(BOB,))
    assert replay(log_of(muted, went, came)).members[BOB].muted_until == 99


def test_what_a_group_says_of_itself_is_the_last_that_was_said():
    snapshot = replay(
        log_of(
            did(EventKind.TITLE, title="New"),
            did(EventKind.ANNOUNCEMENT, text="Read this"),
            did(EventKind.AVATAR, avatar="a1"),
            did(EventKind.DISSOLVED),
        )
    )
    assert (snapshot.title, snapshot.announcement, snapshot.avatar, snapshot.dissolved) == (
        "New", "Read this", "a1", True,
    )  # fmt: skip


def test_an_edited_message_says_what_the_last_edit_says():
    snapshot = replay(
        log_of(
            said(),
            did(EventKind.EDIT, target=2, text="ho"),
            did(EventKind.EDIT, target=2, text="hm"),
        )
    )
    assert snapshot.states == {2: MessageState(2, 4, "hm", (3, 4))}


def test_reactions_are_counted_in_the_order_they_were_given():
    def react(user, emoji: str, *, off: bool = False) -> Draft:
        return did(EventKind.REACTION, user, target=2, emoji=emoji, off=off)

    steps = [react(BOB, "👍"), react(ANN, "🎉"), react(ANN, "👍"), react(BOB, "👍", off=True)]
    states = replay(log_of(said(), *steps)).states
    given = (Reaction("👍", 1, (ANN,)), Reaction("🎉", 1, (ANN,)))
    assert states == {2: MessageState(2, 6, reactions=given)}
    gone = replay(log_of(said(), *steps, react(ANN, "👍", off=True))).states
    assert gone[2].reactions == (Reaction("🎉", 1, (ANN,)),)


def test_nothing_is_left_of_a_recalled_message():
    snapshot = replay(
        log_of(
            said(),
            did(EventKind.PIN, target=2),
            did(EventKind.REACTION, BOB, target=2, emoji="👍"),
            did(EventKind.EDIT, target=2, text="ho"),
            did(EventKind.RECALL, target=2),
        )
    )
    assert snapshot.states == {2: MessageState(2, 6, recalled_by=ANN)}


def test_a_pin_is_taken_off():
    pinned = log_of(said(), did(EventKind.PIN, target=2))
    assert replay(pinned).states[2].pinned
    unpinned = log_of(said(), did(EventKind.PIN, target=2), did(EventKind.PIN, target=2, off=True))
    assert not replay(unpinned).states[2].pinned


def test_a_log_with_a_gap_is_refused():
    log = log_of(said(), said())
    for broken in ([log[0], log[2]], log[1:], [log[0], log[0]]):
        with pytest.raises(ValueError, match="follows"):
            replay(broken)


def test_every_kind_of_event_is_replayed_or_known_to_change_nothing():
    from parlor.im import replay as module

    nothing = {EventKind.MESSAGE, EventKind.CALL}
    assert module._CHANGES.keys() | nothing == set(EventKind)
