import pytest

from parlor.drivers.memory.presence import MemoryPresence
from parlor.gateway.state.hub import Hub
from parlor.model.ids import RoomId
from parlor.push.listed import ListedRooms
from parlor.push.policies import CHAT_ROOMS, Policies, RoomPolicy
from parlor.push.settings import PushSettings
from tests.support.links import make_link
from tests.support.steady import HandClock


class House:
    """Rooms with people in them, on a hand-moved clock."""

    def __init__(self, rules: tuple[RoomPolicy, ...] = (CHAT_ROOMS,), **settings: float) -> None:
        self.hub = Hub()
        self.clock = HandClock()
        self.policies = Policies(rules)
        self.listed = ListedRooms(
            MemoryPresence(self.hub),
            self.policies,
            self.clock,
            PushSettings(**settings),  # type: ignore[arg-type]
        )

    def enter(self, room: str, people: int = 1) -> None:
        for number in range(people):
            link, _ = make_link(f"{room} {number}", f"u{number}", "d", "127.0.0.1")
            self.hub.add(link)
            self.hub.join(link, RoomId(room))

    def names(self) -> list[str]:
        return [room for room, _ in self.listed.fullest()]


def test_only_listed_rooms_with_somebody_in_them_are_told_of_the_fullest_first():
    house = House((RoomPolicy("chat://staff*", publish=True), CHAT_ROOMS))
    assert house.names() == []
    house.enter("chat://b")
    house.enter("chat://full", people=3)
    house.enter("chat://a")
    house.enter("chat://staff/1", people=5)
    house.enter("news", people=9)
    house.clock.at += 1.0
    assert house.listed.fullest() == (("chat://full", 3), ("chat://a", 1), ("chat://b", 1))


def test_rooms_of_two_patterns_are_told_of_once():
    rules = (RoomPolicy("live:[ab]*", listed=True), RoomPolicy("live:*", listed=True))
    house = House(rules)
    for room in ("live:a", "live:x"):
        house.enter(room)
    assert house.names() == ["live:a", "live:x"]


def test_so_many_are_told_of_and_no_more():
    house = House(listed_rooms=3)
    for number in range(5):
        house.enter(f"chat://{number}", people=number + 1)
    assert house.names() == ["chat://4", "chat://3", "chat://2"]


def test_they_are_counted_once_for_all_who_ask_at_about_the_same_time():
    house = House(listed_each_s=2.0)
    house.enter("chat://a")
    assert house.names() == ["chat://a"]
    house.enter("chat://b")
    house.clock.at += 1.9
    assert house.names() == ["chat://a"]
    house.clock.at += 0.1
    assert house.names() == ["chat://a", "chat://b"]


@pytest.mark.parametrize(
    ("rules", "beginning"),
    [
        ((CHAT_ROOMS,), "chat://"),
        ((RoomPolicy("news:*", listed=True), RoomPolicy("t:*", listed=True, publish=True)), "t:"),
        ((RoomPolicy("a?b*", listed=True, publish=True),), ""),
        ((RoomPolicy("lobby", listed=True, publish=True),), ""),
        ((RoomPolicy("x:*", publish=True),), ""),
        ((), ""),
    ],
)
def test_a_word_becomes_a_room_where_a_pattern_is_a_beginning(rules, beginning):
    assert House(rules).listed.beginning() == beginning


def test_a_bound_below_nothing_is_refused():
    for wrong in ({"listed_rooms": -1}, {"listed_each_s": -0.1}):
        with pytest.raises(ValueError, match="listed"):
            PushSettings(**wrong)
