"""The checker of `make chaos` is checked: every kind of fault that is planted is found."""

from copy import deepcopy

import msgspec
import pytest

from parlor.im.replay import replay
from parlor.model.event import Draft, Event, EventKind
from parlor.model.group import Role
from parlor.model.ids import ConversationId, EventId, UserId
from tests.support.histories import Acknowledged, History, Place, Undone, faults

TALK = ConversationId("7")
ANN, BOB = UserId("1"), UserId("2")


def event(seq: int, kind: EventKind = EventKind.MESSAGE, sender: UserId = ANN, **said) -> Event:
    said = {"text": f"say {seq}"} | said if kind is EventKind.MESSAGE else said
    return Event(
        TALK, seq, EventId(f"7-{seq}"), kind, sender, 1_000 + seq, f"c{seq}", **said
    )  # fmt: skip


LOG = [
    event(1, EventKind.CREATED, members=(ANN, BOB), title="Team"),
    event(2),
    event(3),
    event(4, EventKind.EDIT, target=2, text="say it better"),
    event(5, EventKind.REACTION, BOB, target=2, emoji="👍"),
    event(6, EventKind.PIN, target=3),
    event(7, EventKind.TITLE, title="Other"),
    event(8, EventKind.ROLE, members=(BOB,), role=Role.ADMINISTRATOR),
    event(9, sender=BOB),
    event(10, sender=BOB),
]


def draft(one: Event) -> Draft:
    names = set(Draft.__struct_fields__)
    said = {name: value for name, value in msgspec.structs.asdict(one).items() if name in names}
    return Draft(**said)


@pytest.fixture
def history() -> History:
    shown = replay(LOG)
    return deepcopy(
        History(
            acknowledged=[Acknowledged(draft(one), one.seq) for one in LOG],
            undone=[Undone(Draft(TALK, EventKind.PIN, BOB, "late", target=2), "forbidden")],
            stored={TALK: list(LOG)},
            shown={TALK: shown},
            places={(ANN, TALK): Place(9, 1), (BOB, TALK): Place(2, 1)},
            devices={"phone": {TALK: list(LOG)}, "web": {TALK: list(LOG)}},
            told={(TALK, replay(LOG[:upto]).states[2]) for upto in (4, 5, 10)},
            reads={("phone", TALK): [1, 3, 3, 6], ("web", TALK): [2, 6]},
        )
    )


def test_a_history_in_which_every_promise_was_kept_has_no_faults(history):
    assert faults(history) == []


def without_devices(history: History) -> History:
    """The faults of the logs alone."""
    history.devices, history.shown, history.told, history.places = {}, {}, set(), {}
    return history


def only(history: History, part: str) -> str:
    """The one fault there is, which has `part` in its words."""
    (fault,) = faults(history)
    assert part in fault
    return fault


def test_a_lost_message_is_found(history):
    without_devices(history).stored[TALK] = LOG[:-1]
    assert "c10" in only(history, "lost")


@pytest.mark.parametrize("lost", range(3, 8), ids=lambda at: LOG[at].kind)
def test_a_lost_act_of_any_kind_is_found(history, lost):
    later = [msgspec.structs.replace(one, seq=one.seq - 1) for one in LOG[lost + 1 :]]
    without_devices(history).stored[TALK] = [*LOG[:lost], *later]
    history.acknowledged = history.acknowledged[: lost + 1]
    assert f"'c{lost + 1}'" in only(history, "lost")


def test_a_doubled_message_is_found(history):
    double = msgspec.structs.replace(LOG[2], seq=11, id=EventId("7-11"))
    without_devices(history).stored[TALK] = [*LOG, double]
    only(history, "2 times")


def test_a_gap_is_found(history):
    without_devices(history).stored[TALK] = [one for one in LOG if one.seq != 3]
    history.acknowledged = []
    only(history, "missing [3]")


def test_a_message_that_changed_its_place_is_found(history):
    swapped = [
        msgspec.structs.replace(LOG[2], seq=2),
        msgspec.structs.replace(LOG[1], seq=3),
    ]
    without_devices(history).stored[TALK] = [LOG[0], *swapped, *LOG[3:]]
    assert [fault.partition(" was ")[2] for fault in faults(history)] == [
        "acknowledged as 2 and is 3",
        "acknowledged as 3 and is 2",
    ]


@pytest.mark.parametrize(
    ("at", "other"),
    [
        (9, {"text": "other"}),
        (3, {"target": 3}),
        (4, {"emoji": "🎉"}),
        (4, {"off": True}),
        (5, {"kind": EventKind.RECALL}),
        (6, {"title": "Another"}),
        (7, {"members": (ANN,)}),
        (7, {"role": Role.OWNER}),
    ],
    ids=lambda value: str(value),
)
def test_an_act_that_was_stored_as_another_is_found(history, at, other):
    changed = msgspec.structs.replace(LOG[at], **other)
    without_devices(history).stored[TALK] = [*LOG[:at], changed, *LOG[at + 1 :]]
    only(history, "something else")


def test_what_a_recalled_message_and_its_edits_said_may_be_gone_and_nothing_else(history):
    without_devices(history)
    recall = event(11, EventKind.RECALL, target=2)
    empty = {at: msgspec.structs.replace(LOG[at], text="") for at in (1, 3)}
    history.stored[TALK] = [*(empty.get(at, one) for at, one in enumerate(LOG)), recall]
    assert faults(history) == []
    history.stored[TALK][2] = msgspec.structs.replace(LOG[2], text="")
    only(history, "something else")


def test_what_was_refused_and_is_stored_is_found(history):
    late = event(11, EventKind.PIN, BOB, target=2)
    without_devices(history).stored[TALK] = [
        *LOG, msgspec.structs.replace(late, client_id="late")
    ]  # fmt: skip
    only(history, "was refused (forbidden) and is stored as 11")


def test_a_device_that_takes_events_out_of_order_is_found(history):
    history.devices["web"] = {TALK: [*LOG[:3], LOG[4], LOG[3], *LOG[5:]]}
    only(history, "out of order")


def test_a_device_that_takes_an_event_twice_is_found(history):
    history.devices["web"] = {TALK: [*LOG[:3], LOG[2], *LOG[3:]]}
    only(history, "twice")


def test_a_device_that_never_gets_an_event_is_found(history):
    history.devices["web"] = {TALK: LOG[:-2]}
    only(history, "[9, 10]")


def test_two_devices_that_see_different_orders_are_found(history):
    other = [
        msgspec.structs.replace(LOG[9], seq=9),
        msgspec.structs.replace(LOG[8], seq=10),
    ]
    history.devices["phone"] = {TALK: [*LOG[:8], *other]}
    assert len(faults(history)) == 2


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("title", "Team"),
        ("announcement", "Hear!"),
        ("dissolved", True),
        ("last_seq", 9),
        ("members", {}),
        ("states", {}),
    ],
)
def test_a_snapshot_that_is_not_what_its_log_makes_is_found(history, name, other):
    history.shown[TALK] = msgspec.structs.replace(history.shown[TALK], **{name: other})
    only(history, f"{name} is")


def test_a_member_in_another_role_than_the_log_gave_is_found(history):
    shown = history.shown[TALK]
    members = shown.members | {BOB: msgspec.structs.replace(shown.members[BOB], role=Role.MEMBER)}
    history.shown[TALK] = msgspec.structs.replace(shown, members=members)
    only(history, "members is")


def test_a_state_that_the_log_never_made_is_found(history):
    at_four = replay(LOG[:4]).states[2]
    history.told.add((TALK, msgspec.structs.replace(at_four, changed_seq=5)))
    only(history, "was told")


def test_a_wrong_count_of_unread_messages_is_found(history):
    history.places[BOB, TALK] = Place(2, 2)
    only(history, "2 unread, by the log 1")


def test_a_read_position_that_moves_back_is_found(history):
    history.reads[("web", TALK)] = [2, 6, 5]
    only(history, "from 6 to 5")
