"""Must-arrive pushes and devices that come and go, over real sockets and a real database."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosed

from parlor.client import Connection, Received, connect
from parlor.client import ConnectionClosed as ClientClosed
from parlor.wire.native.pushes import DeliveryPush
from tests.support.mail_reader import Program, a_customer, a_program
from tests.support.rest_server import http_to
from tests.support.server import ParlorServer, running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEGABYTE = 1_048_576
FLAGS = [
    "--set", f"push.max_body_bytes={MEGABYTE}",
    "--set", "http.max_body_bytes=8388608",
    "--set", "mailbox.max_entries=600",
    "--set", "mailbox.write_s=0.05",
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ParlorServer]:
    async with running_parlor(tmp_path_factory.mktemp("mail"), FLAGS) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(server: ParlorServer) -> AsyncIterator[httpx.AsyncClient]:
    async with http_to(server) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def program(server: ParlorServer, http: httpx.AsyncClient) -> Program:
    return await a_program(server, http)


def bodies(deliveries) -> list[str]:
    return [one["body"] for one in deliveries]


async def delivered(connection: Connection) -> DeliveryPush:
    push = await connection.next_push(DeliveryPush)
    assert isinstance(push.data, DeliveryPush)
    return push.data


async def value(http: httpx.AsyncClient, metric: str) -> float:
    lines = (await http.get("/metrics")).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(f"parlor_{metric}"))


async def test_who_was_away_gets_it_on_the_next_hello_on_each_device_once(server, http, program):
    ann = await a_customer(server, http, "ann")
    await ann.meet("phone", "laptop")
    ids = [await program.must_push({"users": [ann.id]}, text) for text in ("one", "two", "三")]
    for device in ("phone", "laptop"):
        async with ann.on(device) as connection:
            assert connection.welcome["mail"] == 3
            got = await connection.get_all()
            assert [(one["push_id"], one["body"]) for one in got] == list(
                zip(ids, ("one", "two", "三"), strict=True)
            )
            assert [one["mail"] - got[0]["mail"] for one in got] == [0, 1, 2]
        async with ann.on(device) as connection:
            assert connection.welcome["mail"] == 0
            assert await connection.get_quiet() == []


async def test_a_lost_acknowledgement_means_that_it_comes_again(server, http, program):
    ben = await a_customer(server, http, "ben")
    await program.must_push({"users": [ben.id]}, "one")
    await program.must_push({"users": [ben.id]}, "two")
    for _ in range(2):
        async with ben.on("phone") as connection:
            assert bodies(await connection.get(2)) == ["one", "two"]
    async with ben.on("phone") as connection:
        one, _ = await connection.get(2)
        await connection.ack(one["mail"])
    async with ben.on("phone") as connection:
        assert connection.welcome["mail"] == 1
        assert bodies(await connection.get_all()) == ["two"]


async def test_who_is_there_gets_it_at_once_on_every_device(server, http, program):
    cem = await a_customer(server, http, "cem")
    async with cem.on("phone") as phone, cem.on("laptop") as laptop:
        await program.must_push({"users": [cem.id]}, "now")
        for connection in (phone, laptop):
            (got,) = await connection.get(1)
            assert (got["body"], got["mail"] > 0) == ("now", True)
            await connection.ack(got["mail"])
    async with cem.on("phone") as phone:
        assert phone.welcome["mail"] == 0


async def test_a_push_to_a_device_is_for_that_device_alone(server, http, program):
    dee = await a_customer(server, http, "dee")
    await dee.meet("dees-phone", "dees-laptop")
    await program.must_push({"devices": ["dees-phone"]}, "phone only")
    await program.must_push({"users": [dee.id]}, "all")
    async with dee.on("dees-laptop") as connection:
        assert bodies(await connection.get_all()) == ["all"]
    async with dee.on("dees-phone") as phone, dee.on("dees-laptop") as laptop:
        assert bodies(await phone.get_all()) == ["phone only", "all"]
        await program.must_push({"devices": ["dees-laptop"]}, "laptop only")
        await program.must_push({"users": [dee.id]}, "all again")
        assert bodies(await laptop.get(2)) == ["laptop only", "all again"]
        assert bodies(await phone.get(1)) == ["all again"]


async def test_much_mail_comes_in_pages_that_wait_for_the_acknowledgement(server, http, program):
    eve = await a_customer(server, http, "eve")
    for n in range(0, 550, 50):
        await asyncio.gather(
            *(program.must_push({"users": [eve.id]}, str(n + m)) for m in range(50))
        )
    async with eve.on("phone") as connection:
        assert connection.welcome["mail"] == 550
        page = await connection.get_quiet()
        assert len(page) == 256
        await program.must_push({"users": [eve.id]}, "meanwhile")
        assert await connection.get_quiet() == []
        await connection.ack(page[-1]["mail"])
        rest = await connection.get_all()
        numbers = [one["mail"] for one in page + rest]
        assert numbers == list(range(numbers[0], numbers[0] + 551))
        assert rest[-1]["body"] == "meanwhile"
        await program.must_push({"users": [eve.id]}, "afterwards")
        assert bodies(await connection.get(1)) == ["afterwards"]


async def test_a_mailbox_that_is_full_drops_the_oldest_and_counts_them(server, http, program):
    fay = await a_customer(server, http, "fay")
    before = await value(http, "mail_dropped_total")
    for n in range(0, 650, 50):
        await asyncio.gather(
            *(program.must_push({"users": [fay.id]}, str(n + m)) for m in range(50))
        )
    assert await value(http, "mail_dropped_total") - before == 50
    async with fay.on("phone") as connection:
        assert connection.welcome["mail"] == 600


@pytest.mark.parametrize("size", [0, 65_536, MEGABYTE])
async def test_bodies_up_to_the_limit_arrive_whole(server, http, program, size):
    customer = await a_customer(server, http, f"size{size}")
    body = "x" * size
    await program.must_push({"users": [customer.id]}, body)
    async with customer.on("phone") as connection:
        assert bodies(await connection.get_all()) == [body]
        await program.must_push({"users": [customer.id]}, body)
        assert bodies(await connection.get(1)) == [body]


async def test_one_byte_over_the_limit_is_refused_and_nothing_waits(server, http, program):
    gus = await a_customer(server, http, "gus")
    for more in ({}, {"durable": True}):
        answer = await program.push({"users": [gus.id]}, "x" * (MEGABYTE + 1), **more)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    async with gus.on("phone") as connection:
        assert connection.welcome["mail"] == 0


async def test_a_target_without_a_name_or_with_an_endless_one_is_refused(program):
    for user in ("", "x" * 257):
        answer = await program.push({"users": [user]}, "x")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


async def test_a_reader_that_stopped_reading_loses_nothing(server, http, program):
    """It is closed as too slow; what it did not take comes when it is back (P23)."""
    hal = await a_customer(server, http, "hal")
    async with hal.on("phone", max_queue=1) as slow:
        # More than all buffers between take: only the kernel's and its outbox's fill up.
        for n in range(200):
            await program.must_push({"users": [hal.id]}, f"{n:03}" + "x" * 60_000)
        with contextlib.suppress(ConnectionClosed):
            while True:
                await slow.get(1)
    async with hal.on("phone") as connection:
        got = bodies(await connection.get_all())
    # A mailbox has 4 MiB by default: the newest of it are all there, in order.
    assert [body[:3] for body in got] == [f"{n:03}" for n in range(200 - len(got), 200)]
    assert len(got) == 4_194_304 // 60_003
    assert await value(http, 'connections_closed_total{reason="slow_reader"') >= 1


async def test_the_client_hands_out_each_once_and_acknowledges_by_itself(server, http, program):
    ida = await a_customer(server, http, "ida")
    token = await ida.token("phone")
    received = Received()
    url = f"ws://127.0.0.1:{server.port}/ws"
    async with connect(url, token, received=received) as connection:
        await program.must_push({"users": [ida.id]}, "one")
        assert (await delivered(connection)).body == "one"
        # Cut before the acknowledgement can be sent.
    async with connect(url, token, received=received) as connection:
        await program.must_push({"users": [ida.id]}, "two")
        assert (await delivered(connection)).body == "two"
        for _ in range(100):
            if connection.acknowledged == received.upto:
                break
            await asyncio.sleep(0.02)
    async with connect(url, token) as connection:
        assert connection.welcome is not None
        assert connection.welcome.mail == 0


async def test_rubbish_acknowledgements_hurt_nobody_but_their_sender(server, http, program):
    jim = await a_customer(server, http, "jim")
    async with jim.on("phone") as connection:
        for upto in (2**53 - 1, -1, 0):
            await connection.ack(upto)
        await program.must_push({"users": [jim.id]}, "one")
        (one,) = await connection.get(1)
    async with jim.on("phone") as connection:
        assert connection.welcome["mail"] == 1
        assert await connection.get(1) == [one]


async def test_a_server_that_is_killed_again_and_again_loses_nothing(tmp_path: Path):
    """Every push that was answered 202 arrives, mailbox and durable queue alike, by id once."""
    chance = random.Random(20_26)
    flags = ["--set", "mailbox.write_s=0.05", "--set", "durable.batch=7"]
    async with running_parlor(tmp_path, flags) as server, http_to(server) as http:
        kay = await a_customer(server, http, "kay")
        await kay.meet("phone")
        program = await a_program(server, http)
        accepted: dict[str, str] = {}
        got: dict[str, str] = {}
        pushed_all = asyncio.Event()

        async def push_until_done() -> None:
            for n in range(300):
                name = f"p{n}"
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        to = {"users": [kay.id]}
                        durable = bool(n % 2)
                        answer = await program.push(to, name, id=name, durable=durable)
                        if answer.status_code == 202:
                            accepted[answer.json()["push_id"]] = name
                            break
                    await asyncio.sleep(0.02)
            pushed_all.set()

        async def read_until_done() -> None:
            token = await kay.token("phone")
            received = Received()
            while not (pushed_all.is_set() and accepted.keys() <= got.keys()):
                with contextlib.suppress(OSError, ClientClosed, TimeoutError):
                    url = f"ws://127.0.0.1:{server.port}/ws"
                    async with connect(url, token, received=received) as connection:
                        while not (pushed_all.is_set() and accepted.keys() <= got.keys()):
                            async with asyncio.timeout(1):
                                delivery = await delivered(connection)
                            assert delivery.push_id not in got, "handed out twice"
                            got[delivery.push_id] = delivery.body
                await asyncio.sleep(0.02)

        async with asyncio.timeout(150), asyncio.TaskGroup() as tasks:
            tasks.create_task(push_until_done())
            tasks.create_task(read_until_done())
            for _ in range(5):
                await asyncio.sleep(chance.uniform(0.05, 0.5))
                await server.kill()
                await server.start()
        assert {push_id: got[push_id] for push_id in accepted} == accepted


async def test_a_server_that_takes_over_goes_on_with_all_mail(tmp_path: Path):
    """Whatever was answered 202 by the one or the other arrives, in order and once."""
    async with running_parlor(tmp_path) as server, http_to(server) as http:
        lea = await a_customer(server, http, "lea")
        await lea.meet("phone")
        program = await a_program(server, http)
        accepted: list[str] = []
        stop = asyncio.Event()

        async def push_until_stopped() -> None:
            while not stop.is_set():
                name = f"p{len(accepted)}"
                durable = bool(len(accepted) % 2)
                with contextlib.suppress(httpx.TransportError):
                    to = {"users": [lea.id]}
                    answer = await program.push(to, name, id=name, durable=durable)
                    if answer.status_code == 202:
                        accepted.append(answer.json()["push_id"])
                        continue
                    assert answer.json()["error"]["code"] == "draining"
                await asyncio.sleep(0.01)

        pushing = asyncio.create_task(push_until_stopped())
        for _ in range(2):
            count = len(accepted)
            assert await server.take_over() == 0
            async with asyncio.timeout(20):
                while len(accepted) < count + 20:
                    await asyncio.sleep(0.01)
                    assert not pushing.done(), pushing.exception()
        stop.set()
        await pushing
        got: list[str] = []
        async with asyncio.timeout(20), lea.on("phone") as connection:
            while len(set(got)) < len(accepted):
                got += [one["push_id"] for one in await connection.get_all()]
        assert set(got) == set(accepted)
        assert await server.stop() == 0
