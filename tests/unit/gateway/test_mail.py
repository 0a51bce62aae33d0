import asyncio

import pytest

from parlor.drivers.memory.bus import MemoryBus
from parlor.drivers.memory.presence import MemoryPresence
from parlor.gateway.mail import MailCarrier
from parlor.gateway.state.mail_line import UNUSED
from parlor.model.close import CloseCode
from parlor.model.errors import StorageFailed
from parlor.model.ids import DeviceId, PushId, UserId
from parlor.model.mail import Page
from parlor.model.push import Delivery, Push, ToDevices, ToUsers
from parlor.push.mailboxes import MAIL_SUBJECT
from parlor.push.settings import MailboxSettings
from tests.support.fake_socket import make_gateway
from tests.support.links import make_link
from tests.support.mail import small_mailboxes
from tests.support.native_connection import NativeHouse, settle

ANN = UserId("ann")


class House:
    """A carrier over mailboxes in memory; links take what they get when the test says so."""

    def __init__(self, **settings: int) -> None:
        self.gateway, self.clock = make_gateway()
        self.bus = MemoryBus()
        self.boxes = small_mailboxes(
            MemoryPresence(self.gateway.hub), self.bus, self.clock, MailboxSettings(**settings)
        )
        self.carrier = MailCarrier(self.gateway, self.boxes)
        self.running = asyncio.create_task(self.carrier.run(self.bus))

    async def ready(self):
        await self.boxes.load()
        await self.carrier.subscribed.wait()
        return self

    def link(self, key: str, device: str = "phone", tags=None):
        link, shell = make_link(key, ANN, device, tags=tags)
        self.gateway.hub.add(link)
        return link, shell

    async def greeted(self, key: str, device: str = "phone", tags=None):
        """A native connection after its hello, and how many waited."""
        link, _ = self.link(key, device, tags)
        waiting = await self.carrier.welcome(link)
        self.carrier.begin(link)
        await settle()
        return link, waiting

    async def put(self, body: str, to=None, *, tag: str = "") -> None:
        await self.boxes.put(
            to or ToUsers((ANN,)), Push(PushId(body), body.encode(), tag, Delivery.MUST_ARRIVE)
        )
        await settle()


@pytest.fixture
async def house():
    made = await House(page_entries=2).ready()
    yield made
    made.running.cancel()
    await asyncio.wait([made.running])


async def test_who_is_there_gets_it_at_once_and_not_again(house):
    link, waiting = await house.greeted("a")
    assert (waiting, link.mail) == (0, UNUSED)
    await house.put("x")
    await house.put("y")
    assert link.take() == b"xy"
    assert UNUSED.sent == 0


async def test_pages_wait_for_their_acknowledgement_and_then_it_is_live(house):
    for body in "abcde":
        await house.put(body)
    link, waiting = await house.greeted("a")
    assert (waiting, link.take()) == (5, b"ab")
    await house.put("f")
    house.carrier.ack(link, link.mail.sent)
    await settle()
    assert link.take() == b"cd"
    house.carrier.ack(link, link.mail.sent)
    await settle()
    assert link.take() == b"ef"
    await house.put("g")
    assert link.take() == b"g"
    house.carrier.ack(link, link.mail.sent)
    _, waiting = await house.greeted("b")
    assert waiting == 0


async def test_what_the_bus_lost_is_filled_when_the_next_comes(house):
    link, _ = await house.greeted("a")
    await house.put("a")
    house.bus._subscribers, kept = {}, house.bus._subscribers
    await house.put("lost")
    house.bus._subscribers = kept
    await house.put("c")
    assert link.take() == b"alostc"
    meter = house.gateway.meter
    assert meter.counted["mail_gaps_total"] == 1


async def test_what_was_lost_before_the_first_that_came_is_filled_too(house):
    link, _ = await house.greeted("a")
    kept, house.bus._subscribers = house.bus._subscribers, {}
    await house.put("lost")
    house.bus._subscribers = kept
    await house.put("b")
    assert link.take() == b"lostb"


async def test_mail_for_one_device_passes_the_others_without_a_gap(house):
    phone, _ = await house.greeted("a", "phone")
    laptop, _ = await house.greeted("b", "laptop")
    await house.put("p", ToDevices((DeviceId("phone"),)))
    await house.put("all")
    assert (phone.take(), laptop.take()) == (b"pall", b"all")
    assert "mail_gaps_total" not in house.gateway.meter.counted


async def test_a_connection_of_a_front_door_gets_it_plainly_and_only_live(house):
    await house.put("before")
    link, _ = house.link("door")
    await house.put("now")
    await house.put("op", tag="7")
    house.carrier.ack(link, 2**50)
    assert link.take() == b"nowop"


async def test_a_connection_that_asked_for_some_operations_gets_those_of_its_mail(house):
    await house.put("no", tag="1")
    await house.put("no", tag="1")
    await house.put("yes", tag="2")
    link, waiting = await house.greeted("a", tags=frozenset({"2"}))
    assert (waiting, link.take()) == (3, b"yes")
    await house.put("no", tag="1")
    await house.put("yes", tag="2")
    house.carrier.ack(link, link.mail.sent)
    await settle()
    assert link.take() == b"yes"


async def test_a_link_that_cannot_keep_up_is_closed_and_gets_it_when_it_is_back(house):
    link, shell = make_link("slow", ANN, "phone", max_frames=2)
    house.gateway.hub.add(link)
    await house.carrier.welcome(link)
    for body in "abc":
        await house.put(body)
    assert [close.code for close in shell.ended] == [CloseCode.SLOW_READER]
    house.carrier.leave(link)
    house.gateway.hub.remove(link)
    back, waiting = await house.greeted("back")
    assert (waiting, back.take()) == (3, b"ab")


async def test_a_page_that_cannot_be_read_ends_the_connection_which_comes_back(house):
    link, shell = house.link("a")
    await house.put("x")

    async def fail(*args, **options) -> Page:
        raise StorageFailed

    house.boxes.page = fail
    with pytest.raises(StorageFailed):
        await house.carrier.welcome(link)
    assert [close.code for close in shell.ending_soon] == [CloseCode.OVERLOADED]
    live, live_shell = make_link("b", ANN, "laptop")
    house.gateway.hub.add(live)
    live.mail = UNUSED
    await house.put("y")
    assert [close.code for close in live_shell.ended] == [CloseCode.OVERLOADED]


async def test_rubbish_on_the_bus_is_counted_and_the_next_is_mail_again(house):
    link, _ = await house.greeted("a")
    await house.bus.publish(MAIL_SUBJECT, b"rubbish")
    await house.put("x")
    assert link.take() == b"x"
    assert house.gateway.meter.counted["bus_messages_refused_total"] == 1


async def test_hello_says_how_much_waits_and_it_follows_the_reply():
    native = NativeHouse()
    await native.small.rooms.mailboxes.load()
    push = Push(PushId("p"), b"x", "", Delivery.MUST_ARRIVE)
    for _ in range(2):
        await native.small.rooms.mailboxes.put(ToUsers((UserId("1"),)), push)
    client = native.websocket()
    client.ask(1, "hello", token="1:phone")
    await settle()
    reply, *pushes = client.messages()
    assert reply["result"]["mail"] == 2
    numbers = [push["data"]["mail"] for push in pushes]
    assert numbers == [numbers[0], numbers[0] + 1]
    client.ask(2, "mail.ack", upto=numbers[1])
    await settle()
    assert client.messages() == [{"id": 2, "result": {}}]
    assert not native.small.rooms.mailboxes.waits(UserId("1"), DeviceId("phone"))


async def test_a_connection_with_tags_that_is_pages_behind_gets_all_of_its_mail(house):
    """Its reader acknowledges the last it got, which need not be the last of the page."""
    for number in range(8):
        await house.put(str(number), tag="news" if number % 2 == 0 else "other")
    link, _ = await house.greeted("a", tags=frozenset({"news"}))
    for body in (b"0", b"2", b"4", b"6"):
        assert link.take() == body
        house.carrier.ack(link, link.mail.given)
        await settle()
    await house.put("x", tag="other")
    await house.put("y", tag="news")
    assert link.take() == b"y"
    house.carrier.ack(link, link.mail.given)
    _, waiting = await house.greeted("b")
    assert waiting == 0
