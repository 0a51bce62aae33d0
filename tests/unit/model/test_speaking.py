import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.errors import Forbidden, GroupDissolved, SlowMode
from parlor.model.event import FOREVER
from parlor.model.group import GroupSettings, Permission, Role
from parlor.model.speaking import check_may_speak

FREE = GroupSettings()


def speak(settings=FREE, role=Role.MEMBER, dissolved=False, muted_until=0, said_at=0, now_ms=1_000):
    check_may_speak(
        settings,
        role,
        dissolved=dissolved,
        muted_until=muted_until,
        said_at=said_at,
        now_ms=now_ms,
    )


@pytest.mark.parametrize("role", Role)
def test_an_ordinary_group_lets_everybody_speak_as_often_as_they_like(role):
    speak(role=role, said_at=1_000)


def test_nothing_is_said_in_a_dissolved_group():
    with pytest.raises(GroupDissolved):
        speak(role=Role.OWNER, dissolved=True)


def test_who_is_muted_speaks_again_when_the_time_is_over():
    with pytest.raises(Forbidden):
        speak(muted_until=1_001)
    speak(muted_until=1_000)
    with pytest.raises(Forbidden):
        speak(muted_until=FOREVER)


@pytest.mark.parametrize(
    "settings",
    [
        GroupSettings(all_muted=True),
        GroupSettings(read_only=True),
        GroupSettings(permissions={Permission.SEND: Role.ADMINISTRATOR}),
    ],
)
def test_where_members_may_not_write_administrators_may(settings):
    with pytest.raises(Forbidden):
        speak(settings)
    speak(settings, Role.ADMINISTRATOR)
    speak(settings, Role.OWNER)


@pytest.mark.parametrize("quiet", [{"all_muted": True}, {"read_only": True}])
def test_making_a_group_quiet_lets_nobody_write_who_could_not_before(quiet):
    owner_alone = GroupSettings(permissions={Permission.SEND: Role.OWNER}, **quiet)
    with pytest.raises(Forbidden):
        speak(owner_alone, Role.ADMINISTRATOR)
    speak(owner_alone, Role.OWNER)


def test_slow_mode_says_how_long_to_wait_and_spares_those_who_lead():
    slow = GroupSettings(slow_mode_s=10)
    speak(slow, said_at=0, now_ms=20_000)
    with pytest.raises(SlowMode) as refused:
        speak(slow, said_at=15_000, now_ms=20_000)
    assert refused.value.retry_after_s == 5.0
    speak(slow, said_at=10_000, now_ms=20_000)
    speak(slow, Role.ADMINISTRATOR, said_at=15_000, now_ms=20_000)


def waits_s(slow, said_at, now_ms):
    try:
        speak(GroupSettings(slow_mode_s=slow), said_at=said_at, now_ms=now_ms)
    except SlowMode as refused:
        return refused.retry_after_s
    return 0.0


@given(st.integers(1, 3_600), st.integers(0, 2**52), st.integers(0, 2**52))
def test_nobody_waits_longer_than_the_slow_mode_whatever_the_clock_does(slow, said_at, now_ms):
    assert 0.0 <= waits_s(slow, said_at, now_ms) <= slow
