import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.accounts.device_policy import DevicePolicy, chooser
from parlor.model.device import Platform
from parlor.model.errors import TooManyDevices
from parlor.model.ids import DeviceId
from parlor.ports.accounts import DeviceRecord

IOS, WEB = Platform.IOS, Platform.WEB


def there(name, platform=IOS, seen_at=0):
    return DeviceRecord(name, DeviceId(name), platform, "", 0, seen_at, "")


def test_without_a_policy_everybody_stays():
    assert chooser(None, IOS, 100)([there("a"), there("b")]) == []
    allow = DevicePolicy("allow", 1)
    assert chooser(allow, IOS, 100)([there("a"), there("b")]) == []


def test_the_one_seen_longest_ago_gives_way_on_the_same_platform_only():
    policy = DevicePolicy("replace_oldest", 2)
    others = [there("new", seen_at=9), there("old", seen_at=3), there("web", WEB, seen_at=1)]
    assert chooser(policy, IOS, 100)(others) == ["old"]
    assert chooser(policy, IOS, 100)(others[:1] + others[2:]) == []


def test_a_single_sign_in_per_platform_replaces_the_first():
    assert chooser(DevicePolicy("replace_oldest"), IOS, 100)([there("first")]) == ["first"]


def test_a_policy_that_became_stricter_ends_all_that_are_over():
    others = [there(name, seen_at=at) for at, name in enumerate("abcd")]
    assert chooser(DevicePolicy("replace_oldest", 2), IOS, 100)(others) == ["a", "b", "c"]


def test_where_the_policy_refuses_the_one_over_the_number_does_not_come_in():
    choose = chooser(DevicePolicy("refuse", 2), IOS, 100)
    assert choose([there("a"), there("web", WEB)]) == []
    with pytest.raises(TooManyDevices):
        choose([there("a"), there("b")])


def test_over_the_limit_in_all_the_one_seen_longest_ago_goes_whatever_it_is():
    others = [there("a", seen_at=2), there("web", WEB, seen_at=1), there("b", seen_at=3)]
    assert chooser(None, IOS, 3)(others) == ["web"]
    assert chooser(None, IOS, 4)(others) == []


def test_what_gave_way_to_the_policy_counts_for_the_limit_in_all():
    others = [there("a", seen_at=2), there("web", WEB, seen_at=1)]
    assert chooser(DevicePolicy("replace_oldest"), IOS, 2)(others) == ["a"]


@given(
    st.lists(st.tuples(st.sampled_from(Platform), st.integers(0, 9)), max_size=30),
    st.integers(1, 5),
    st.integers(1, 12),
)
def test_afterwards_there_are_never_more_than_either_number(rows, at_most, in_all):
    others = [there(f"d{n}", platform, at) for n, (platform, at) in enumerate(rows)]
    ended = chooser(DevicePolicy("replace_oldest", at_most), IOS, in_all)(others)
    assert len(set(ended)) == len(ended)
    left = [other for other in others if other.session not in ended]
    assert len(left) + 1 <= in_all
    assert sum(other.platform is IOS for other in left) + 1 <= max(at_most, 1)
