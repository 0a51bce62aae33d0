from parlor.drivers.memory.presence import MemoryPresence
from parlor.gateway.state.hub import Hub
from parlor.model.ids import UserId
from tests.support.links import make_link


def test_presence_follows_the_hub_at_every_moment():
    hub = Hub()
    presence = MemoryPresence(hub)
    link, _ = make_link("k", "1")
    hub.add(link)
    assert presence.online(UserId("1")) == 1
    hub.remove(link)
    assert presence.online(UserId("1")) == 0


def test_everybody_who_is_connected_is_named_once():
    hub = Hub()
    for key, user in (("k", "1"), ("l", "1"), ("m", "2")):
        hub.add(make_link(key, user)[0])
    assert sorted(MemoryPresence(hub).users()) == ["1", "2"]
