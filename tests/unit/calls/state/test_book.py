"""Busy, glare and forgetting; then laws that hold for every interleaving of two calls."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from parlor.calls.state.book import Book
from parlor.calls.state.call import Call, Device, Limits, Record, Relay, Signal, Step, Tell
from parlor.calls.state.moves import Act
from parlor.model.call import CallState, CallView, Media
from parlor.model.errors import Busy, CallOver, NoSuchCall, ParlorError
from parlor.model.event import CallOutcome
from parlor.model.ids import CallId, ConversationId, UserId

ADA, BO, CY = UserId("1"), UserId("2"), UserId("3")
PHONE, LAPTOP = Device(ADA, "ada-phone/1"), Device(ADA, "ada-laptop/1")
DESK, TABLET = Device(BO, "bo-desk/1"), Device(BO, "bo-tablet/1")
WATCH = Device(CY, "cy-watch/1")
DEVICES = (PHONE, LAPTOP, DESK, TABLET, WATCH)


def _start(book: Book, by: Device, callee: UserId, id: str, now: float = 0.0) -> list[Step]:
    pair = ConversationId("-".join(sorted((by.user, callee))))
    return book.start(by, callee, pair, Media.AUDIO, CallId(id), now, unix_ms=1_000)


@pytest.fixture
def book() -> Book:
    return Book(Limits(), remember_ended_s=60.0)


def test_two_people_who_call_each_other_have_one_call_already_active(book):
    [(first, _)] = _start(book, PHONE, BO, "1")
    [(second, actions)] = _start(book, DESK, ADA, "2", now=0.2)
    assert second.id == first.id
    assert second.state is CallState.ACTIVE
    assert second.callee_endpoint == DESK.endpoint
    assert actions == (Tell((ADA, BO), second.view()),)
    assert book.find(CallId("2")) is None


def test_a_start_that_is_sent_twice_is_one_call(book):
    [(first, _)] = _start(book, PHONE, BO, "1")
    assert _start(book, PHONE, BO, "2") == [(first, ())]


def test_another_device_of_the_caller_cannot_start_a_second_call(book):
    _start(book, PHONE, BO, "1")
    with pytest.raises(Busy):
        _start(book, LAPTOP, BO, "2")


def test_who_talks_or_rings_cannot_start_another_call(book):
    _start(book, PHONE, BO, "1")
    with pytest.raises(Busy):
        _start(book, PHONE, CY, "2")
    with pytest.raises(Busy):
        _start(book, DESK, CY, "3")
    book.act(CallId("1"), DESK, Act.ACCEPT, 1.0)
    with pytest.raises(Busy):
        _start(book, PHONE, BO, "4")


@pytest.mark.parametrize("answered", [False, True])
def test_calling_somebody_who_is_in_a_call_ends_as_busy_and_disturbs_nobody(book, answered):
    _start(book, PHONE, BO, "1")
    if answered:
        book.act(CallId("1"), DESK, Act.ACCEPT, 1.0)
    [(call, (tell, record))] = _start(book, WATCH, BO, "2", now=2.0)
    assert call.outcome is CallOutcome.BUSY
    assert tell == Tell((CY,), call.view())
    assert isinstance(record, Record)
    assert book.current(BO).id == CallId("1")
    assert book.current(CY) is None


def test_whose_own_device_vanished_may_call_again_at_once(book):
    _start(book, PHONE, BO, "1")
    book.act(CallId("1"), DESK, Act.ACCEPT, 1.0)
    book.on_gone(PHONE, 2.0)
    [(old, _), (new, _)] = _start(book, LAPTOP, BO, "2", now=3.0)
    assert (old.id, old.outcome) == (CallId("1"), CallOutcome.ANSWERED)
    assert (new.id, new.state) == (CallId("2"), CallState.INVITED)
    assert book.current(BO) == book.current(ADA) == new


def test_a_late_request_about_an_ended_call_is_told_so_until_it_is_forgotten(book):
    _start(book, PHONE, BO, "1")
    book.act(CallId("1"), PHONE, Act.HANG_UP, 1.0)
    assert book.on_time(60.9) == []
    with pytest.raises(CallOver):
        book.act(CallId("1"), DESK, Act.ACCEPT, 60.9)
    book.on_time(61.0)
    with pytest.raises(NoSuchCall):
        book.act(CallId("1"), DESK, Act.ACCEPT, 61.0)


def test_a_forged_call_id_is_no_such_call(book):
    with pytest.raises(NoSuchCall):
        book.act(CallId("nonsense"), PHONE, Act.HANG_UP, 0.0)


def test_a_stranger_cannot_touch_a_call_and_a_refusal_changes_nothing(book):
    [(call, _)] = _start(book, PHONE, BO, "1")
    with pytest.raises(NoSuchCall):
        book.act(call.id, WATCH, Act.ACCEPT, 1.0)
    assert book.find(call.id) == call


def test_a_call_that_ends_frees_both_people(book):
    _start(book, PHONE, BO, "1")
    book.act(CallId("1"), TABLET, Act.REJECT, 1.0)
    assert book.current(ADA) is None
    assert book.current(BO) is None


def test_time_ends_what_rang_too_long(book):
    _start(book, PHONE, BO, "1")
    [(call, _)] = book.on_time(45.0)
    assert call.outcome is CallOutcome.MISSED
    assert book.on_time(45.1) == []


def test_gone_and_back_reach_the_call_of_that_device(book):
    _start(book, PHONE, BO, "1")
    book.on_gone(PHONE, 1.0)
    book.on_back(PHONE)
    assert book.on_time(30.0) == []
    book.on_gone(PHONE, 30.0)
    assert [call.outcome for call, _ in book.on_time(45.0)] == [CallOutcome.CANCELLED]
    book.on_gone(PHONE, 50.0)


def test_ending_all_leaves_nobody_in_a_call(book):
    _start(book, PHONE, BO, "1")
    assert [call.outcome for call, _ in book.end_all(1.0)] == [CallOutcome.CANCELLED]
    assert book.end_all(2.0) == []
    assert book.current(ADA) is None


class AnyInterleaving(RuleBasedStateMachine):
    """Five devices of three people do anything in any order, while time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book(Limits(ring_timeout_s=45, grace_s=15), remember_ended_s=60)
        self.now = 0.0
        self.calls: dict[CallId, Call] = {}
        self.records: dict[CallId, list[CallOutcome]] = {}
        self.seen: dict[tuple[UserId, CallId], list[CallView]] = {}

    def _take(self, steps: list[Step]) -> None:
        for call, actions in steps:
            self.calls[call.id] = call
            for action in actions:
                if isinstance(action, Record):
                    self.records.setdefault(call.id, []).append(action.record.outcome)
                elif isinstance(action, Tell):
                    for user in action.users:
                        self.seen.setdefault((user, call.id), []).append(action.view)
                elif isinstance(action, Relay):
                    talking = {call.caller, Device(call.callee, call.callee_endpoint)}
                    assert action.to in talking
                    assert call.state is CallState.ACTIVE

    @rule(by=st.sampled_from(DEVICES), callee=st.sampled_from([ADA, BO, CY]))
    def start(self, by, callee):
        if callee == by.user:
            return
        try:
            self._take(_start(self.book, by, callee, str(len(self.calls)), self.now))
        except Busy:
            assert self.book.current(by.user) is not None

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), by=st.sampled_from(DEVICES), what=st.sampled_from(list(Act)))
    def act(self, data, by, what):
        call_id = data.draw(st.sampled_from(list(self.calls)))
        before = self.book.find(call_id)
        try:
            self._take([self.book.act(call_id, by, what, self.now, Signal("offer", "{}"))])
        except ParlorError:
            assert self.book.find(call_id) == before

    @rule(device=st.sampled_from(DEVICES))
    def vanish(self, device):
        self.book.on_gone(device, self.now)

    @rule(device=st.sampled_from(DEVICES))
    def come_back(self, device):
        self.book.on_back(device)

    @rule(gap=st.sampled_from([0.1, 5.0, 14.9, 15.0, 44.9, 45.0, 61.0]))
    def time_passes(self, gap):
        self.now += gap
        self._take(self.book.on_time(self.now))

    @invariant()
    def a_user_is_in_at_most_one_call(self):
        running = [
            call for call in map(self.book.find, self.calls) if call is not None and not call.over
        ]
        users = [user for call in running for user in call.users]
        assert len(users) == len(set(users))
        assert all(self.book.current(user) in running for user in users)

    @invariant()
    def a_call_is_recorded_once_when_it_ends_and_not_before(self):
        for call_id, call in self.calls.items():
            assert self.records.get(call_id, []) == ([call.outcome] if call.over else [])

    @invariant()
    def nobody_rings_forever(self):
        self._take(self.book.on_time(self.now))
        for call in self.calls.values():
            if call.state in (CallState.INVITED, CallState.RINGING):
                assert self.now - call.invited_at < 45

    @invariant()
    def both_sides_see_the_same_states_in_the_same_order(self):
        order = list(CallState)
        for call_id, call in self.calls.items():
            views = self.seen[call.caller.user, call_id]
            if call.outcome is not CallOutcome.BUSY:
                assert views == self.seen[call.callee, call_id]
            assert views[-1] == call.view()
            ranks = [order.index(view.state) for view in views]
            assert ranks == sorted(set(ranks))

    def teardown(self):
        self.now += 1_000
        self._take(self.book.on_time(self.now))
        ringing = (CallState.INVITED, CallState.RINGING)
        assert not [call for call in self.calls.values() if call.state in ringing]


AnyInterleaving.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None
)
TestAnyInterleaving = AnyInterleaving.TestCase
