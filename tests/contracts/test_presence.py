"""What every presence driver promises (`ports.presence`), for the connections of one process."""

import pytest

from parlor.drivers.memory.presence import MemoryPresence
from parlor.gateway.state.hub import Hub
from parlor.model.ids import DeviceId, RoomId, UserId
from parlor.ports.presence import Presence
from tests.support.links import make_link

KINDS = {"memory": MemoryPresence}


@pytest.fixture(params=sorted(KINDS))
def cluster(request) -> tuple[Hub, Presence]:
    hub = Hub()
    return hub, KINDS[request.param](hub)


def test_nobody_is_online_at_first(cluster):
    _, presence = cluster
    assert presence.online(UserId("1")) == presence.in_room(RoomId("r")) == 0
    assert presence.totals() == (0, 0)
    assert list(presence.top_rooms("", 10)) == []


def test_counts_are_of_connections(cluster):
    hub, presence = cluster
    for key in ("a", "b"):
        link, _ = make_link(key, "1")
        hub.add(link)
        hub.join(link, RoomId("r"))
    assert presence.online(UserId("1")) == presence.in_room(RoomId("r")) == 2
    assert presence.totals() == (2, 1)


def test_who_leaves_is_not_counted_any_more(cluster):
    hub, presence = cluster
    link, _ = make_link("a", "1")
    hub.add(link)
    hub.join(link, RoomId("r"))
    hub.leave(link, RoomId("r"))
    assert presence.in_room(RoomId("r")) == 0
    hub.remove(link)
    assert presence.totals() == (0, 0)


def test_top_rooms_are_those_of_the_prefix_fullest_first(cluster):
    hub, presence = cluster
    for number, room in enumerate(["live://1", "live://2", "live://2", "test://1"]):
        link, _ = make_link(str(number))
        hub.add(link)
        hub.join(link, RoomId(room))
    assert list(presence.top_rooms("live://", 5)) == [("live://2", 2), ("live://1", 1)]
    assert list(presence.top_rooms("live://", 1)) == [("live://2", 2)]


def test_devices_and_different_users_are_counted(cluster):
    hub, presence = cluster
    for key, user, device in (("a", "1", "phone"), ("b", "1", "phone"), ("c", "2", "tab")):
        hub.add(make_link(key, user, device)[0])
    hub.add(make_link("d", "", "")[0])
    assert presence.device_online(DeviceId("phone")) == 2
    assert presence.device_online(DeviceId("nothing")) == 0
    assert presence.users_online() == 2
    hub.remove(hub.by_key("c"))
    assert (presence.users_online(), presence.device_online(DeviceId("tab"))) == (1, 0)
