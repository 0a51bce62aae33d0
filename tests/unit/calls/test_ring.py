"""The service around the rules: who is asked, what is pushed to whom and in which order."""

from __future__ import annotations

import asyncio

import pytest

from parlor.calls.settings import CallsSettings
from parlor.model.call import CallState, Media
from parlor.model.errors import BadRequest, NoSuchCall, NotFound, NotInCall, NotMember, TooLarge
from parlor.model.ids import CallId, ConversationId
from tests.support.phones import UNIX_MS_AT_START, Exchange, Phone


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def ada(exchange: Exchange) -> Phone:
    return exchange.phone("1", "phone")


@pytest.fixture
def bo(exchange: Exchange) -> Phone:
    return exchange.phone("2", "desk")


async def test_starting_a_call_tells_every_device_of_both(exchange, ada, bo):
    laptop, stranger = exchange.phone("1", "laptop"), exchange.phone("3", "watch")
    view = await ada.call(bo, Media.VIDEO)
    assert view.state is CallState.INVITED
    assert (view.caller, view.callee, view.media) == (ada.user, bo.user, Media.VIDEO)
    assert (view.caller_endpoint, view.invited_at) == (ada.endpoint, UNIX_MS_AT_START)
    assert [phone.seen for phone in (ada, laptop, bo)] == [[view]] * 3
    assert stranger.seen == []


@pytest.mark.parametrize(
    ("conversation", "error"),
    [("2-3", NotMember), ("nonsense", NotFound), ("group-1", BadRequest)],
)
async def test_only_the_two_of_a_direct_conversation_may_call_in_it(
    exchange, ada, conversation, error
):
    with pytest.raises(error):
        await exchange.calls.start(
            ada.user, ada.endpoint, ConversationId(conversation), Media.AUDIO
        )
    assert exchange.calls.of_user(ada.user) == ()


async def test_call_ids_are_random_numbers_of_53_bits(ada, bo):
    first = await ada.call(bo)
    await ada.hang_up(first)
    second = await ada.call(bo)
    assert first.id != second.id
    assert int(first.id).bit_length() == 53


async def test_a_reply_shows_the_call_as_it_is_not_as_it_was(exchange, ada, bo):
    call = await ada.call(bo)
    held = exchange.hold_pushes()
    accepting = asyncio.create_task(bo.accept(call))
    await asyncio.sleep(0)
    hanging_up = asyncio.create_task(ada.hang_up(call))
    await asyncio.sleep(0)
    held.set()
    assert (await accepting).state is CallState.ENDED
    assert (await hanging_up).state is CallState.ENDED


async def test_states_arrive_in_order_however_slow_the_bus_is(exchange, ada, bo):
    call = await ada.call(bo)
    held = exchange.hold_pushes()
    tasks = []
    for act in (bo.show, bo.accept, ada.hang_up):
        tasks.append(asyncio.create_task(act(call)))
        await asyncio.sleep(0)
    held.set()
    await asyncio.gather(*tasks)
    assert [view.state for view in bo.seen] == list(CallState)


async def test_a_requester_that_goes_away_does_not_take_the_push_with_it(exchange, ada, bo):
    call = await ada.call(bo)
    held = exchange.hold_pushes()
    hanging_up = asyncio.create_task(ada.hang_up(call))
    await asyncio.sleep(0)
    hanging_up.cancel()
    await asyncio.gather(hanging_up, return_exceptions=True)
    held.set()
    assert [view.state for view in bo.seen] == [CallState.INVITED]
    await exchange.pass_time(0.25)
    assert [view.state for view in bo.seen] == [CallState.INVITED, CallState.ENDED]
    assert len(exchange.journal.records()) == 1


async def test_a_signal_reaches_the_other_talking_device_and_no_other(exchange, ada, bo):
    laptop, tablet = exchange.phone("1", "laptop"), exchange.phone("2", "tablet")
    call = await ada.call(bo)
    await bo.accept(call)
    await ada.signal(call.id, "offer", '{"sdp":"…"}')
    await bo.signal(call.id, "answer", "{}")
    assert [(s.call_id, s.kind, s.payload) for s in bo.signals] == [
        (call.id, "offer", '{"sdp":"…"}')
    ]
    assert [s.kind for s in ada.signals] == ["answer"]
    assert laptop.signals == tablet.signals == []


async def test_nobody_else_may_signal(exchange, ada, bo):
    laptop, tablet = exchange.phone("1", "laptop"), exchange.phone("2", "tablet")
    stranger = exchange.phone("3", "watch")
    call = await ada.call(bo)
    await bo.accept(call)
    for phone, error in ((laptop, NotInCall), (tablet, NotInCall), (stranger, NoSuchCall)):
        with pytest.raises(error):
            await phone.signal(call.id, "candidate", "{}")
    with pytest.raises(NoSuchCall):
        await ada.signal("123", "candidate", "{}")
    assert ada.signals == bo.signals == []


async def test_a_signal_is_bounded_in_bytes_not_characters(ada, bo):
    call = await ada.call(bo)
    await bo.accept(call)
    await ada.signal(call.id, "state", "x" * 65_536)
    with pytest.raises(TooLarge):
        await ada.signal(call.id, "state", "é" * 32_769)


@pytest.mark.parametrize(("kind", "payload"), [("shout", "{}"), ("", "{}"), ("offer", "\ud800")])
async def test_a_signal_of_unknown_kind_or_broken_text_is_refused(ada, bo, kind, payload):
    call = await ada.call(bo)
    with pytest.raises(BadRequest):
        await ada.signal(call.id, kind, payload)


async def test_hello_lists_the_call_that_rings_or_runs(exchange, ada, bo):
    assert exchange.calls.of_user(bo.user) == ()
    call = await ada.call(bo)
    assert exchange.calls.of_user(bo.user) == exchange.calls.of_user(ada.user) == (call,)
    await bo.reject(call)
    assert exchange.calls.of_user(bo.user) == ()


async def test_outcomes_are_counted_and_talks_are_measured(exchange, ada, bo):
    call = await ada.call(bo, Media.VIDEO)
    await bo.accept(call)
    await exchange.pass_time(3)
    await bo.hang_up(call)
    assert exchange.tally.counts == {
        "calls_started_total media=video": 1,
        "calls_ended_total outcome=answered": 1,
    }
    assert exchange.tally.values == {"call_seconds": [3.0]}


async def test_an_orderly_stop_ends_and_records_every_call(exchange, ada, bo):
    call = await ada.call(bo)
    await bo.accept(call)
    await exchange.pass_time(2)
    await exchange.calls.stop()
    assert ada.last.state is bo.last.state is CallState.ENDED
    assert [record.duration_s for record in exchange.journal.records()] == [2]


async def test_the_settings_reach_the_rules():
    exchange = Exchange(CallsSettings(ring_timeout_s=1, grace_s=0.5, max_held_signals=0))
    ada, bo = exchange.phone("1", "phone"), exchange.phone("2", "desk")
    call = await ada.call(bo)
    with pytest.raises(TooLarge):
        await ada.signal(call.id, "offer", "{}")
    await exchange.pass_time(1)
    assert bo.last.state is CallState.ENDED


async def test_nothing_is_kept_of_a_call_that_is_long_over(exchange, ada, bo):
    call = await ada.call(bo)
    await ada.hang_up(call)
    await exchange.pass_time(61)
    with pytest.raises(NoSuchCall):
        await exchange.calls.hang_up(ada.user, ada.endpoint, CallId(call.id))
