from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from parlor.gateway.state.hub import Hub
from parlor.gateway.state.link import Link
from parlor.model.ids import ConnectionKey, DeviceId, RoomId, UserId
from tests.support.links import make_link

ROOM = RoomId("live://1")


def _link(key: str, user: str = "u", device: str = "d", address: str = "198.51.100.1") -> Link:
    return make_link(key, user, device, address)[0]


def test_a_link_is_found_by_everything_it_is_known_by():
    hub, link = Hub(), _link("k", "alice", "phone")
    hub.add(link)
    hub.join(link, ROOM)
    assert hub.by_key(ConnectionKey("k")) is link
    assert hub.of_user(UserId("alice")) == (link,)
    assert hub.of_device(DeviceId("phone")) == (link,)
    assert hub.in_room(ROOM) == hub.all() == (link,)


def test_a_removed_link_is_found_nowhere_and_costs_nothing():
    hub, link = Hub(), _link("k", "alice", "phone")
    hub.add(link)
    hub.join(link, ROOM)
    assert hub.remove(link)
    assert not hub.remove(link)
    assert (hub.by_key(link.key), hub.of_user(link.user), hub.of_device(link.device)) == (
        None,
        (),
        (),
    )
    assert hub.in_room(ROOM) == hub.all() == ()
    assert not link.rooms
    assert (hub.connections(), hub.addresses(), hub.top_rooms("", 9)) == (0, 0, [])


def test_the_same_key_again_replaces_the_older_link_everywhere():
    hub, old, new = Hub(), _link("k", "alice"), _link("k", "bob")
    hub.add(old)
    hub.join(old, ROOM)
    assert hub.add(new) is old
    assert hub.add(new) is None
    assert (hub.of_user(UserId("alice")), hub.of_user(UserId("bob"))) == ((), (new,))
    assert hub.room_online(ROOM) == 0
    assert not hub.remove(old)
    assert hub.by_key(ConnectionKey("k")) is new


def test_who_is_not_in_the_hub_joins_no_room():
    hub, link = Hub(), _link("k")
    assert not hub.join(link, ROOM)
    assert hub.room_online(ROOM) == 0


def test_joining_and_leaving_twice_changes_nothing():
    hub, link = Hub(), _link("k")
    hub.add(link)
    assert [hub.join(link, ROOM), hub.join(link, ROOM)] == [True, False]
    assert hub.room_online(ROOM) == 1
    assert [hub.leave(link, ROOM), hub.leave(link, ROOM)] == [True, False]
    assert hub.room_online(ROOM) == 0


def test_a_snapshot_survives_what_happens_during_a_walk():
    hub = Hub()
    links = [_link(str(number)) for number in range(4)]
    for link in links:
        hub.add(link)
        hub.join(link, ROOM)
    seen = []
    for link in hub.in_room(ROOM):
        seen.append(link)
        hub.remove(link)
    assert set(seen) == set(links)


def test_a_walk_meets_links_in_the_order_in_which_they_joined():
    hub = Hub()
    links = [_link(str(number)) for number in range(50)]
    for link in links:
        hub.add(link)
        hub.join(link, ROOM)
    hub.leave(links[7], ROOM)
    hub.join(links[7], ROOM)
    assert hub.in_room(ROOM) == (*links[:7], *links[8:], links[7])


def test_top_rooms_are_the_fullest_with_that_prefix():
    hub = Hub()
    for number in range(6):
        link = _link(str(number))
        hub.add(link)
        hub.join(link, RoomId("live://big"))
        if number < 3:
            hub.join(link, RoomId("live://b"))
            hub.join(link, RoomId("live://a"))
        hub.join(link, RoomId("test://1"))
    assert hub.top_rooms("live://", 2) == [("live://big", 6), ("live://a", 3)]
    assert len(hub.top_rooms("", 10)) == 4
    assert hub.top_rooms("live://", 0) == []


KEYS = st.sampled_from(["k1", "k2", "k3", "k4"])
USERS = st.sampled_from(["", "alice", "bob"])
ROOMS = st.sampled_from(["r1", "r2"])
ADDRESSES = st.sampled_from(["198.51.100.1", "198.51.100.2"])


class HubAgainstAList(RuleBasedStateMachine):
    """Every index and every count must agree with a plain list of links."""

    links = Bundle("links")

    def __init__(self) -> None:
        super().__init__()
        self.hub = Hub()
        self.here: list[Link] = []
        self.rooms: dict[Link, set[str]] = {}

    @rule(target=links, key=KEYS, user=USERS, device=USERS, address=ADDRESSES)
    def add(self, key: str, user: str, device: str, address: str) -> Link:
        link = _link(key, user, device, address)
        older = [other for other in self.here if other.key == key]
        assert self.hub.add(link) is (older[0] if older else None)
        self.here = [other for other in self.here if other.key != key] + [link]
        self.rooms[link] = set()
        return link

    @rule(link=consumes(links))
    def remove(self, link: Link) -> None:
        assert self.hub.remove(link) is (link in self.here)
        self.here = [other for other in self.here if other is not link]

    @rule(link=links, room=ROOMS)
    def join(self, link: Link, room: str) -> None:
        if link in self.here:
            self.rooms[link].add(room)
        self.hub.join(link, RoomId(room))

    @rule(link=links, room=ROOMS)
    def leave(self, link: Link, room: str) -> None:
        self.rooms[link].discard(room)
        self.hub.leave(link, RoomId(room))

    @invariant()
    def agrees(self) -> None:
        hub, here = self.hub, self.here
        assert set(hub.all()) == set(here)
        assert hub.connections() == len(here)
        assert hub.addresses() == len({link.address for link in here})
        users = Counter(link.user for link in here if link.user)
        for user in (UserId("alice"), UserId("bob")):
            assert hub.user_online(user) == len(hub.of_user(user)) == users[user]
        rooms = Counter(room for link in here for room in self.rooms[link])
        for room in (RoomId("r1"), RoomId("r2")):
            assert hub.room_online(room) == len(hub.in_room(room)) == rooms[room]
        assert dict(hub.top_rooms("", 9)) == rooms


TestHubAgainstAList = HubAgainstAList.TestCase
