"""The two clocks of a call, and how it ends."""

from __future__ import annotations

import pytest

from parlor.calls.state import call as life
from parlor.calls.state import moves
from parlor.calls.state.call import Device, Record, Tell
from parlor.calls.state.moves import Act
from parlor.model.call import CallState
from parlor.model.event import CallOutcome, CallRecord
from parlor.model.ids import CallId, ConversationId, UserId
from tests.support.one_call import (
    ADA,
    BO,
    DESK,
    LAPTOP,
    OFFER,
    PHONE,
    TABLET,
    call_in,
    invited,
    records_in,
)


def test_duration_counts_from_the_answer_in_whole_seconds():
    _, actions = moves.act(call_in(CallState.ACTIVE), PHONE, Act.HANG_UP, 105.9)
    assert records_in(actions) == [
        CallRecord(CallId("7"), ADA, "video", CallOutcome.ANSWERED, duration_s=3)
    ]


@pytest.mark.parametrize("state", [CallState.INVITED, CallState.RINGING])
def test_a_call_that_nobody_answers_is_missed_after_the_ring_time(state):
    call = call_in(state)
    assert life.on_time(call, 144.9) == (call, ())
    call, actions = life.on_time(call, 145.0)
    assert call.outcome is CallOutcome.MISSED
    assert actions[0] == Tell((ADA, BO), call.view())
    assert records_in(actions) == [CallRecord(call.id, ADA, "video", CallOutcome.MISSED)]


@pytest.mark.parametrize("state", [CallState.INVITED, CallState.RINGING])
def test_a_caller_who_vanishes_while_it_rings_cancels_after_the_grace(state):
    call = life.on_gone(call_in(state), PHONE, 110.0)
    assert life.on_time(call, 124.9) == (call, ())
    assert life.on_time(call, 125.0)[0].outcome is CallOutcome.CANCELLED


@pytest.mark.parametrize("device", [PHONE, DESK])
def test_a_talking_device_that_stays_away_ends_the_call_as_answered(device):
    call = life.on_gone(call_in(CallState.ACTIVE), device, 110.0)
    assert life.is_gone(call, device.user)
    assert life.on_time(call, 124.9) == (call, ())
    call, actions = life.on_time(call, 125.0)
    assert records_in(actions) == [CallRecord(call.id, ADA, "video", CallOutcome.ANSWERED, 23)]


@pytest.mark.parametrize("device", [PHONE, DESK])
def test_a_device_that_is_back_within_the_grace_keeps_the_call(device):
    call = life.on_gone(call_in(CallState.ACTIVE), device, 110.0)
    call = life.on_back(call, device)
    assert call == call_in(CallState.ACTIVE)
    assert life.on_time(call, 1_000.0) == (call, ())


def test_a_device_that_acts_is_not_gone():
    call = life.on_gone(call_in(CallState.ACTIVE), DESK, 110.0)
    call, _ = moves.act(call, DESK, Act.SIGNAL, 111.0, OFFER)
    assert not life.is_gone(call, BO)


def test_the_grace_counts_from_the_first_time_it_was_gone():
    call = life.on_gone(call_in(CallState.ACTIVE), DESK, 110.0)
    assert life.on_gone(call, DESK, 120.0) == call


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("device", [LAPTOP, TABLET, Device(UserId("3"), "x/1")])
def test_devices_that_do_not_talk_may_come_and_go(state, device):
    call = call_in(state)
    assert life.on_gone(call, device, 110.0) == call
    assert life.on_back(call, device) == call


@pytest.mark.parametrize("device", [PHONE, DESK])
def test_nothing_touches_a_call_that_has_ended(device):
    call = call_in(CallState.ENDED)
    assert life.on_gone(call, device, 110.0) == call
    assert life.on_time(call, 10_000.0) == (call, ())
    assert life.abandon(call, 10_000.0) == (call, ())


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (CallState.INVITED, CallOutcome.CANCELLED),
        (CallState.RINGING, CallOutcome.CANCELLED),
        (CallState.ACTIVE, CallOutcome.ANSWERED),
    ],
)
def test_an_abandoned_call_ends_by_whether_anybody_talked(state, outcome):
    _, actions = life.abandon(call_in(state), 110.0)
    assert [record.outcome for record in records_in(actions)] == [outcome]


def test_a_new_call_rings_all_devices_of_both():
    call, actions = life.invite(invited())
    assert actions == (Tell((ADA, BO), call.view()),)
    assert call.view().state is CallState.INVITED


def test_busy_is_told_to_the_caller_only_and_recorded():
    call, (tell, record) = life.refuse_busy(invited(), 100.0)
    assert tell == Tell((ADA,), call.view())
    assert record == Record(
        ConversationId("9"), CallRecord(CallId("7"), ADA, "video", CallOutcome.BUSY)
    )
