"""Any interleaving of publishing, joining, leaving and forgetting, walks in progress included."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from parlor.gateway.catch_up import CatchUp
from parlor.gateway.gateway import Gateway
from parlor.gateway.settings import GatewaySettings
from parlor.gateway.state.link import Link
from parlor.gateway.state.outbox import Frame
from parlor.model.ids import RoomId
from parlor.model.push import Delivery, Envelope
from parlor.model.room import Position
from parlor.push.policies import RoomPolicy
from parlor.push.settings import PushSettings
from tests.support.fake_socket import PlainCodec
from tests.support.links import make_link
from tests.support.room_services import RoomServices
from tests.support.steady import CountedBytes, CountingMeter
from tests.support.virtual_time import VirtualLoop, run_virtual

ROOM = RoomId("kept:1")
CLIENTS = 4


class Got(NamedTuple):
    epoch: str
    offset: int
    body: str


class TellingCodec(PlainCodec):
    """Frames that say everything about what they carry."""

    def pushes(self, envelope: Envelope) -> Frame | None:
        lines = [
            f"{envelope.epoch} {push.offset} {push.body.decode()}\n" for push in envelope.pushes
        ]
        return Frame("".join(lines).encode(), Delivery.LOSSY, len(lines))


def _generation(epoch: str) -> int:
    return int(epoch.partition(".")[2])


class Client:
    """Somebody who remembers the last position, as an SDK does."""

    def __init__(self) -> None:
        self.link: Link | None = None
        self.last: Position | None = None

    def hear(self) -> list[Got]:
        if self.link is None:
            return []
        heard = []
        for line in self.link.take().decode().splitlines():
            epoch, offset, body = line.split()
            heard.append(Got(epoch, int(offset), body))
        return heard


class Joining(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.runner = asyncio.Runner(loop_factory=lambda: self.loop)
        self.said: dict[tuple[str, int], str] = {}
        self.clients = [Client() for _ in range(CLIENTS)]
        self.number = 0
        self.runner.run(self._begin())

    async def _begin(self) -> None:
        gateway = Gateway(
            GatewaySettings(), self.loop, CountedBytes(), CountingMeter(), followed_rooms=4
        )
        policy = RoomPolicy("kept:*", replay_count=4, replay_s=20.0)
        push = PushSettings(rooms=(policy,), history_rooms=2, room_batch=3)
        self.here = RoomServices(gateway, push)
        self.hub = gateway.hub
        self.catch_up = CatchUp(gateway, self.here.replay)
        self.codec = TellingCodec()
        self.running = self.here.running()
        await self.running.__aenter__()

    def teardown(self) -> None:
        self.runner.run(self._end())
        self.runner.close()

    async def _end(self) -> None:
        """When all is quiet, everybody who is there has everything."""
        await asyncio.sleep(120.0)
        for client in self.clients:
            self._check(client)
        position = (await self.here.replay.since(ROOM, None)).position
        for client in self.clients:
            if client.link is not None and client.last is not None:
                assert client.last == position or position.offset == 0
        await self.running.__aexit__(None, None, None)

    @rule(count=st.integers(1, 3), rate=st.sampled_from([0, 0, 0, 1]))
    def publish(self, count: int, rate: int) -> None:
        async def work() -> None:
            for _ in range(count):
                self.number += 1
                body = str(self.number).encode()
                await self.here.pushes.to_room(ROOM, body, rate=rate)

        self.runner.run(work())

    @rule(room=st.integers(2, 4))
    def publish_elsewhere(self, room: int) -> None:
        """Enough of these, and the room is forgotten."""
        self.runner.run(self.here.pushes.to_room(RoomId(f"kept:{room}"), b"x"))

    @rule(turns=st.integers(1, 4))
    def run_a_little(self, turns: int) -> None:
        async def work() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)

        self.runner.run(work())

    @rule(seconds=st.sampled_from([0.5, 3.0, 30.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.runner.run(asyncio.sleep(seconds))

    @rule(who=st.integers(0, CLIENTS - 1), knows=st.booleans())
    def join(self, who: int, knows: bool) -> None:
        client = self.clients[who]
        if client.link is not None:
            return
        self.runner.run(self._join(client, who, client.last if knows else None))

    async def _join(self, client: Client, who: int, since: Position | None) -> None:
        link, _ = make_link(f"{who}", f"u{who}", codec=self.codec, max_frames=1_000)
        self.hub.add(link)
        tails = await self.catch_up.read({ROOM: since})
        entered = self.catch_up.enter(link, ROOM, tails[ROOM])
        assert entered.state.position is not None
        if since is None or not entered.state.recovered:
            client.last = entered.state.position
            assert entered.follow is None
        else:
            client.last = since
        client.link = link
        if entered.follow is not None:
            entered.follow()
        if since is not None and entered.state.recovered:
            self._check(client)
            assert client.last == entered.state.position

    @precondition(lambda self: any(client.link for client in self.clients))
    @rule(who=st.integers(0, CLIENTS - 1), is_cut=st.booleans())
    def leave(self, who: int, is_cut: bool) -> None:
        client = self.clients[who]
        if client.link is None:
            return
        self._check(client)
        if is_cut:
            self.hub.remove(client.link)
        else:
            self.hub.leave(client.link, ROOM)
        client.link = None

    @rule(who=st.integers(0, CLIENTS - 1))
    def leave_and_join_on_the_same_link(self, who: int) -> None:
        """Also while a paced walk is on its way to it."""
        client = self.clients[who]
        if client.link is None or client.last is None:
            return
        self._check(client)
        link, since = client.link, client.last
        self.hub.leave(link, ROOM)

        async def work() -> None:
            tails = await self.catch_up.read({ROOM: since})
            entered = self.catch_up.enter(link, ROOM, tails[ROOM])
            if not entered.state.recovered:
                client.last = entered.state.position
            if entered.follow is not None:
                entered.follow()

        self.runner.run(work())

    @invariant()
    def nothing_double_no_gap_in_order(self) -> None:
        for client in self.clients:
            self._check(client)

    def _check(self, client: Client) -> None:
        for got in client.hear():
            assert client.last is not None
            if got.epoch == client.last.epoch:
                assert got.offset == client.last.offset + 1, (client.last, got)
            else:
                # The room was forgotten and begins anew; or this was on its way when it was, and
                # from a position of that epoch nothing is ever recovered.
                is_late = _generation(got.epoch) < _generation(client.last.epoch)
                assert got.offset == 1 or is_late, (client.last, got)
            body = self.said.setdefault((got.epoch, got.offset), got.body)
            assert got.body == body
            client.last = Position(got.epoch, got.offset)


Joining.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestJoining = Joining.TestCase


def test_who_joins_anew_before_a_paced_walk_arrives_gets_the_message_once():
    async def work() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        gateway = Gateway(GatewaySettings(), loop, CountedBytes(), CountingMeter())
        push = PushSettings(rooms=(RoomPolicy("kept:*", replay_count=4),))
        here = RoomServices(gateway, push)
        catch_up, codec = CatchUp(gateway, here.replay), TellingCodec()
        links = [make_link(str(number), f"u{number}", codec=codec)[0] for number in range(3)]
        async with here.running():
            for link in links:
                gateway.hub.add(link)
                gateway.hub.join(link, ROOM)
            before = (await here.replay.since(ROOM, None)).position
            await here.pushes.to_room(ROOM, b"slow", rate=1)
            await asyncio.sleep(0.5)
            assert [len(link.outbox) for link in links] == [1, 0, 0]
            gateway.hub.leave(links[2], ROOM)
            tails = await catch_up.read({ROOM: before})
            entered = catch_up.enter(links[2], ROOM, tails[ROOM])
            assert entered.follow is not None
            entered.follow()
            await asyncio.sleep(10)
            epoch = before.epoch
            assert [link.take().decode() for link in links] == [f"{epoch} 1 slow\n"] * 3

    run_virtual(work())
