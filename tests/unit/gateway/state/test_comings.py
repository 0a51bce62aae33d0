from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from parlor.gateway.state.comings import Comings, Rule
from parlor.gateway.state.hub import Hub
from parlor.gateway.state.link import Link
from parlor.model.ids import RoomId
from parlor.wire.native.pushes import RoomPresencePush
from tests.support.links import make_link

ROOM = RoomId("lobby")


class Lobby:
    """A hub in which only one room tells who comes."""

    def __init__(self, named: int = 5, window_s: float = 1.0, per_member_s: float = 0.0) -> None:
        self.hub = Hub()
        rule = Rule(named, window_s)
        self.comings = Comings(self.hub, lambda room: rule if room == ROOM else None, per_member_s)
        self.hub.watch(self.comings)
        self._keys = 0

    def enter(self, user: str, room: RoomId = ROOM):
        self._keys += 1
        link, _ = make_link(f"k{self._keys}", user)
        self.hub.add(link)
        self.hub.join(link, room)
        return link


def test_who_came_and_left_is_one_event():
    here = Lobby()
    ann = here.enter("ann")
    here.enter("ben")
    (event,) = here.comings.due(0.0)
    assert event == RoomPresencePush(ROOM, 2, True, ("ann", "ben"), ("ann", "ben"), ())
    here.hub.leave(ann, ROOM)
    here.enter("cid")
    assert here.comings.due(0.9) == []
    (event,) = here.comings.due(1.0)
    assert event == RoomPresencePush(ROOM, 2, True, ("ben", "cid"), ("cid",), ("ann",))
    assert here.comings.due(5.0) == []


def test_who_came_and_went_between_two_events_is_not_told():
    here = Lobby()
    here.enter("ann")
    here.comings.due(0.0)
    here.hub.remove(here.enter("ben"))
    (event,) = here.comings.due(2.0)
    assert (event.joined, event.left, event.online) == ((), (), 1)


def test_the_second_device_of_somebody_is_nobody_new():
    here = Lobby()
    first = here.enter("ann")
    here.comings.due(0.0)
    here.enter("ann")
    here.hub.remove(first)
    (event,) = here.comings.due(2.0)
    assert (event.users, event.joined, event.left, event.online) == (("ann",), (), (), 1)


def test_connections_without_a_user_are_counted_and_not_named():
    here = Lobby()
    here.enter("")
    here.enter("ann")
    (event,) = here.comings.due(0.0)
    assert (event.online, event.users) == (2, ("ann",))


def test_above_a_size_only_the_number_is_told_and_names_come_back_below_it():
    here = Lobby(named=3)
    links = [here.enter(f"u{number}") for number in range(4)]
    assert here.comings.due(0.0) == [RoomPresencePush(ROOM, 4, named=False)]
    assert here.comings.users(ROOM) == ()
    here.hub.remove(links[0])
    (event,) = here.comings.due(2.0)
    assert (event.named, event.users, event.left) == (True, ("u1", "u2", "u3"), ("u0",))
    assert here.comings.users(ROOM) == ("u1", "u2", "u3")


def test_other_rooms_and_empty_ones_are_told_nothing():
    here = Lobby()
    link = here.enter("ann", RoomId("plain"))
    assert len(here.comings) == 0
    here.hub.join(link, ROOM)
    here.hub.remove(link)
    assert here.comings.due(0.0) == []
    assert len(here.comings) == 0


def test_a_thousand_who_come_in_a_second_do_not_cost_a_million_messages():
    """1,000 joins in a second into a room of 1,000."""
    here = Lobby(named=50)
    for number in range(1_000):
        here.enter(f"old{number}")
    here.comings.due(0.0)
    sends = 0
    for number in range(1_000):
        here.enter(f"new{number}")
        now = 10.0 + number / 1_000
        sends += sum(event.online for event in here.comings.due(now))
    sends += sum(event.online for event in here.comings.due(11.0))
    assert sends <= 4_000


def test_the_window_grows_with_the_room():
    here = Lobby(window_s=1.0, per_member_s=0.1)
    for number in range(30):
        here.enter(f"u{number}")
    assert len(here.comings.due(0.0)) == 1
    here.enter("late")
    assert here.comings.due(2.9) == []
    assert len(here.comings.due(3.0)) == 1


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["join", "leave", "gone", "wait"]))),
    st.integers(1, 8),
)
def test_the_events_together_are_what_happened(steps, named):
    here = Lobby(named=named)
    links: dict[int, Link] = {}
    counted, now, sent_at = 0, 0.0, []

    def look() -> None:
        nonlocal counted
        for event in here.comings.due(now):
            sent_at.append(now)
            there = {str(link.user) for link in here.hub.in_room(ROOM)}
            counted = event.online
            assert event.online == here.hub.room_online(ROOM) > 0
            assert event.online <= named or not event.named
            if event.named:
                assert set(event.users) == there
                assert set(event.joined) <= there
                assert not set(event.left) & there

    for number, what in steps:
        if what == "join":
            link = links.setdefault(number, here.enter(f"u{number % 3}", RoomId("hall")))
            here.hub.join(link, ROOM)
        elif what == "leave" and number in links:
            here.hub.leave(links[number], ROOM)
        elif what == "gone" and number in links:
            here.hub.remove(links.pop(number))
        now += 0.3
        look()
    now += 10.0
    look()
    online = here.hub.room_online(ROOM)
    # Nobody is left to tell that the last one has gone.
    assert not online or counted == online
    assert all(later - earlier >= 0.99 for earlier, later in pairwise(sent_at))
