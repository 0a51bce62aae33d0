import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.accounts.key_settings import KeySettings
from parlor.accounts.quotas import Quotas
from parlor.model.account import KeyGrant, Quota, Scope
from parlor.model.errors import BadRequest, OverQuota
from tests.support.steady import CountingMeter, HandClock

SMALL = KeySettings(
    requests_per_second=2,
    request_burst=3,
    messages_per_second=10,
    message_burst=20,
    messages_per_day=50,
)


def grant(id="1", **quota):
    return KeyGrant("crm", frozenset({Scope.PUSH}), id, quota=Quota(**quota))


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def meter():
    return CountingMeter()


@pytest.fixture
def quotas(clock, meter):
    return Quotas(SMALL, clock, meter)


def test_a_burst_of_requests_passes_and_the_next_is_told_when_to_come_back(quotas, clock, meter):
    key = grant()
    for _ in range(3):
        quotas.take_request(key)
    with pytest.raises(OverQuota) as refused:
        quotas.take_request(key)
    assert refused.value.retry_after_s == 0.5
    assert meter.counted["key_requests_refused_total"] == 1
    clock.at += 0.5
    quotas.take_request(key)


def test_a_batch_counts_each_of_its_messages_and_is_taken_whole_or_not_at_all(quotas, clock):
    key = grant()
    quotas.take_messages(key, 15)
    with pytest.raises(OverQuota):
        quotas.take_messages(key, 6)
    quotas.take_messages(key, 5)
    clock.at += 0.1
    quotas.take_messages(key, 1)


def test_a_batch_that_can_never_pass_is_told_so(quotas):
    with pytest.raises(BadRequest):
        quotas.take_messages(grant(), 21)


def test_a_day_has_so_many_messages_and_the_next_begins_at_midnight(quotas, clock):
    key = grant()
    clock.at = 86_400 - (1_800_000_000 % 86_400) - 100.0
    for _ in range(2):
        quotas.take_messages(key, 20)
        clock.at += 2
    quotas.take_messages(key, 10)
    clock.at += 2
    with pytest.raises(OverQuota) as refused:
        quotas.take_messages(key, 1)
    assert refused.value.retry_after_s == 94.0
    clock.at += 94
    quotas.take_messages(key, 20)


def test_a_keys_own_quota_beats_the_settings(quotas):
    key = grant(request_burst=1)
    quotas.take_request(key)
    with pytest.raises(OverQuota) as refused:
        quotas.take_request(key)
    assert refused.value.retry_after_s == 0.5


def test_keys_do_not_use_up_each_others_quota(quotas):
    for _ in range(3):
        quotas.take_request(grant("1"))
    with pytest.raises(OverQuota):
        quotas.take_request(grant("1"))
    quotas.take_request(grant("2"))


def test_a_key_that_is_looked_up_again_has_not_rested(quotas):
    for _ in range(3):
        quotas.take_request(grant(message_burst=9))
    with pytest.raises(OverQuota):
        quotas.take_request(grant(message_burst=9))
    quotas.take_request(grant(message_burst=8))


def test_only_so_many_keys_are_remembered(clock, meter):
    quotas = Quotas(KeySettings(remembered=2), clock, meter)
    for number in range(5):
        quotas.take_request(grant(str(number)))
    assert len(quotas) == 2


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 20)), max_size=100))
def test_nobody_gets_more_messages_than_burst_plus_rate_times_time(steps):
    clock = HandClock()
    settings, key = KeySettings(messages_per_second=10, message_burst=20), grant()
    quotas = Quotas(settings, clock, CountingMeter())
    began, passed = clock.at, 0
    for gap, count in steps:
        clock.at += gap
        try:
            quotas.take_messages(key, count)
        except OverQuota:
            continue
        passed += count
    assert passed <= 20 + 10 * (clock.at - began) + 1e-6


def test_other_defaults_hold_for_keys_in_use_without_a_new_burst(quotas):
    own, plain = grant(id="own", message_burst=5), grant(id="plain")
    for key, count in ((own, 5), (plain, 15)):
        quotas.take_messages(key, count)
    quotas.apply(KeySettings(messages_per_second=10, message_burst=8))
    with pytest.raises(BadRequest):
        quotas.take_messages(plain, 9)
    quotas.take_messages(plain, 5)
    for key in (own, plain):
        with pytest.raises(OverQuota):
            quotas.take_messages(key, 1)


def test_what_was_sent_today_passes_through_a_process_that_the_key_did_not_ask(
    quotas, clock, meter
):
    quotas.take_messages(grant("a"), 15)
    quotas.take_messages(grant("b"), 5)
    between, last = Quotas(SMALL, clock, meter), Quotas(SMALL, clock, meter)
    between.load(quotas.dump())
    between.take_messages(grant("b"), 1)
    last.load(between.dump())
    clock.at += 10
    last.take_messages(grant("a"), 20)
    clock.at += 10
    with pytest.raises(OverQuota):
        last.take_messages(grant("a"), 16)
    assert sorted((key, sent) for key, _, sent in between.dump()) == [("a", 15), ("b", 6)]


def test_yesterdays_keys_are_not_passed_on_and_no_more_than_are_remembered(clock, meter):
    small = KeySettings(messages_per_day=50, remembered=2)
    first = Quotas(small, clock, meter)
    day = clock.unix_ms() // 86_400_000
    first.load((("old", day - 1, 7), ("a", day, 1), ("b", day, 2)))
    first.take_messages(grant("c"), 3)
    assert first.dump() == (("b", day, 2), ("c", day, 3))
