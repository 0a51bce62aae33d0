"""Every cell of the table of moves."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from parlor.calls.state import call as life
from parlor.calls.state import moves
from parlor.calls.state.call import Device, Limits, Part, Relay, Signal, Tell
from parlor.calls.state.moves import Act
from parlor.model.call import CallState
from parlor.model.errors import NoSuchCall, TooLarge, registry
from parlor.model.ids import UserId
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

DEVICES = {
    Part.CALLER: PHONE,
    Part.CALLER_ASIDE: LAPTOP,
    Part.CALLEE: DESK,
    Part.CALLEE_ASIDE: TABLET,
}

# What each act leads to: a state (with outcome), "same", "held", "relayed", or an error code.
# Before the answer no device is "callee" yet: all devices of the callee are aside.
EXPECTED = """
state    act      caller          caller_aside  callee          callee_aside
invited  show     forbidden       forbidden     -               ringing
invited  accept   forbidden       forbidden     -               active
invited  reject   forbidden       forbidden     -               ended:rejected
invited  hang_up  ended:cancelled not_in_call   -               ended:rejected
invited  signal   held            not_in_call   -               not_in_call
ringing  show     forbidden       forbidden     -               same
ringing  accept   forbidden       forbidden     -               active
ringing  reject   forbidden       forbidden     -               ended:rejected
ringing  hang_up  ended:cancelled not_in_call   -               ended:rejected
ringing  signal   held            not_in_call   -               not_in_call
active   show     forbidden       forbidden     same            same
active   accept   forbidden       forbidden     same            call_taken
active   reject   forbidden       forbidden     ended:answered  call_taken
active   hang_up  ended:answered  not_in_call   ended:answered  not_in_call
active   signal   relayed         not_in_call   relayed         not_in_call
ended    show     call_over       call_over     call_over       call_over
ended    accept   call_over       call_over     call_over       call_over
ended    reject   call_over       call_over     call_over       call_over
ended    hang_up  same            same          same            same
ended    signal   call_over       call_over     call_over       call_over
"""


def _cells() -> list[tuple[CallState, Act, Part, str]]:
    head, *rows = EXPECTED.strip().splitlines()
    parts = [Part[name.upper()] for name in head.split()[2:]]
    return [
        (CallState(state), Act(what), part, cell)
        for state, what, *cells in map(str.split, rows)
        for part, cell in zip(parts, cells, strict=True)
    ]


@pytest.mark.parametrize(("state", "what", "part", "expected"), _cells())
def test_every_act_in_every_state_leads_where_the_table_says(state, what, part, expected):
    if expected == "-":
        assert not call_in(state).callee_endpoint
        return
    before, by = call_in(state), DEVICES[part]
    assert before.part_of(by) is part
    if expected in registry():
        with pytest.raises(registry()[expected]):
            moves.act(before, by, what, 110.0, OFFER)
        return

    after, actions = moves.act(before, by, what, 110.0, OFFER)

    if expected == "same":
        assert (after, actions) == (before, ())
    elif expected == "held":
        assert (after, actions) == (replace(before, held=(OFFER,)), ())
    elif expected == "relayed":
        other = DESK if by == PHONE else PHONE
        assert (after, actions) == (before, (Relay(other, before.id, OFFER),))
    else:
        state_name, _, outcome = expected.partition(":")
        assert after.state.value == state_name
        assert actions[0] == Tell((ADA, BO), after.view())
        assert (after.outcome.value if after.outcome else "") == outcome
        assert [record.outcome.value for record in records_in(actions)] == [outcome] * bool(outcome)


def test_the_table_has_no_hole_and_the_test_covers_all_of_it():
    cells = {(state, what, part) for state, what, part, _ in _cells()}
    assert cells == set(product(CallState, Act, Part)) == set(moves.TABLE)


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("what", Act)
def test_a_stranger_learns_nothing_about_a_call(state, what):
    with pytest.raises(NoSuchCall):
        moves.act(call_in(state), Device(UserId("3"), "bo-desk/1"), what, 110.0, OFFER)


def test_the_answer_names_the_device_and_stops_the_clock_of_ringing():
    call, (tell, *_) = moves.act(invited(), TABLET, Act.ACCEPT, 103.5)
    assert isinstance(tell, Tell)
    assert tell.view.callee_endpoint == TABLET.endpoint
    assert tell.view.answered_at == 1_700_000_003_500
    assert life.on_time(call, 100.0 + 10_000) == (call, ())


def test_what_the_caller_sent_early_reaches_the_device_that_answers_in_order():
    call = invited()
    early = [Signal("offer", "1"), Signal("candidate", "2"), Signal("candidate", "3")]
    for signal in early:
        call, _ = moves.act(call, PHONE, Act.SIGNAL, 101.0, signal)
    call, actions = moves.act(call, TABLET, Act.ACCEPT, 102.0)
    assert actions[1:] == tuple(Relay(TABLET, call.id, signal) for signal in early)
    assert call.held == ()


def test_the_caller_cannot_pile_up_signals_before_the_answer():
    call = replace(invited(), limits=Limits(max_held_signals=2))
    for _ in range(2):
        call, _ = moves.act(call, PHONE, Act.SIGNAL, 101.0, OFFER)
    with pytest.raises(TooLarge):
        moves.act(call, PHONE, Act.SIGNAL, 101.0, OFFER)


def test_held_signals_are_counted_in_bytes_too():
    call = replace(invited(), limits=Limits(max_held_bytes=8))
    call, _ = moves.act(call, PHONE, Act.SIGNAL, 101.0, Signal("offer", "日本"))
    with pytest.raises(TooLarge):
        moves.act(call, PHONE, Act.SIGNAL, 101.0, Signal("offer", "日"))
