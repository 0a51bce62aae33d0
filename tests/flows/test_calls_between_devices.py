"""Whole calls between two people with several devices each, in virtual time."""

from __future__ import annotations

import pytest

from parlor.model.call import CallState, Media
from parlor.model.errors import Busy, CallOver, CallTaken, NotInCall, StorageFailed
from parlor.model.event import CallOutcome, CallRecord
from tests.support.phones import Exchange, Phone, conversation_of


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def ada(exchange: Exchange) -> Phone:
    return exchange.phone("1", "phone")


@pytest.fixture
def bo_desk(exchange: Exchange) -> Phone:
    return exchange.phone("2", "desk")


@pytest.fixture
def bo_tablet(exchange: Exchange) -> Phone:
    return exchange.phone("2", "tablet")


async def test_a_video_call_from_ring_to_record(exchange, ada, bo_desk, bo_tablet):
    call = await ada.call(bo_desk, Media.VIDEO)
    await bo_desk.show(call)
    await bo_tablet.show(call)
    await exchange.pass_time(4)
    await bo_desk.accept(call)
    await ada.signal(call.id, "offer", "o")
    await bo_desk.signal(call.id, "answer", "a")
    await ada.signal(call.id, "candidate", "c")
    await exchange.pass_time(61)
    await bo_desk.hang_up(call)
    await exchange.pass_time(0.25)

    states = [CallState.INVITED, CallState.RINGING, CallState.ACTIVE, CallState.ENDED]
    for phone in (ada, bo_desk, bo_tablet):
        assert [view.state for view in phone.seen] == states
    assert [signal.kind for signal in bo_desk.signals] == ["offer", "candidate"]
    assert [signal.kind for signal in ada.signals] == ["answer"]
    assert bo_tablet.signals == []
    assert ada.last == bo_desk.last
    assert ada.last.answered_at - ada.last.invited_at == 4_000
    assert ada.last.ended_at - ada.last.answered_at == 61_000
    record = CallRecord(call.id, ada.user, "video", CallOutcome.ANSWERED, 61)
    assert exchange.journal.events == [(conversation_of(ada.user, bo_desk.user), record)]


async def test_answering_on_one_device_stops_the_others(ada, bo_desk, bo_tablet):
    call = await ada.call(bo_desk)
    await bo_desk.accept(call)
    assert bo_tablet.last.state is CallState.ACTIVE
    assert bo_tablet.last.callee_endpoint == bo_desk.endpoint != bo_tablet.endpoint
    with pytest.raises(CallTaken):
        await bo_tablet.accept(call)
    with pytest.raises(CallTaken):
        await bo_tablet.reject(call)
    with pytest.raises(NotInCall):
        await bo_tablet.hang_up(call)
    assert ada.last.state is CallState.ACTIVE


async def test_rejecting_on_one_device_ends_it_for_all(exchange, ada, bo_desk, bo_tablet):
    call = await ada.call(bo_desk)
    await bo_tablet.reject(call)
    assert {phone.last.outcome for phone in (ada, bo_desk, bo_tablet)} == {CallOutcome.REJECTED}
    with pytest.raises(CallOver):
        await bo_desk.accept(call)
    await exchange.pass_time(1)
    assert [record.outcome for record in exchange.journal.records()] == [CallOutcome.REJECTED]


async def test_a_caller_who_gives_up_stops_the_ringing(exchange, ada, bo_desk, bo_tablet):
    call = await ada.call(bo_desk)
    await bo_desk.show(call)
    await ada.hang_up(call)
    assert bo_desk.last.outcome is bo_tablet.last.outcome is CallOutcome.CANCELLED
    await exchange.pass_time(1)
    assert [record.outcome for record in exchange.journal.records()] == [CallOutcome.CANCELLED]


async def test_nobody_at_home_is_a_missed_call_after_45_seconds(exchange, ada, bo_desk):
    bo_desk.connected = False
    await ada.call(bo_desk)
    await exchange.pass_time(44.75)
    assert ada.last.state is CallState.INVITED
    await exchange.pass_time(0.25)
    assert ada.last.outcome is CallOutcome.MISSED
    assert [record.outcome for record in exchange.journal.records()] == [CallOutcome.MISSED]


async def test_a_device_that_comes_online_while_it_rings_can_answer(exchange, ada, bo_desk):
    bo_desk.connected = False
    call = await ada.call(bo_desk)
    await ada.signal(call.id, "offer", "early")
    await exchange.pass_time(20)
    assert bo_desk.reconnect() == (call,)
    await bo_desk.accept(call)
    assert [signal.payload for signal in bo_desk.signals] == ["early"]


async def test_both_who_call_at_once_are_in_one_call(exchange, ada, bo_desk, bo_tablet):
    first = await ada.call(bo_desk, Media.VIDEO)
    second = await bo_desk.call(ada, Media.AUDIO)
    assert second.id == first.id
    assert second.state is CallState.ACTIVE
    assert second.media is Media.VIDEO
    assert bo_tablet.last == ada.last == second
    await ada.hang_up(second)
    await exchange.pass_time(1)
    assert len(exchange.journal.records()) == 1


async def test_who_is_busy_is_not_disturbed(exchange, ada, bo_desk):
    cy = exchange.phone("3", "watch")
    talk = await ada.call(bo_desk)
    await bo_desk.accept(talk)
    pushed_to_bo = len(bo_desk.seen)
    refused = await cy.call(bo_desk)
    assert refused.outcome is CallOutcome.BUSY
    assert cy.last == refused
    assert len(bo_desk.seen) == pushed_to_bo
    with pytest.raises(Busy):
        await ada.call(cy)
    await exchange.pass_time(1)
    assert exchange.journal.events == [
        (
            conversation_of(cy.user, bo_desk.user),
            CallRecord(refused.id, cy.user, "audio", CallOutcome.BUSY),
        )
    ]


async def test_a_device_that_reconnects_within_the_grace_stays_in_the_call(exchange, ada, bo_desk):
    call = await ada.call(bo_desk)
    await bo_desk.accept(call)
    bo_desk.lose_connection()
    await exchange.pass_time(14)
    assert [view.id for view in bo_desk.reconnect()] == [call.id]
    await bo_desk.signal(call.id, "offer", "after an ICE restart")
    await exchange.pass_time(60)
    assert ada.last.state is CallState.ACTIVE
    assert [signal.payload for signal in ada.signals] == ["after an ICE restart"]


async def test_a_device_that_vanishes_for_good_ends_the_call(exchange, ada, bo_desk, bo_tablet):
    call = await ada.call(bo_desk)
    await bo_desk.accept(call)
    await exchange.pass_time(10)
    bo_desk.lose_connection()
    await exchange.pass_time(14.75)
    assert ada.last.state is CallState.ACTIVE
    await exchange.pass_time(0.25)
    assert ada.last.outcome is bo_tablet.last.outcome is CallOutcome.ANSWERED
    assert bo_desk.reconnect() == ()
    assert [record.duration_s for record in exchange.journal.records()] == [25]


async def test_a_caller_that_vanishes_while_it_rings_stops_the_ringing(exchange, ada, bo_desk):
    await ada.call(bo_desk)
    ada.lose_connection()
    await exchange.pass_time(15)
    assert bo_desk.last.outcome is CallOutcome.CANCELLED
    assert [record.outcome for record in exchange.journal.records()] == [CallOutcome.CANCELLED]


async def test_a_ringing_device_that_vanishes_leaves_the_call_to_the_others(
    exchange, ada, bo_desk, bo_tablet
):
    call = await ada.call(bo_desk)
    await bo_desk.show(call)
    bo_desk.lose_connection()
    await exchange.pass_time(30)
    assert (await bo_tablet.accept(call)).state is CallState.ACTIVE


async def test_after_a_reload_a_person_may_call_again_at_once(exchange, ada, bo_desk):
    call = await ada.call(bo_desk)
    await bo_desk.accept(call)
    ada.lose_connection()
    reloaded = exchange.phone("1", "phone-reloaded")
    again = await reloaded.call(bo_desk)
    assert again.state is CallState.INVITED
    assert [(view.id, view.state) for view in bo_desk.seen[-2:]] == [
        (call.id, CallState.ENDED),
        (again.id, CallState.INVITED),
    ]


async def test_a_database_that_is_down_delays_the_record_and_never_doubles_it(
    exchange, ada, bo_desk
):
    exchange.journal.failures = [StorageFailed(), StorageFailed()]
    exchange.journal.stored_but_unheard = [StorageFailed()]
    call = await ada.call(bo_desk)
    await bo_desk.accept(call)
    await exchange.pass_time(5)
    await ada.hang_up(call)
    assert bo_desk.last.state is CallState.ENDED
    await exchange.pass_time(30)
    assert [record.duration_s for record in exchange.journal.records()] == [5]
    assert exchange.journal.attempts == 4


async def test_hanging_up_twice_from_both_sides_is_one_end(exchange, ada, bo_desk):
    call = await ada.call(bo_desk)
    await bo_desk.accept(call)
    ended = await ada.hang_up(call)
    assert await bo_desk.hang_up(call) == ended
    assert await ada.hang_up(call) == ended
    await exchange.pass_time(1)
    assert len(exchange.journal.records()) == 1
