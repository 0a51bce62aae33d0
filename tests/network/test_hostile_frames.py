"""Hostile bytes at a real server: one coded end for whoever sends them, counted by its reason, and
a bystander who gets every push meanwhile."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from parlor.client import Connection, connect
from parlor.wire.native.pushes import DeliveryPush
from tests.support.deflated import packed
from tests.support.goim_client import packet
from tests.support.people import Person, sign_up
from tests.support.ports import free_port
from tests.support.rest_server import make_key
from tests.support.server import ParlorServer, running_parlor
from tests.support.wire_peer import (
    BINARY,
    CONTINUATION,
    PING,
    PONG,
    RSV1,
    TEXT,
    Peer,
    frame,
    question,
    request_head,
)

FRAMES = 100_000
A_CONNECTION = 100
AT_ONCE = 8
MIB = 1 << 20
COMPRESSION = "Sec-WebSocket-Extensions: permessage-deflate"


@dataclass
class Scene:
    """A server, somebody who listens to a room, and a key to push there."""

    server: ParlorServer
    goim_ports: dict[str, int]
    person: Person
    listener: Connection
    key: str
    pushed: list[str] = field(default_factory=list)

    async def push(self) -> None:
        body = f"number {len(self.pushed)}"
        headers = {"Authorization": f"Bearer {self.key}"}
        async with httpx.AsyncClient(base_url=self.server.url, headers=headers) as rest:
            answer = await rest.post(
                "/api/v1/push", json={"to": {"room": "calm"}, "body": body, "kind": "must_arrive"}
            )
        assert answer.status_code == 202, answer.text
        self.pushed.append(body)

    @asynccontextmanager
    async def undisturbed(self) -> AsyncIterator[None]:
        """What is pushed around and during the body arrives, all of it and in order."""
        stop = asyncio.Event()

        async def keep_pushing() -> None:
            await self.push()
            while not stop.is_set():
                await self.push()
                await asyncio.sleep(0.05)
            await self.push()

        pushing = asyncio.create_task(keep_pushing())
        try:
            yield
        finally:
            stop.set()
            await pushing
            arrived = [await self._next() for _ in self.pushed]
            expected, self.pushed = self.pushed, []
        assert arrived == expected

    async def _next(self) -> str:
        async with asyncio.timeout(20):
            push = await self.listener.next_push(DeliveryPush)
        assert isinstance(push.data, DeliveryPush)
        assert push.data.missed == 0
        return push.data.body

    async def closed(self) -> dict[str, int]:
        """How many connections were closed, by reason."""
        pattern = r'parlor_connections_closed_total\{reason="(\w+)"\} ([\d.]+)'
        found = re.findall(pattern, await self._metrics())
        return {reason: int(float(count)) for reason, count in found}

    async def connections(self) -> float:
        """Open ones, the one that asks perhaps included."""
        found = re.search(r"^parlor_connections ([\d.]+)$", await self._metrics(), re.MULTILINE)
        assert found is not None
        return float(found[1])

    async def _metrics(self) -> str:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.server.port}") as rest:
            return (await rest.get("/metrics")).text

    def resident_bytes(self) -> int:
        status = Path(f"/proc/{self.server.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) << 10  # type: ignore[index]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    ports = {name: free_port() for name in ("tcp", "ws", "http")}
    settings = ["gateway.compression=true", "doors.goim.auth=open", "doors.goim.batch=1"]
    settings += [f"doors.goim.{name}_port={port}" for name, port in ports.items()]
    flags = ["--door", "goim"]
    for setting in settings:
        flags += ["--set", setting]
    async with running_parlor(tmp_path_factory.mktemp("hostile"), flags) as server:
        person = await sign_up(server.url, "bystander")
        key = await make_key(server, "tests", "push")
        async with connect(person.websocket_url, person.token, rooms=["calm"]) as listener:
            yield Scene(server, ports, person, listener, key)
        await person.rest.aclose()


module_loop = pytest.mark.asyncio(loop_scope="module")

BOMB = packed(bytes(64 * MIB), level=9)
ONE_FAULT = {
    "a compression bomb": (frame(TEXT, BOMB, rsv=RSV1), 1009, "too_big"),
    "one in fragments": (
        frame(BINARY, BOMB[:100], fin=False, rsv=RSV1) + frame(CONTINUATION, BOMB[100:]),
        1009,
        "too_big",
    ),
    "a head of 1 GB": (frame(BINARY, length=b"\x7f" + (1 << 30).to_bytes(8)), 1009, "too_big"),
    "a lone surrogate in UTF-8": (frame(TEXT, b'{"id":1,"x":"\xed\xa0\x80"}'), 1007, "bad_text"),
    "compressed rubbish": (frame(TEXT, b"\xff\xff\xff", rsv=RSV1), 1007, "bad_text"),
    "an unknown opcode": (frame(7, b"x"), 1002, "protocol_error"),
}


@module_loop
@pytest.mark.parametrize("name", ONE_FAULT)
async def test_each_fault_has_its_code_and_its_count_and_costs_nobody_else(scene: Scene, name):
    data, code, reason = ONE_FAULT[name]
    before, resident = await scene.closed(), scene.resident_bytes()
    async with scene.undisturbed():
        for _ in range(20):
            head = request_head(extra=[COMPRESSION])
            async with Peer.connect(scene.server.port, head=head) as peer:
                await peer.send(data)
                await peer.failed(code)
    after = await scene.closed()
    assert after.pop(reason) == before.pop(reason, 0) + 20
    assert after == before
    assert scene.resident_bytes() - resident < 16 * MIB


@module_loop
async def test_a_lone_surrogate_in_json_is_a_bad_request_and_no_more(scene: Scene):
    """`"\\ud800"` is six ASCII characters, so the frame is right and the text is not."""
    async with scene.undisturbed(), Peer.connect(scene.server.port, head=request_head()) as peer:
        hello = {"id": 1, "method": "hello", "params": {"token": scene.person.token}}
        await peer.send(frame(TEXT, json.dumps(hello).encode()))
        assert (await peer.message())["id"] == 1
        join = b'{"id":2,"method":"room.join","params":{"room":"a\\ud800"}}'
        await peer.send(frame(TEXT, join))
        answer = await peer.message()
        assert (answer["id"], answer["error"]["code"]) == (2, "bad_request")


@module_loop
async def test_a_room_may_be_called_anything_and_disturbs_no_other(scene: Scene):
    """Any text of 1 to 128 bytes is a name, control characters too; everything else is refused."""
    chance = random.Random(6455)
    names = [
        "\0",
        "\n",
        "calm\0",
        "calm ",
        " calm",
        "../calm",
        "{calm}",
        "%s",
        "ca\u202elm",
        "房间",
    ]
    names += ["".join(map(chr, chance.choices(range(1, 0xD800), k=20))) for _ in range(30)]
    refused = ["", "x" * 129, "房" * 43]
    async with scene.undisturbed(), Peer.connect(scene.server.port, head=request_head()) as peer:
        hello = {"id": 0, "method": "hello", "params": {"token": scene.person.token}}
        await peer.send(frame(TEXT, json.dumps(hello).encode()))
        await peer.message()
        for number, name in enumerate([*names, *refused], 1):
            for method in ("room.join", "room.leave"):
                asked = {"id": number, "method": method, "params": {"room": name}}
                await peer.send(frame(TEXT, json.dumps(asked).encode()))
                said = await peer.message()
                if name in refused:
                    assert said["error"]["code"] == "bad_request"
                else:
                    assert said["result"]["room"] == name


def _native(chance: random.Random) -> bytes:
    """One in a hundred is hostile: so a connection lives for most of its frames."""
    kind = chance.random()
    if kind < 0.5:
        return frame(chance.choice([PING, PONG]), chance.randbytes(chance.randrange(126)))
    if kind < 0.8:
        return frame(TEXT, question(chance.randrange(1 << 40), chance.randrange(300)))
    if kind < 0.9:
        return frame(TEXT, packed(question(1, chance.randrange(5_000))), rsv=RSV1)
    if kind < 0.99:
        whole = question(chance.randrange(1 << 40))
        at = chance.randrange(len(whole))
        between = frame(PING, b"between") if chance.random() < 0.5 else b""
        return frame(TEXT, whole[:at], fin=False) + between + frame(CONTINUATION, whole[at:])
    rsv = chance.choice([0, 0, 0, RSV1, 0x20])
    body = chance.randbytes(chance.randrange(300))
    made = frame(chance.randrange(16), body, fin=chance.random() < 0.8, rsv=rsv)
    return _damaged(chance, made) if chance.random() < 0.5 else made


def _goim_packet(chance: random.Random) -> bytes:
    made = packet(
        chance.choice([2, 4, 7, 12, 14, 16, 1000]), chance.randbytes(chance.randrange(200))
    )
    return _damaged(chance, made) if chance.random() < 0.03 else made


def _goim_message(chance: random.Random) -> bytes:
    if chance.random() < 0.2:
        return frame(chance.choice([PING, PONG]), chance.randbytes(chance.randrange(126)))
    opcode = chance.choice([TEXT, BINARY, CONTINUATION])
    made = frame(opcode, _goim_packet(chance), masked=chance.random() < 0.9)
    return _damaged(chance, made) if chance.random() < 0.03 else made


def _damaged(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    changed[chance.randrange(min(len(changed), 16))] ^= chance.randrange(1, 256)
    return bytes(changed)


LISTENERS: dict[str, tuple[str, Callable[[random.Random], bytes], bytes | None]] = {
    "native WebSocket": ("", _native, request_head(extra=[COMPRESSION])),
    "goim WebSocket": ("ws", _goim_message, request_head(target="/sub")),
    "goim TCP": ("tcp", _goim_packet, None),
}
LOGIN = packet(7, b'{"mid":1}')


@module_loop
@pytest.mark.parametrize("name", LISTENERS)
async def test_a_hundred_thousand_random_frames_crash_and_leak_nothing(scene: Scene, name):
    door, make, head = LISTENERS[name]
    port = scene.goim_ports[door] if door else scene.server.port
    login = b"" if not door else LOGIN if head is None else frame(BINARY, LOGIN)

    async def throw(seed: int) -> None:
        chance = random.Random(seed)
        frames = login + b"".join(make(chance) for _ in range(A_CONNECTION))
        async with Peer.connect(port, head=head) as peer:
            await peer.send(frames)
            answered[seed] = len(await peer.sent_everything())

    answered: dict[int, int] = {}
    resident, before = 0, await scene.connections()
    async with scene.undisturbed():
        for start in range(0, FRAMES // A_CONNECTION, AT_ONCE):
            if start >= 200 and not resident:
                resident = scene.resident_bytes()
            async with asyncio.TaskGroup() as group:
                for seed in range(start, start + AT_ONCE):
                    group.create_task(throw(seed))
    assert scene.resident_bytes() - resident < 24 * MIB
    # Nearly every connection lived for many of its frames.
    assert sum(answered.values()) > 10 * FRAMES
    async with asyncio.timeout(10):
        while await scene.connections() != before:
            await asyncio.sleep(0.05)
