import asyncio
import contextlib

import pytest

from parlor.client.connection import MAX_PUSHES, Connection, Resume, build_error
from parlor.client.received import Received
from parlor.client.transports import Closed
from parlor.model.account import User
from parlor.model.close import CloseCode
from parlor.model.errors import (
    NotFound,
    NotReady,
    Overloaded,
    ParlorError,
    RateLimited,
    Unauthenticated,
)
from parlor.model.ids import UserId
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import JSON, ErrorBody, PushMessage
from parlor.wire.native.pushes import ByePush, DeliveryPush, ReadPush
from tests.support.virtual_time import run_virtual

USER = User(UserId("1"), "a", "A")
WELCOME = wire.HelloResult(
    user=USER,
    admin=False,
    device="d",
    connection="c",
    endpoint="d/",
    server_time=0,
    heartbeat_s=25.0,
    epoch="two",
    epoch_changed=True,
    limits=wire.Limits(1, 1, 1, 1.0, 1),
    calls=(),
    rooms=(),
)


class ScriptedTransport:
    """A server that says what the test tells it to."""

    codec = JSON

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self._incoming: asyncio.Queue[bytes | Closed] = asyncio.Queue()

    def say(self, message: bytes | Closed) -> None:
        self._incoming.put_nowait(message)

    async def send(self, message: bytes) -> None:
        self.sent.append(message)

    async def receive(self) -> bytes | str:
        said = await self._incoming.get()
        if isinstance(said, Closed):
            raise said
        return said

    async def close(self) -> None:
        self.say(Closed(1000, ""))


@contextlib.asynccontextmanager
async def _running(on_push=None, resume=None, received=None):
    transport = ScriptedTransport()
    connection = Connection(transport, on_push, resume, received=received)
    running = asyncio.create_task(connection.run())
    yield connection, transport
    running.cancel()
    await asyncio.wait([running])


async def test_replies_find_their_requests_in_any_order():
    async with _running() as (connection, transport):
        first = asyncio.create_task(connection.request(wire.MeGet(), wire.UserResult))
        second = asyncio.create_task(connection.request(wire.ReadSet("9", 1), wire.ReadResult))
        await asyncio.sleep(0)
        transport.say(JSON.build_reply(2, wire.ReadResult(1, 0)))
        transport.say(JSON.build_reply(1, wire.UserResult(USER)))
        assert (await second).read_seq == 1
        assert (await first).user.display_name == "A"


async def test_a_refusal_is_raised_as_the_registrys_error():
    async with _running() as (connection, transport):
        transport.say(JSON.build_error(1, RateLimited("slow", retry_after_s=3.0)))
        with pytest.raises(RateLimited) as refusal:
            await connection.request(wire.MeGet(), wire.UserResult)
        assert (str(refusal.value), refusal.value.retry_after_s) == ("slow", 3.0)


def test_a_code_of_a_later_version_is_still_an_error():
    assert type(build_error(ErrorBody("not_found", "gone"))) is NotFound
    unknown = build_error(ErrorBody("brand_new", "oh"))
    assert type(unknown) is ParlorError
    assert "brand_new" in str(unknown)


async def test_pushes_are_kept_until_they_are_taken_in_order():
    async with _running() as (connection, transport):
        for seq in range(3):
            transport.say(JSON.build_push("read", ReadPush("9", seq, 0)))
        got = []
        async for push in connection.pushes():
            assert isinstance(push.data, ReadPush)
            got.append(push.data.read_seq)
            if len(got) == 3:
                break
        assert got == [0, 1, 2]


async def test_a_callback_gets_pushes_as_they_come():
    got: list[PushMessage] = []
    async with _running(got.append) as (_, transport):
        transport.say(JSON.build_push("read", ReadPush("9", 1, 0)))
        for _ in range(5):
            await asyncio.sleep(0)
        assert [push.name for push in got] == ["read"]


async def test_a_closed_connection_fails_what_waits_and_what_comes():
    async with _running() as (connection, transport):
        asking = asyncio.create_task(connection.request(wire.MeGet(), wire.UserResult))
        await asyncio.sleep(0)
        transport.say(Closed(4000, "idle"))
        with pytest.raises(Closed) as closed:
            await asking
        assert closed.value.code == CloseCode.IDLE
        with pytest.raises(Closed):
            await connection.request(wire.MeGet(), wire.UserResult)
        with pytest.raises(Closed):
            await connection.next_push()


async def test_a_bye_explains_the_close_that_follows():
    async with _running() as (connection, transport):
        bye = ByePush(CloseCode.DRAINING, "draining after_s=2.5")
        transport.say(JSON.build_push("bye", bye))
        transport.say(Closed(1006, "cut"))
        await connection.wait_closed()
        assert connection.closed is not None
        assert (connection.closed.code, connection.closed.after_s) == (4100, 2.5)


async def test_rubbish_from_a_server_ends_the_connection():
    async with _running() as (connection, transport):
        transport.say(b"{")
        await connection.wait_closed()
        assert connection.closed is not None
        assert connection.closed.code == CloseCode.MALFORMED


async def test_the_wrong_result_class_is_a_programming_error():
    async with _running() as (connection, _):
        with pytest.raises(TypeError):
            await connection.request(wire.MeGet(), wire.Empty)


async def test_a_request_that_is_never_answered_times_out_and_is_forgotten():
    async with _running() as (connection, transport):
        with pytest.raises(TimeoutError):
            await connection.request(wire.MeGet(), wire.UserResult, timeout_s=0.0)
        transport.say(JSON.build_reply(1, wire.UserResult(USER)))
        transport.say(JSON.build_reply(2, wire.UserResult(USER)))
        assert (await connection.request(wire.MeGet(), wire.UserResult)).user.id == "1"


async def test_a_refused_hello_forgets_the_ticket_and_a_renewal_replaces_it():
    resume = Resume()
    resume.ticket = "old"
    async with _running(resume=resume) as (connection, transport):
        transport.say(JSON.build_error(1, Unauthenticated()))
        with pytest.raises(Unauthenticated):
            await connection.hello(wire.Hello("t", resume=resume.ticket))
        assert resume.ticket == ""
        renewing = asyncio.create_task(connection.renew("newer"))
        await asyncio.sleep(0)
        transport.say(JSON.build_reply(2, wire.TokenResult("new", 5)))
        assert (await renewing).token_expires_at == 5
        assert resume.ticket == "new"


async def _acks(transport: ScriptedTransport) -> list[int]:
    for _ in range(10):
        await asyncio.sleep(0)
    requests = [JSON.parse_request(message) for message in transport.sent]
    acks = [request for request in requests if request.method == "mail.ack"]
    return [JSON.parse_params(request, wire.MailAck).upto for request in acks]


def _mail(number: int) -> bytes:
    return JSON.build_push("delivery", DeliveryPush(f"p{number}", None, "", mail=number))


def _number(push: PushMessage) -> int:
    assert isinstance(push.data, DeliveryPush)
    return push.data.mail


async def test_mail_is_acknowledged_together_and_only_once_it_was_handed_out():
    async with _running() as (connection, transport):
        for number in (7, 8, 9):
            transport.say(_mail(number))
        assert await _acks(transport) == []
        await connection.next_push()
        await connection.next_push()
        assert await _acks(transport) == [8]
        transport.say(JSON.build_reply(1, wire.Empty()))
        await connection.next_push()
        assert await _acks(transport) == [8]  # the next one waits for its turn
        assert connection.acknowledged == 8


async def test_a_double_is_handed_out_to_nobody_and_acknowledged_again():
    received = Received()
    async with _running(received=received) as (connection, transport):
        transport.say(_mail(7))
        await connection.next_push()
    got: list[PushMessage] = []
    async with _running(got.append, received=received) as (connection, transport):
        transport.say(_mail(7))
        transport.say(_mail(8))
        assert await _acks(transport) == [8]
    assert [_number(push) for push in got] == [8]


async def test_mail_that_found_no_place_is_not_acknowledged():
    async with _running() as (connection, transport):
        for number in range(7, 8 + MAX_PUSHES):
            transport.say(_mail(number))
        while connection.received.lost != 7:
            await asyncio.sleep(0)
        assert _number(await connection.next_push()) == 8
        assert await _acks(transport) == []
        assert connection.received.upto == 0


@pytest.mark.parametrize(("refusal", "again"), [(NotReady(), 1), (Overloaded(), 2)])
def test_an_acknowledgement_is_said_again_only_when_that_can_help(refusal, again):
    async def work() -> None:
        async with _running() as (connection, transport):
            transport.say(_mail(7))
            await connection.next_push()
            assert await _acks(transport) == [7]
            transport.say(JSON.build_error(1, refusal))
            await asyncio.sleep(1)
            assert await _acks(transport) == [7] * again

    run_virtual(work())


async def test_mail_that_follows_the_hello_of_another_database_at_once_is_new():
    received = Received()
    received.on_hello("one")
    received.take(DeliveryPush("old", None, "", mail=7))
    got: list[PushMessage] = []
    async with _running(got.append, received=received) as (connection, transport):
        greeting = asyncio.create_task(connection.hello(wire.Hello("t")))
        await asyncio.sleep(0)
        transport.say(JSON.build_reply(1, WELCOME))
        transport.say(_mail(3))
        await greeting
        assert await _acks(transport) == [3]
    assert [_number(push) for push in got] == [3]
