"""P48: a thousand clients while the server is replaced, and what each of them has afterwards."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import jwt

from parlor.client import Following, Received, Resume, connect, stay_connected
from parlor.wire.native.pushes import DeliveryPush, EventPush
from tests.support.crowd import Member, wait_for_all
from tests.support.goim_client import packet
from tests.support.issuer import AUDIENCE, SECRET
from tests.support.people import sign_up
from tests.support.ports import free_port
from tests.support.rest_client import bearer
from tests.support.rest_server import address_of, make_key
from tests.support.server import ParlorServer, running_parlor

# Nobody is in a hurry but the told times: on a busy machine a thousand clients in one loop are slow
# to say hello and to take their leave, and who hears nothing for long is not to be taken for dead.
CONFIG = """
[server]
doors = ["goim"]
drain_limit_s = 120

[gateway]
first_byte_timeout_s = 60
hello_timeout_s = 60
heartbeat_s = 600
close_timeout_s = 60

[auth.jwt]
secret = "{secret}"
audience = "{audience}"

[doors.goim]
auth = "open"
tcp_port = {tcp}
ws_port = {ws}
http_port = {http}

[[push.rooms]]
match = "live:*"
replay_count = 2000
"""
ROOMS = 10
CROWD = 900
REAL = 50
GOIM = 50
BACK_S = 10.0
"""What everybody may be told to wait."""
PATIENCE_S = 120.0
"""What the machine may need for everybody, in place of seconds."""
FEW_READS = CROWD / 2
"""Forty users have mail, which is read from the store; each second and each durable push costs a
query or two; nobody else does, so that it is far from one for each who comes back."""


def token(user: str) -> str:
    now = int(time.time())
    claims = {"sub": user, "aud": AUDIENCE, "iat": now, "exp": now + 600}
    return jwt.encode(claims, SECRET, "HS256")


class Speaker:
    """A program that pushes all the time, and asks again with the same id until it is answered."""

    def __init__(self, server: ParlorServer, key: dict[str, str]) -> None:
        self._server = server
        self._key = key
        self.accepted: list[tuple[str, str]] = []
        """By room or user, and body."""
        self.lossy: set[str] = set()
        self.put_off = 0
        self._speaking: asyncio.Task[None]
        self._is_over = False

    def begin(self, rest: httpx.AsyncClient) -> asyncio.Task[None]:
        self._speaking = asyncio.create_task(self._speak(rest))
        return self._speaking

    async def say_more(self, count: int) -> None:
        """Returns once that many more have been accepted."""
        upto = len(self.accepted) + count
        while len(self.accepted) < upto:
            if self._speaking.done():
                await self._speaking
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """To the end of what is being said: of everything it is known whether it was accepted."""
        self._is_over = True
        await self._speaking

    async def _speak(self, rest: httpx.AsyncClient) -> None:
        for number in itertools.count():
            room, user = f"live:{number % ROOMS}", f"c{number % 40}"
            must = {"kind": "must_arrive", "body": str(number), "id": f"n{number}"}
            await self._push(rest, must | {"to": {"room": room}})
            self.accepted.append((room, str(number)))
            if number % 3 == 0:
                mail = must | {"id": f"m{number}", "to": {"users": [user]}}
                await self._push(rest, mail | {"durable": number % 2 == 0})
                self.accepted.append((user, str(number)))
            if number % 5 == 0:
                lossy = f"l{number}"
                await self._push(rest, {"to": {"room": "plain"}, "body": lossy, "id": lossy})
                self.lossy.add(lossy)
            if self._is_over:
                return
            await asyncio.sleep(0.02)

    async def _push(self, rest: httpx.AsyncClient, push: dict[str, object]) -> None:
        while True:
            try:
                answer = await rest.post("/api/v1/push", json=push, headers=self._key)
            except httpx.TransportError:
                # Nobody knows whether it was taken: the same id again.
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 202:
                return
            assert answer.status_code == 503, answer.text
            assert answer.json()["error"]["code"] == "draining"
            assert float(answer.headers["retry-after"]) > 0
            assert answer.headers["connection"] == "close"
            self.put_off += 1


class Real:
    """What a program with the client library has: ticket, rooms and mail of its own."""

    def __init__(self, url: str, user: str, room: str) -> None:
        self.user, self.room = user, room
        self.following, self.received, self.resume = Following([room]), Received(), Resume()
        self.heard: Counter[tuple[str | None, str]] = Counter()
        self.told: list[float] = []
        self.welcomes: list[bool] = []
        """Of each hello after the first: with the ticket, and the room filled."""
        self.is_there = False
        self._url = url

    async def run(self) -> None:
        def again():
            return connect(
                self._url, token(self.user), on_push=self._hear, following=self.following,
                received=self.received, resume=self.resume,
            )  # fmt: skip

        async for connection in stay_connected(again):
            assert connection.welcome is not None
            (state,) = connection.welcome.room_states
            self.welcomes.append(connection.welcome.resumed and state.recovered)
            self.is_there = True
            await connection.wait_closed()
            self.is_there = False
            assert connection.closed is not None
            self.told.append(connection.closed.after_s)

    def _hear(self, message) -> None:
        if isinstance(message.data, DeliveryPush):
            self.heard[message.data.room, message.data.body] += 1


class Scene:
    """Everybody, before, during and after."""

    def __init__(self, server: ParlorServer, ports: dict[str, int]) -> None:
        self.server = server
        self._ports = ports
        self.members = [
            Member(server.port, token(f"c{n}"), (f"live:{n % ROOMS}", "plain"), tcp=n % 2 == 0)
            for n in range(CROWD)
        ]
        host = f"127.0.0.1:{server.port}"
        urls = [f"ws://{host}/ws", f"tcp://{host}", f"http+sse://{host}", f"tcp://{host}"]
        self.real = [Real(urls[n % 4], f"r{n}", f"live:{n % ROOMS}") for n in range(REAL)]
        self.goim_logins = 0

    async def goim(self, number: int) -> None:
        """Comes back whenever its connection ends, at once: goim knows no goodbye."""
        body = b'{"mid":%d,"room_id":"live://1","platform":"web","accepts":[1000]}' % (number + 1)
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._ports["tcp"])
                writer.write(packet(7, body))
                await reader.readexactly(16)
                self.goim_logins += 1
                while await reader.read(1_000):
                    pass
                writer.close()
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.1)

    async def wait_for_everybody(self, hellos: int) -> None:
        await wait_for_all(self.members, hellos, PATIENCE_S)
        async with asyncio.timeout(PATIENCE_S):
            while not (
                all(one.is_there and len(one.welcomes) >= hellos for one in self.real)
                and self.goim_logins >= hellos * GOIM
            ):
                await asyncio.sleep(0.05)

    async def reads(self) -> float:
        async with httpx.AsyncClient(base_url=address_of(self.server)) as rest:
            found = re.search(
                r"^parlor_storage_reads (\S+)$", (await rest.get("/metrics")).text, re.MULTILINE
            )
        assert found
        return float(found[1])


@asynccontextmanager
async def everybody(tmp_path: Path) -> AsyncIterator[tuple[Scene, Speaker]]:
    ports = {name: free_port() for name in ("tcp", "ws", "http")}
    file = tmp_path / "parlor.toml"
    file.write_text(CONFIG.format(secret=SECRET, audience=AUDIENCE, **ports))
    async with (
        running_parlor(tmp_path, ["--config", str(file)]) as server,
        httpx.AsyncClient(base_url=address_of(server), timeout=20) as rest,
    ):
        scene = Scene(server, ports)
        speaker = Speaker(server, bearer(await make_key(server, "program", "push")))
        tasks = [asyncio.create_task(one.run()) for one in scene.real]
        tasks += [asyncio.create_task(scene.goim(number)) for number in range(GOIM)]
        for member in scene.members:
            member.begin()
        try:
            await scene.wait_for_everybody(1)
            tasks.append(speaker.begin(rest))
            await speaker.say_more(20)
            yield scene, speaker
        finally:
            for member in scene.members:
                member.leave()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def missing(scene: Scene, speaker: Speaker) -> list[str]:
    """Who lacks what was accepted, or has it twice."""
    wrong = []
    for name, body in speaker.accepted:
        room = name if name.startswith("live") else None
        for number, member in enumerate(scene.members):
            if name in (f"live:{number % ROOMS}", f"c{number}") and member.heard[room, body] != 1:
                wrong.append(f"c{number}: {name} {body} came {member.heard[room, body]} times")
        wrong += [
            f"{one.user}: {name} {body} came {one.heard[name, body]} times"
            for one in scene.real
            if name == one.room and one.heard[name, body] != 1
        ]
    return wrong


async def wait_until_all_is_there(scene: Scene, speaker: Speaker) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            while missing(scene, speaker):
                await asyncio.sleep(0.2)
    except TimeoutError:
        wrong = missing(scene, speaker)
        raise AssertionError(f"{len(wrong)}: {wrong[:10]}\n{scene.server.log()[-3000:]}") from None


async def test_a_thousand_clients_follow_a_take_over_and_have_everything_once(tmp_path: Path):
    async with everybody(tmp_path) as (scene, speaker), asyncio.timeout(4 * PATIENCE_S):
        assert await scene.server.take_over() == 0
        await scene.wait_for_everybody(2)
        reads = await scene.reads()
        await speaker.say_more(20)
        await speaker.stop()
        await wait_until_all_is_there(scene, speaker)
        for member in scene.members:
            assert (len(member.told), member.cut) == (1, 0)
            assert 0 < member.told[0] < BACK_S
            again = member.hellos[1]
            assert again.resumed
            assert {one.room for one in again.room_states if one.recovered} == {member_room(member)}
        for one in scene.real:
            assert len(one.told) == 1
            assert 0 < one.told[0] < BACK_S
            assert one.welcomes[1:] == [True]
        assert len({told for member in scene.members for told in member.told}) > 50
        assert reads < FEW_READS, reads
        for member in scene.members:
            lossy = {body: n for (room, body), n in member.heard.items() if room == "plain"}
            assert lossy.keys() <= speaker.lossy
            assert set(lossy.values()) <= {1}


def member_room(member: Member) -> str:
    (room,) = (state.room for state in member.hellos[0].room_states if state.position)
    return room


async def test_a_thousand_clients_come_back_after_a_stop_and_a_start(tmp_path: Path):
    """What was answered is there once; what rooms kept is gone with the process, as is told."""
    async with everybody(tmp_path) as (scene, speaker), asyncio.timeout(4 * PATIENCE_S):
        assert await scene.server.stop() == 0
        stopped_at = len(speaker.accepted)
        await scene.server.start()
        await scene.wait_for_everybody(2)
        reads = await scene.reads()
        back_at = len(speaker.accepted)
        await speaker.say_more(20)
        await speaker.stop()
        # To rooms, who was not there is told; to users it waits, whenever it was pushed.
        unkept = [one for one in speaker.accepted[stopped_at:back_at] if one[0].startswith("live")]
        for one in unkept:
            speaker.accepted.remove(one)
        await wait_until_all_is_there(scene, speaker)
        for member in scene.members:
            assert (len(member.told), member.cut) == (1, 0)
            assert 1.0 < member.told[0] < BACK_S
            assert member.hellos[1].resumed
            assert not any(one.recovered for one in member.hellos[1].room_states)
        assert reads < FEW_READS, reads


async def test_a_conversation_goes_on_over_a_take_over(tmp_path: Path):
    """Every message that was answered is in the conversation once; live ones reach the other."""
    async with running_parlor(tmp_path) as server, asyncio.timeout(PATIENCE_S):
        ann, ben = await sign_up(server.url, "ann"), await sign_up(server.url, "ben")
        conversation = await ann.talk_to(ben)
        heard: set[str] = set()

        def hear(message) -> None:
            if isinstance(message.data, EventPush):
                heard.add(message.data.event.text)

        resume = Resume()
        resumed: list[bool] = []

        async def listen() -> None:
            def again():
                return connect(ben.websocket_url, ben.token, on_push=hear, resume=resume)

            async for connection in stay_connected(again):
                assert connection.welcome is not None
                resumed.append(connection.welcome.resumed)
                await connection.wait_closed()

        listening = asyncio.create_task(listen())
        sent: list[str] = []

        is_over = False

        async def write() -> None:
            for number in itertools.count():
                if is_over:
                    return
                body = {"client_id": f"c{number}", "text": f"t{number}"}
                while True:
                    try:
                        answer = await ann.rest.post(
                            f"/api/v1/conversations/{conversation}/messages", json=body
                        )
                    except httpx.TransportError:
                        continue
                    if answer.status_code in (200, 201):
                        break
                    assert answer.status_code == 503
                sent.append(body["text"])
                await asyncio.sleep(0.01)

        writing = asyncio.create_task(write())
        for replaced in (1, 2):
            while len(resumed) < replaced:
                await asyncio.sleep(0.01)
            assert await server.take_over() == 0
        while len(resumed) < 3:
            await asyncio.sleep(0.01)
        count = len(sent)
        while len(sent) < count + 10:
            await asyncio.sleep(0.01)
        is_over = True
        await writing
        found = (await ben.get(f"/conversations/{conversation}/events?after=0&limit=200"))["events"]
        texts = [event["text"] for event in found if event["kind"] == "message"]
        assert texts[: len(sent)] == sent[:200][: len(texts)]
        assert len(texts) == len(set(texts))
        assert resumed == [False, True, True]
        while sent[-1] not in heard:
            await asyncio.sleep(0.01)
        listening.cancel()
        for person in (ann, ben):
            await person.rest.aclose()
