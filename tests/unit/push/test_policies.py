import pytest

from parlor.model.ids import RoomId
from parlor.ports.history import Keep
from parlor.push.policies import MAX_REMEMBERED, PLAIN, Policies, RoomPolicy
from parlor.push.settings import PushSettings


def test_the_first_pattern_that_fits_counts():
    rules = [
        RoomPolicy("live:vip:*", publish=True),
        RoomPolicy("live:*", replay_count=10),
        RoomPolicy("??", presence=True),
    ]
    policies = Policies(rules)
    asked = ["live:vip:1", "live:1", "ab", "abc", "LIVE:1", "xlive:1", "live://a/b"]
    found = [policies.of(RoomId(room)) for room in asked]
    assert found == [rules[0], rules[1], rules[2], PLAIN, PLAIN, PLAIN, rules[1]]


def test_a_room_without_a_policy_keeps_nothing_and_lets_nobody_speak():
    plain = Policies().of(RoomId("any"))
    assert (plain.keep, plain.publish, plain.presence) == (None, False, False)


def test_a_count_or_an_age_is_enough_to_keep():
    assert RoomPolicy("*", replay_count=3).keep == Keep(3, 0.0, 262_144)
    assert RoomPolicy("*", replay_s=9.0, replay_bytes=10).keep == Keep(0, 9.0, 10)


def test_what_is_remembered_about_names_is_bounded():
    policies = Policies([RoomPolicy("a*", publish=True)])
    for number in range(MAX_REMEMBERED + 10):
        assert policies.of(RoomId(f"a{number}")).publish
    assert len(policies._known) <= MAX_REMEMBERED


@pytest.mark.parametrize(
    "wrong",
    [
        {"match": ""},
        {"replay_count": -1},
        {"slow_mode_s": -0.1},
        {"user_rate": 0},
        {"replay_bytes": 0},
        {"presence_window_s": 0.0},
        {"rate": 5.0},
        {"burst": 5},
    ],
)
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="`"):
        RoomPolicy(**{"match": "*", **wrong})


def test_without_any_rules_members_talk_in_chat_rooms_and_nowhere_else():
    policies = Policies(PushSettings().rooms)
    talk = policies.of(RoomId("chat://lobby"))
    assert (talk.publish, talk.listed, talk.presence, talk.high_admins_only) == (True,) * 4
    assert talk.keep == Keep(50, 600.0, 262_144)
    for room in ("chat:1", "chat:/lobby", "live://chat://1", "news"):
        assert policies.of(RoomId(room)) == PLAIN


def test_the_beginning_of_a_pattern_ends_at_its_first_mark():
    patterns = ["live:*", "a?b*", "x[12]", "exact", "*"]
    assert [RoomPolicy(match).beginning for match in patterns] == ["live:", "a", "x", "exact", ""]
