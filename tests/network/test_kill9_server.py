"""The server is killed while people talk: what was acknowledged is there, once, in its place."""

import asyncio
import contextlib
from itertools import count

import pytest

from parlor.client import ConnectionClosed, connect
from parlor.model.errors import ParlorError
from parlor.wire.native.methods import MessageSend, MessageSendResult
from tests.support.people import sign_up
from tests.support.server import running_parlor
from tests.support.stored_in import database_of

SENDERS = 10
SENDS = 1_000
KILL_AT = 400


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mariadb"])
async def test_kill_9_in_the_middle_of_a_thousand_sends_loses_and_doubles_nothing(tmp_path, kind):
    """The server, and where the database is another one that too."""
    flags = ["--set", "gateway.requests_per_second=100000", "--set", "gateway.request_burst=100000"]
    async with database_of(kind) as (database, address):
        flags += ["--set", f"storage.url={address}"]
        await kill_in_the_middle(tmp_path, flags, database)


async def kill_in_the_middle(folder, flags, database):
    async with running_parlor(folder, flags) as server:
        ann = await sign_up(server.url, "ann")
        bob = await sign_up(server.url, "bob")
        conversation = await ann.talk_to(bob)
        acknowledged: dict[str, int] = {}
        numbers = count()
        half_way = asyncio.Event()

        async def send_until_done() -> None:
            """One connection after another; an unanswered message is sent again as it is."""
            number = next(numbers)
            while number < SENDS:
                with contextlib.suppress(OSError, ConnectionClosed, ParlorError, TimeoutError):
                    async with connect(ann.websocket_url, ann.token) as connection:
                        while number < SENDS:
                            client_id = f"m{number}"
                            message = MessageSend(conversation, client_id, f"text {number}")
                            sent = await connection.request(message, MessageSendResult)
                            acknowledged[client_id] = sent.event.seq
                            if len(acknowledged) == KILL_AT:
                                half_way.set()
                            number = next(numbers)
                        return
                await asyncio.sleep(0.05)

        async with asyncio.timeout(120), asyncio.TaskGroup() as senders:
            for _ in range(SENDERS):
                senders.create_task(send_until_done())
            await half_way.wait()
            await server.kill()
            if database is not None:
                await asyncio.to_thread(database.kill)
                await asyncio.to_thread(database.start)
            before = dict(acknowledged)
            await server.start()

        assert len(acknowledged) == SENDS
        assert acknowledged.items() >= before.items()
        stored: dict[str, list[int]] = {}
        seqs: list[int] = []
        while True:
            after = seqs[-1] if seqs else 0
            path = f"/conversations/{conversation}/events?after={after}&limit=200"
            page = await bob.get(path)
            for event in page["events"]:
                seqs.append(event["seq"])
                if event["kind"] == "message":
                    stored.setdefault(event["client_id"], []).append(event["seq"])
            if not page["more"]:
                break
        assert seqs == list(range(1, page["last_seq"] + 1))
        assert {client_id: [seq] for client_id, seq in acknowledged.items()} == stored
        await ann.rest.aclose()
        await bob.rest.aclose()
