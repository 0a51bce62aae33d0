from hypothesis import given
from hypothesis import strategies as st

from parlor.accounts.attempts import Attempts, Waits
from parlor.accounts.settings import AccountsSettings

HOME = "203.0.113.7"


def attempts(account_free=3, address_free=5, remembered=100, limit_loopback=False):
    return Attempts(
        Waits(account_free, first_s=1.0, longest_s=60.0, forget_s=600.0),
        Waits(address_free, first_s=1.0, longest_s=60.0, forget_s=600.0),
        remembered=remembered,
        limit_loopback=limit_loopback,
    )


def test_a_few_failures_are_free_then_each_doubles_the_wait():
    limits, waits, now = attempts(), [], 0.0
    for _ in range(12):
        wait_s = limits.begin("ann", HOME, now)
        waits.append(wait_s)
        now += wait_s
        if wait_s:
            assert limits.begin("ann", HOME, now) == 0.0
    assert waits == [0.0, 0.0, 0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_a_refused_attempt_makes_nobody_wait_longer():
    limits = attempts()
    for _ in range(3):
        limits.begin("ann", HOME, 0.0)
    for _ in range(100):
        assert limits.begin("ann", HOME, 0.5) == 0.5
    assert limits.begin("ann", HOME, 1.0) == 0.0


def test_many_attempts_at_once_do_not_all_pass():
    limits = attempts()
    assert [limits.begin("ann", HOME, 0.0) == 0.0 for _ in range(10)].count(True) == 3


def test_an_account_is_slowed_down_from_whatever_address():
    limits = attempts()
    for n in range(3):
        limits.begin("ann", f"198.51.100.{n}", 0.0)
    assert limits.begin("ann", HOME, 0.0) > 0
    assert limits.begin("bob", HOME, 0.0) == 0.0


def test_an_address_is_slowed_down_whatever_the_account():
    limits = attempts()
    for n in range(5):
        assert limits.begin(f"user{n}", HOME, 0.0) == 0.0
    assert limits.begin("another", HOME, 0.0) > 0
    assert limits.begin("another", "203.0.113.8", 0.0) == 0.0


def test_success_clears_the_account_but_not_the_address():
    limits = attempts()
    for n in range(4):
        limits.begin(f"user{n}", HOME, 0.0)
    limits.begin("mine", HOME, 0.0)
    limits.succeed("mine", HOME)
    assert limits.begin("mine", HOME, 0.0) == 0.0
    assert limits.begin("mine", HOME, 0.0) > 0


def test_an_attempt_that_the_server_failed_is_not_held_against_anybody():
    limits = attempts()
    for _ in range(50):
        assert limits.begin("ann", HOME, 0.0) == 0.0
        limits.abandon("ann", HOME)


def test_failures_are_forgotten_after_a_while():
    limits = attempts()
    for _ in range(3):
        limits.begin("ann", HOME, 0.0)
    assert limits.begin("ann", HOME, 0.0) > 0
    assert [limits.begin("ann", HOME, 600.0) for _ in range(4)] == [0.0, 0.0, 0.0, 1.0]


def test_a_clock_that_steps_back_counts_as_no_time_passed():
    limits = attempts()
    for _ in range(3):
        limits.begin("ann", HOME, 100.0)
    assert limits.begin("ann", HOME, 50.0) == 1.0


def test_loopback_addresses_are_exempt_unless_said_otherwise():
    for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"):
        exempt, limited = attempts(), attempts(limit_loopback=True)
        waits = [exempt.begin(f"user{n}", address, 0.0) for n in range(20)]
        assert waits == [0.0] * 20
        waits = [limited.begin(f"user{n}", address, 0.0) for n in range(20)]
        assert waits.count(0.0) == 5


def test_one_ipv6_network_is_one_address():
    limits = attempts()
    for n in range(5):
        limits.begin(f"user{n}", f"2001:db8::{n:x}", 0.0)
    assert limits.begin("another", "2001:db8::ffff", 0.0) > 0
    assert limits.begin("another", "2001:db8:0:1::1", 0.0) == 0.0


def test_an_ipv4_address_is_the_same_in_ipv6_clothes():
    limits = attempts()
    for n in range(5):
        limits.begin(f"user{n}", HOME, 0.0)
    assert limits.begin("another", f"::ffff:{HOME}", 0.0) > 0


@given(st.lists(st.text(max_size=8), max_size=300))
def test_memory_is_bounded_whatever_names_and_addresses_come(names):
    limits = attempts(remembered=10)
    for name in names:
        limits.begin(name, name, 0.0)
    assert len(limits._accounts._failures) <= 10
    assert len(limits._addresses._failures) <= 10


@given(st.lists(st.floats(0, 100), max_size=100))
def test_nobody_tries_more_often_than_the_waits_allow(gaps):
    limits, now, passed = attempts(), 0.0, []
    for gap in gaps:
        now += gap
        if limits.begin("ann", HOME, now) == 0.0:
            passed.append(now)
    for n in range(3, len(passed)):
        assert passed[n] - passed[n - 1] >= min(60.0, 2.0 ** (n - 3)) - 1e-9


def test_the_settings_arrive():
    limits = Attempts.as_set(
        AccountsSettings(free_failures_per_account=1, first_wait_s=7.0), limit_loopback=False
    )
    assert [limits.begin("ann", HOME, 0.0) for _ in range(2)] == [0.0, 7.0]
