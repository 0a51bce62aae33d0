import pytest

from parlor.gateway.state.limits import Admission, ConnectionLimits
from parlor.model.close import CloseCode

FAR = "198.51.100.1"


def test_the_total_is_bounded_and_a_release_makes_room():
    admission = Admission(ConnectionLimits(total=2, per_address=10))
    assert admission.admit(FAR) is None
    assert admission.admit("198.51.100.2") is None
    refused = admission.admit("198.51.100.3")
    assert refused is not None
    assert refused.code == CloseCode.OVERLOADED
    assert refused.after_s > 0
    admission.release(FAR)
    assert admission.admit("198.51.100.3") is None
    assert admission.total == 2


def test_one_address_has_only_its_share():
    admission = Admission(ConnectionLimits(total=10, per_address=1))
    assert admission.admit(FAR) is None
    refused = admission.admit(FAR)
    assert refused is not None
    assert refused.code == CloseCode.ADDRESS_FULL
    assert refused.after_s > 0
    assert admission.admit("198.51.100.2") is None


@pytest.mark.parametrize(("limit_loopback", "admitted"), [(False, 5), (True, 1)])
def test_loopback_is_exempt_unless_it_is_limited_too(limit_loopback, admitted):
    limits = ConnectionLimits(total=10, per_address=1, limit_loopback=limit_loopback)
    admission = Admission(limits)
    assert sum(admission.admit("127.0.0.1") is None for _ in range(5)) == admitted


def test_every_connection_released_leaves_nothing():
    admission = Admission(ConnectionLimits(total=10, per_address=10))
    for _ in range(3):
        admission.admit(FAR)
    for _ in range(3):
        admission.release(FAR)
    assert admission.total == 0
    with pytest.raises(KeyError):
        admission.release(FAR)


def test_the_addresses_of_one_ipv6_network_are_counted_together():
    admission = Admission(ConnectionLimits(total=10, per_address=2))
    assert admission.admit("2001:db8::1") is None
    assert admission.admit("2001:db8::2") is None
    assert admission.admit("2001:db8::3") is not None
    assert admission.admit("2001:db8:0:1::3") is None
    admission.release("2001:db8::2")
    assert admission.admit("2001:db8::3") is None


def test_a_proxys_address_stands_for_many_and_only_the_total_counts():
    admission = Admission(ConnectionLimits(total=3, per_address=1), lambda address: address == FAR)
    assert [admission.admit(FAR) is None for _ in range(4)] == [True, True, True, False]
