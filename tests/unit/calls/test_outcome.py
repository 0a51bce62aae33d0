from __future__ import annotations

import asyncio

import pytest

from parlor.calls.outcome import Outcomes
from parlor.calls.settings import CallsSettings
from parlor.calls.state.call import Record
from parlor.model.errors import NotFound, StorageFailed
from parlor.model.event import CallOutcome, CallRecord
from parlor.model.ids import CallId, ConversationId, UserId
from tests.support.phones import Journal, ManualClock, Tally

CONVERSATION = ConversationId("1-2")


def _record(call_id: str = "7") -> Record:
    return Record(
        CONVERSATION, CallRecord(CallId(call_id), UserId("1"), "audio", CallOutcome.MISSED)
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.fixture
def outcomes(clock, journal, tally) -> Outcomes:
    settings = CallsSettings(record_attempts=4, record_backoff_s=1, record_backoff_max_s=3)
    return Outcomes(journal, clock, tally, settings)


async def test_an_outcome_is_stored_once(outcomes, journal):
    outcomes.add(_record())
    await outcomes.store_due()
    await outcomes.store_due(at_once=True)
    assert journal.events == [(CONVERSATION, _record().record)]
    assert outcomes.waiting == 0


async def test_a_failure_of_storage_is_tried_again_at_doubling_intervals(outcomes, journal, clock):
    journal.failures = [StorageFailed(), StorageFailed(), StorageFailed()]
    outcomes.add(_record())
    tried_at = []
    for _ in range(40):
        before = journal.attempts
        await outcomes.store_due()
        if journal.attempts > before:
            tried_at.append(clock.seconds - 1_000)
        clock.seconds += 0.25
    assert tried_at == [0, 1, 3, 6]
    assert journal.records() == [_record().record]


async def test_an_attempt_that_stored_but_did_not_say_so_leaves_one_event(outcomes, journal, clock):
    journal.stored_but_unheard = [StorageFailed()]
    outcomes.add(_record())
    await outcomes.store_due()
    assert outcomes.waiting == 1
    clock.seconds += 1
    await outcomes.store_due()
    assert journal.records() == [_record().record]
    assert outcomes.waiting == 0


async def test_after_the_last_attempt_it_is_given_up_and_counted(outcomes, journal, tally):
    journal.failures = [StorageFailed() for _ in range(9)]
    outcomes.add(_record())
    for _ in range(9):
        await outcomes.store_due(at_once=True)
    assert journal.attempts == 4
    assert outcomes.waiting == 0
    assert tally.counts["calls_unrecorded_total"] == 1


async def test_a_refusal_that_no_retry_can_help_is_given_up_at_once(outcomes, journal, tally):
    journal.failures = [NotFound()]
    outcomes.add(_record())
    await outcomes.store_due()
    assert outcomes.waiting == 0
    assert tally.counts["calls_unrecorded_total"] == 1


async def test_one_outcome_that_fails_does_not_hold_up_another(outcomes, journal):
    journal.failures = [StorageFailed()]
    outcomes.add(_record("7"))
    outcomes.add(_record("8"))
    await outcomes.store_due()
    assert [record.call_id for record in journal.records()] == ["8"]
    assert outcomes.waiting == 1


async def test_two_rounds_at_once_make_one_attempt(outcomes, journal):
    journal.hanging = True
    outcomes.add(_record())
    first = asyncio.create_task(outcomes.store_due())
    await asyncio.sleep(0)
    await outcomes.store_due(at_once=True)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert journal.attempts == 1


@pytest.mark.parametrize("turns", [1, 2, 3])
async def test_a_cancelled_attempt_is_made_again(outcomes, journal, clock, turns):
    journal.hanging = True
    outcomes.add(_record())
    attempt = asyncio.create_task(outcomes.store_due())
    for _ in range(turns):
        await asyncio.sleep(0)
    attempt.cancel()
    await asyncio.gather(attempt, return_exceptions=True)
    journal.hanging = False
    clock.seconds += 1
    await outcomes.store_due()
    assert journal.records() == [_record().record]
