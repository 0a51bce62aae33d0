"""Paced pushes in virtual time: an even flow, in order for their audience, in nobody's way."""

from __future__ import annotations

import asyncio

import pytest

from parlor.drivers.memory.bus import MemoryBus
from parlor.gateway.deliver import Deliver
from parlor.gateway.gateway import Gateway
from parlor.gateway.settings import GatewaySettings
from parlor.gateway.state.link import Link
from parlor.gateway.state.outbox import Frame, OutboxLimits
from parlor.model.close import Close, CloseCode
from parlor.model.ids import ConnectionKey, DeviceId, PushId, RoomId, UserId
from parlor.model.push import Audience, Delivery, Envelope, Push, ToAll, ToRoom, ToUsers
from parlor.push.route import Route
from tests.support.fake_socket import PlainCodec
from tests.support.steady import CountedBytes, CountingMeter
from tests.support.virtual_time import VirtualLoop, run_virtual

ROOM, OTHER = RoomId("big"), RoomId("other")


class Noting:
    """A shell that notes when its link got what."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.link: Link | None = None

    def wake(self) -> None:
        assert self.link is not None
        self.crowd.got.append((self.crowd.loop.time() - 1_000.0, self.link.key, self.link.take()))

    def flush(self) -> None:
        self.wake()

    def send_rest(self, data: bytes) -> None:
        raise AssertionError(data)

    def end(self, close: Close) -> None:
        raise AssertionError(close)

    end_soon = end

    def on_missed(self, count: int) -> None:
        raise AssertionError(count)


class Crowd:
    """Links 0 to `size` - 1 in a room; the even ones in another too."""

    def __init__(self, size: int, settings: GatewaySettings | None = None) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self.loop = loop
        self.meter = CountingMeter()
        self.gateway = Gateway(settings or GatewaySettings(), loop, CountedBytes(), self.meter)
        self.bus = MemoryBus()
        self.route = Route(self.bus)
        self.deliver = Deliver(self.gateway, self.bus)
        self.got: list[tuple[float, str, bytes]] = []
        codec = PlainCodec()
        self.links = []
        for number in range(size):
            shell = Noting(self)
            key, user = ConnectionKey(str(number)), UserId(f"u{number}")
            link = Link(key, user, DeviceId(""), "::1", codec, shell, OutboxLimits())
            shell.link = link
            self.gateway.hub.add(link)
            self.gateway.hub.join(link, ROOM)
            if number % 2 == 0:
                self.gateway.hub.join(link, OTHER)
            self.links.append(link)
        self.running = asyncio.create_task(self.deliver.run())

    async def publish(self, to: Audience, body: bytes) -> None:
        await self.deliver.subscribed.wait()
        await self.route.publish(Envelope(to, (Push(PushId("p"), body),)))

    def when(self, body: bytes) -> list[float]:
        return [at for at, _, data in self.got if data == body]

    async def end(self) -> None:
        self.running.cancel()
        await asyncio.wait([self.running])


@pytest.mark.parametrize(("size", "rate"), [(200, 50), (500, 7), (3_000, 1_500), (2_000, 100_000)])
@pytest.mark.parametrize("to", ["all", "room"])
def test_a_paced_push_takes_as_long_as_its_rate_says_and_flows_evenly(size, rate, to):
    """P14: total within a fifth of N/rate, and no whole-second steps."""

    async def work() -> None:
        crowd = Crowd(size)
        await crowd.publish(ToAll(rate) if to == "all" else ToRoom(ROOM, rate), b"x")
        await asyncio.sleep(2 * size / rate + 1)
        at = crowd.when(b"x")
        assert len(at) == size
        assert abs(at[-1] - size / rate) <= max(0.2 * size / rate, 0.05)
        for tenth in range(10):
            until = size / rate * (tenth + 1) / 10
            done = sum(moment <= until for moment in at)
            assert abs(done - size * (tenth + 1) / 10) <= max(2.0, 0.02 * rate)
        assert crowd.meter.counted["pushes_delivered_total"] == size
        await crowd.end()

    run_virtual(work())


def test_the_same_audience_stays_in_order_behind_it_and_others_go_past():
    async def work() -> None:
        crowd = Crowd(100)
        await crowd.publish(ToRoom(ROOM, 10), b"slow")
        await crowd.publish(ToRoom(ROOM), b"behind")
        await crowd.publish(ToRoom(ROOM, 50), b"last")
        await crowd.publish(ToRoom(OTHER), b"other")
        await crowd.publish(ToAll(), b"all")
        await crowd.publish(ToUsers((UserId("u3"),)), b"user")
        await asyncio.sleep(0.1)
        assert len(crowd.when(b"other")) == 50
        assert len(crowd.when(b"all")) == 100
        assert len(crowd.when(b"user")) == 1
        assert (crowd.deliver.paced, crowd.deliver.behind_paced) == (1, 2)
        await asyncio.sleep(30)
        slow, behind, last = (crowd.when(body) for body in (b"slow", b"behind", b"last"))
        assert [len(slow), len(behind), len(last)] == [100, 100, 100]
        assert slow[-1] <= behind[0] <= behind[-1] <= last[0]
        assert behind[-1] - behind[0] < 0.1
        assert (crowd.deliver.paced, crowd.deliver.behind_paced) == (0, 0)
        await crowd.end()

    run_virtual(work())


def test_two_paced_pushes_to_all_follow_each_other():
    async def work() -> None:
        crowd = Crowd(50)
        await crowd.publish(ToAll(25), b"first")
        await crowd.publish(ToAll(25), b"second")
        await asyncio.sleep(10)
        assert max(crowd.when(b"first")) <= min(crowd.when(b"second"))
        assert abs(max(crowd.when(b"second")) - 4.0) < 0.5
        await crowd.end()

    run_virtual(work())


def test_who_left_the_room_meanwhile_is_left_out():
    async def work() -> None:
        crowd = Crowd(10)
        await crowd.publish(ToRoom(ROOM, 1), b"x")
        await asyncio.sleep(4.5)
        for link in crowd.links[7:]:
            crowd.gateway.hub.leave(link, ROOM)
        await asyncio.sleep(20)
        assert [key for _, key, _ in crowd.got] == [str(number) for number in range(7)]
        await crowd.end()

    run_virtual(work())


def test_what_waits_behind_is_bounded_and_what_is_dropped_is_counted():
    async def work() -> None:
        crowd = Crowd(10, GatewaySettings(max_behind_paced=3))
        await crowd.publish(ToRoom(ROOM, 1), b"slow")
        await asyncio.sleep(0.1)
        for number in range(5):
            await crowd.publish(ToRoom(ROOM), b"%d" % number)
        await asyncio.sleep(0.1)
        assert crowd.deliver.behind_paced == 3
        assert crowd.meter.counted["pushes_dropped_total"] == 2
        await asyncio.sleep(30)
        assert [len(crowd.when(b"%d" % number)) for number in range(5)] == [10, 10, 10, 0, 0]
        await crowd.end()

    run_virtual(work())


class NoFormCodec(PlainCodec):
    def pushes(self, envelope: Envelope) -> Frame | None:
        return None


def test_only_what_links_have_taken_is_counted():
    """P46: no filtered, no closing link, none without a form for it."""

    async def work() -> None:
        crowd = Crowd(6)
        crowd.links[0].tags = frozenset({"other"})
        crowd.links[1].tags = frozenset({"a"})
        crowd.links[2].closing = Close(CloseCode.IDLE)
        crowd.links[3].codec = NoFormCodec()
        pushes = (Push(PushId("1"), b"1", "a"), Push(PushId("2"), b"2", "b", Delivery.LOSSY))
        await crowd.deliver.deliver(Envelope(ToAll(), pushes))
        assert crowd.meter.counted["pushes_delivered_total"] == 1 + 2 + 2
        await crowd.end()

    run_virtual(work())


def test_before_the_end_everything_leaves_at_once_and_in_order():
    """What was accepted is in the outboxes before anybody is sent away."""

    async def work() -> None:
        crowd = Crowd(1_000)
        await crowd.publish(ToRoom(ROOM, 10), b"paced")
        await crowd.publish(ToRoom(ROOM), b"behind")
        await asyncio.sleep(1.0)
        assert len(crowd.when(b"paced")) < 50
        await crowd.publish(ToAll(), b"last")
        async with asyncio.timeout(0.5):
            await crowd.deliver.settle()
        await asyncio.sleep(0)
        for body in (b"paced", b"behind", b"last"):
            assert len(crowd.when(body)) == 1_000
        assert crowd.when(b"behind")[0] >= crowd.when(b"paced")[-1]
        await crowd.deliver.settle()
        await crowd.end()

    run_virtual(work())
