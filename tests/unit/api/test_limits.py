import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.api.limits import Paces, is_loopback, network_of


def test_each_name_has_its_own_pace():
    paces = Paces(1.0, 2)
    assert [paces.take_nowait("ann", 0.0) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert paces.take_nowait("bob", 0.0) == 0.0


def test_the_name_that_was_idle_longest_is_forgotten_first():
    paces = Paces(1.0, 1, max_remembered=2)
    paces.take_nowait("ann", 0.0)
    paces.take_nowait("bob", 0.0)
    assert paces.take_nowait("ann", 0.0) > 0
    paces.take_nowait("cyd", 0.0)
    assert paces.take_nowait("ann", 0.0) > 0
    assert paces.take_nowait("bob", 0.0) == 0.0


@given(st.lists(st.text(max_size=3), max_size=300))
def test_memory_is_bounded_whoever_asks(names):
    paces = Paces(1.0, 1, max_remembered=10)
    for name in names:
        paces.take_nowait(name, 0.0)
    assert len(paces) <= 10


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:2", "2001:db8::/64"),
        ("/run/parlor.sock", "/run/parlor.sock"),
    ],
)
def test_one_household_shares_a_pace(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("203.0.113.9", False),
        ("::ffff:203.0.113.9", False),
        ("", False),
    ],
)
def test_loopback_is_known_in_all_its_forms(address, expected):
    assert is_loopback(address) is expected
