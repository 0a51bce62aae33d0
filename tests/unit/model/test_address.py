import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.address import is_loopback, network_of, plain_address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:2", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("/run/parlor.sock", "/run/parlor.sock"),
    ],
)
def test_one_household_is_counted_together(address, network):
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
        ("fe80::1%eth0", False),
        ("", False),
        ("a unix socket", False),
    ],
)
def test_loopback_is_known_in_all_its_forms(address, expected):
    assert is_loopback(address) is expected


@given(st.text())
def test_any_text_is_somebody(address):
    assert isinstance(network_of(address), str)
    assert is_loopback(address) in (True, False)


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:nonsense", "::ffff:nonsense"),
    ],
)
def test_an_ipv4_peer_is_shown_as_such_on_a_listener_for_both(address, plain):
    assert plain_address(address) == plain
