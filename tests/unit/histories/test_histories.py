"""The checker of `make chaos` is checked: every kind of fault that is planted is found."""

from copy import deepcopy

import msgspec
import pytest

from parlor.model.event import Event, EventKind
from parlor.model.ids import ConversationId, EventId, UserId
from tests.support.histories import Acknowledged, History, faults

TALK = ConversationId("7")
ANN = UserId("1")


def event(seq: int) -> Event:
    return Event(
        TALK, seq, EventId(f"7-{seq}"), EventKind.MESSAGE, ANN, 1_000 + seq, f"c{seq}", f"say {seq}"
    )


LOG = [event(seq) for seq in range(1, 7)]


@pytest.fixture
def history() -> History:
    return deepcopy(
        History(
            acknowledged=[Acknowledged(TALK, ANN, one.client_id, one.seq, one.text) for one in LOG],
            stored={TALK: list(LOG)},
            devices={"phone": {TALK: list(LOG)}, "web": {TALK: list(LOG)}},
            reads={("phone", TALK): [1, 3, 3, 6], ("web", TALK): [2, 6]},
        )
    )


def test_a_history_in_which_every_promise_was_kept_has_no_faults(history):
    assert faults(history) == []


def test_a_lost_message_is_found(history):
    history.stored[TALK] = LOG[:-1]
    history.devices = {}
    (fault,) = faults(history)
    assert "c6" in fault
    assert "lost" in fault


def test_a_doubled_message_is_found(history):
    double = msgspec.structs.replace(LOG[2], seq=7, id=EventId("7-7"))
    history.stored[TALK] = [*LOG, double]
    history.devices = {}
    assert any("2 times" in fault for fault in faults(history))


def test_a_gap_is_found(history):
    history.stored[TALK] = [one for one in LOG if one.seq != 3]
    history.devices = {}
    history.acknowledged = []
    (fault,) = faults(history)
    assert "missing [3]" in fault


def test_a_message_that_changed_its_place_is_found(history):
    swapped = [
        msgspec.structs.replace(LOG[1], seq=3),
        msgspec.structs.replace(LOG[2], seq=2),
    ]
    history.stored[TALK] = [LOG[0], swapped[1], swapped[0], *LOG[3:]]
    history.devices = {}
    assert len(faults(history)) == 2


def test_a_message_whose_words_changed_is_found(history):
    history.stored[TALK] = [*LOG[:-1], msgspec.structs.replace(LOG[-1], text="other")]
    history.devices = {}
    (fault,) = faults(history)
    assert "something else" in fault


def test_a_device_that_takes_events_out_of_order_is_found(history):
    history.devices["web"] = {TALK: [*LOG[:3], LOG[4], LOG[3], LOG[5]]}
    (fault,) = faults(history)
    assert "out of order" in fault


def test_a_device_that_takes_an_event_twice_is_found(history):
    history.devices["web"] = {TALK: [*LOG[:3], LOG[2], *LOG[3:]]}
    assert any("twice" in fault for fault in faults(history))


def test_a_device_that_never_gets_an_event_is_found(history):
    history.devices["web"] = {TALK: LOG[:-2]}
    (fault,) = faults(history)
    assert "[5, 6]" in fault


def test_two_devices_that_see_different_orders_are_found(history):
    other = [
        *LOG[:4],
        msgspec.structs.replace(LOG[5], seq=5),
        msgspec.structs.replace(LOG[4], seq=6),
    ]
    history.devices["phone"] = {TALK: other}
    assert len(faults(history)) == 2


def test_a_read_position_that_moves_back_is_found(history):
    history.reads[("web", TALK)] = [2, 6, 5]
    (fault,) = faults(history)
    assert "from 6 to 5" in fault
