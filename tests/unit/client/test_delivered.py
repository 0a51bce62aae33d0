"""What a connection tells the server about events that came, in virtual time."""

import asyncio
import contextlib

from parlor.client.connection import Connection
from parlor.client.received import Received
from parlor.client.transports import Closed
from parlor.model.account import User
from parlor.model.errors import Overloaded, UnknownMethod
from parlor.model.event import Event, EventKind
from parlor.model.ids import ConversationId, EventId, UserId
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import JSON
from parlor.wire.native.methods.receipts import DeliveredResult, DeliveredSet
from parlor.wire.native.pushes import EventPush
from tests.support.virtual_time import run_virtual

TALK = ConversationId("9")
WELCOME = wire.HelloResult(
    user=User(UserId("1"), "a", "A"),
    admin=False,
    device="phone",
    connection="k",
    endpoint="phone/",
    server_time=1,
    heartbeat_s=1e9,
    epoch="e",
    epoch_changed=False,
    limits=wire.Limits(1, 1, 1, 1.0, 1),
    calls=(),
    rooms=(),
)


class Server:
    """Answers a hello, pages of the log, and positions with what `answers` has for them."""

    codec = JSON

    def __init__(self, *answers: object) -> None:
        self.said: list[dict[str, int]] = []
        self.answers = list(answers)
        self._outgoing: asyncio.Queue[bytes | Closed] = asyncio.Queue()

    async def send(self, message: bytes) -> None:
        request = JSON.parse_request(message)
        if request.method == "hello":
            self._outgoing.put_nowait(JSON.build_reply(request.id, WELCOME))
        elif request.method == "events.list":
            params = JSON.parse_params(request, wire.EventsList)
            after = params.after or 0
            page = wire.EventsResult((event(after + 1), event(after + 2)), after + 2, False)
            self._outgoing.put_nowait(JSON.build_reply(request.id, page))
        elif request.method == "delivered.set":
            self.said.append(dict(JSON.parse_params(request, DeliveredSet).positions))
            answer = self.answers.pop(0) if self.answers else DeliveredResult()
            if isinstance(answer, DeliveredResult):
                self._outgoing.put_nowait(JSON.build_reply(request.id, answer))
            elif isinstance(answer, (Overloaded, UnknownMethod)):
                self._outgoing.put_nowait(JSON.build_error(request.id, answer))

    def announce(self, *seqs: int) -> None:
        for seq in seqs:
            self._outgoing.put_nowait(JSON.build_push("event", EventPush(event(seq))))

    async def receive(self) -> bytes | str:
        said = await self._outgoing.get()
        if isinstance(said, Closed):
            raise said
        return said

    async def close(self) -> None:
        self._outgoing.put_nowait(Closed(1000, ""))


def event(seq: int) -> Event:
    return Event(TALK, seq, EventId(f"9-{seq}"), EventKind.MESSAGE, UserId("2"), 1)


@contextlib.asynccontextmanager
async def connected(server, received=None, **how):
    connection = Connection(server, received=received, **how)
    running = asyncio.create_task(connection.run())
    await connection.hello(wire.Hello("token"))
    yield connection
    running.cancel()
    await asyncio.wait([running])


async def taken(connection, count):
    return [(await connection.next_push()).data.event.seq for _ in range(count)]


def test_an_event_that_comes_twice_is_handed_out_once():
    async def work():
        server = Server()
        async with connected(server) as connection:
            server.announce(4, 4, 5)
            assert await taken(connection, 2) == [4, 5]
            assert connection.received.events.doubles == 1

    run_virtual(work())


def test_events_that_were_handed_out_are_acknowledged_together():
    async def work():
        server = Server()
        async with connected(server) as connection:
            server.announce(4, 5, 6)
            assert await taken(connection, 2) == [4, 5]
            await asyncio.sleep(5)
            assert server.said == [{"9": 5}]
            assert await taken(connection, 1) == [6]
            await asyncio.sleep(5)
        assert server.said == [{"9": 5}, {"9": 6}]

    run_virtual(work())


def test_what_the_program_fetched_fills_the_gap():
    async def work():
        server = Server()
        async with connected(server) as connection:
            server.announce(4, 7)
            await taken(connection, 2)
            await asyncio.sleep(5)
            await connection.request(wire.EventsList(TALK, after=4), wire.EventsResult)
            await asyncio.sleep(5)
        assert server.said == [{"9": 4}, {"9": 7}]

    run_virtual(work())


def test_a_position_is_said_again_until_it_is_answered():
    async def work():
        server = Server("silence", Overloaded(retry_after_s=2.0))
        async with connected(server) as connection:
            server.announce(4)
            await taken(connection, 1)
            await asyncio.sleep(60)
        assert server.said == [{"9": 4}] * 3

    run_virtual(work())


def test_a_new_connection_says_it_all_again_once():
    async def work():
        received, server = Received(), Server()
        for _ in range(2):
            async with connected(server, received) as connection:
                server.announce(4)
                if len(server.said) == 0:
                    await taken(connection, 1)
                await asyncio.sleep(5)
        assert server.said == [{"9": 4}] * 2

    run_virtual(work())


def test_positions_of_large_groups_are_not_said_again():
    async def work():
        server = Server(DeliveredResult(("9",)))
        async with connected(server) as connection:
            for seq in (4, 5):
                server.announce(seq)
                await taken(connection, 1)
                await asyncio.sleep(5)
        assert server.said == [{"9": 4}]

    run_virtual(work())


def test_a_server_that_knows_no_positions_is_told_once():
    async def work():
        server = Server(UnknownMethod())
        async with connected(server) as connection:
            for seq in (4, 5):
                server.announce(seq)
                await taken(connection, 1)
                await asyncio.sleep(5)
            assert connection.closed is None
        assert server.said == [{"9": 4}]

    run_virtual(work())


def test_whoever_wants_to_tell_nothing_tells_nothing():
    async def work():
        server = Server()
        async with connected(server, tells_delivered=False) as connection:
            server.announce(4)
            await taken(connection, 1)
            await asyncio.sleep(60)
        assert server.said == []

    run_virtual(work())
