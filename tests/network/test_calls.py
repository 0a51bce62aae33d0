"""Calls through a real server: sockets that ring, vanish and come back, records that stay."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio

from parlor.client import Connection, connect
from parlor.model.call import CallState, CallView, Media
from parlor.model.conversation import ConversationKind
from parlor.model.errors import BadRequest, CallTaken, NoSuchCall, NotInCall
from parlor.model.event import CallOutcome, EventKind
from parlor.wire.native import methods as wire
from parlor.wire.native.pushes import CallPush, CallSignalPush, EventPush
from tests.support.server import ParlorServer, running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")
GRACE_S = 1.5
FLAGS = (
    "--set", f"calls.grace_s={GRACE_S}",
    "--set", "calls.ring_timeout_s=3",
    "--set", "calls.turn_urls=turn:turn.example.org:3478",
    "--set", "calls.turn_secret=of-this-test",
)  # fmt: skip


@dataclass(frozen=True)
class Account:
    id: str
    token: str
    server: ParlorServer

    def connect(self, instance: str = "tab") -> AbstractAsyncContextManager[Connection]:
        url = f"ws://127.0.0.1:{self.server.port}/ws"
        return connect(url, self.token, instance=instance)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ParlorServer]:
    async with running_parlor(tmp_path_factory.mktemp("calls"), FLAGS) as running:
        yield running


async def _account(server: ParlorServer, name: str) -> Account:
    async with httpx.AsyncClient(base_url=server.url) as client:
        account = {"name": f"{name}-{secrets.token_hex(4)}", "password": "a long passphrase"}
        reply = await client.post("/api/v1/accounts", json=account)
        assert reply.status_code == 201, reply.text
        return Account(reply.json()["user"]["id"], reply.json()["token"], server)


@pytest_asyncio.fixture(loop_scope="module")
async def ada(server: ParlorServer) -> Account:
    return await _account(server, "ada")


@pytest_asyncio.fixture(loop_scope="module")
async def bo(server: ParlorServer) -> Account:
    return await _account(server, "bob")


async def _conversation(connection: Connection, *others: Account) -> str:
    kind = ConversationKind.DIRECT if len(others) == 1 else ConversationKind.GROUP
    create = wire.ConversationCreate(kind, tuple(each.id for each in others), "")
    if kind is ConversationKind.GROUP:
        create = wire.ConversationCreate(kind, tuple(each.id for each in others), "all of us")
    return (await connection.request(create, wire.ConversationResult)).conversation.id


async def _start(connection: Connection, conversation: str) -> CallView:
    start = wire.CallStart(conversation, Media.VIDEO)
    return (await connection.request(start, wire.CallResult)).call


async def _until(connection: Connection, state: CallState) -> CallView:
    while True:
        push = await connection.next_push(CallPush)
        assert isinstance(push.data, CallPush)
        if push.data.call.state is state:
            return push.data.call


async def _signal(connection: Connection) -> CallSignalPush:
    push = await connection.next_push(CallSignalPush)
    assert isinstance(push.data, CallSignalPush)
    return push.data


async def _recorded(connection: Connection, conversation: str) -> list[tuple[CallOutcome, int]]:
    """Outcomes and durations in the conversation, once the record of a call was pushed."""
    while True:
        push = await connection.next_push(EventPush)
        assert isinstance(push.data, EventPush)
        if push.data.event.kind is EventKind.CALL:
            break
    events = await connection.request(wire.EventsList(conversation), wire.EventsResult)
    calls = [event.call for event in events.events if event.call is not None]
    return [(call.outcome, call.duration_s) for call in calls]


async def test_a_call_is_answered_on_one_device_signalled_and_recorded(ada, bo):
    async with ada.connect() as caller, bo.connect("desk") as desk, bo.connect("phone") as phone:
        conversation = await _conversation(caller, bo)
        call = await _start(caller, conversation)
        assert (await _until(desk, CallState.INVITED)).id == call.id
        await phone.request(wire.CallRinging(call.id), wire.CallResult)
        await _until(caller, CallState.RINGING)
        await caller.request(wire.CallSignal(call.id, "offer", '{"sdp":"…"}'), wire.Empty)
        accepted = await desk.request(wire.CallAccept(call.id), wire.CallResult)
        assert accepted.call.state is CallState.ACTIVE

        answered = await _until(phone, CallState.ACTIVE)
        assert phone.welcome is not None
        assert answered.callee_endpoint != phone.welcome.endpoint
        with pytest.raises(CallTaken):
            await phone.request(wire.CallAccept(call.id), wire.CallResult)
        with pytest.raises(NotInCall):
            await phone.request(wire.CallSignal(call.id, "answer", "{}"), wire.Empty)

        offer = await _signal(desk)
        assert (offer.call_id, offer.kind, offer.payload) == (call.id, "offer", '{"sdp":"…"}')
        await desk.request(wire.CallSignal(call.id, "answer", "{}"), wire.Empty)
        assert (await _signal(caller)).kind == "answer"
        await caller.request(wire.CallHangUp(call.id), wire.CallResult)
        assert (await _until(desk, CallState.ENDED)).outcome is CallOutcome.ANSWERED
        assert await _recorded(desk, conversation) == [(CallOutcome.ANSWERED, 0)]


async def test_an_unanswered_call_is_missed_and_recorded(ada, bo):
    async with ada.connect() as caller:
        conversation = await _conversation(caller, bo)
        await _start(caller, conversation)
        assert (await _until(caller, CallState.ENDED)).outcome is CallOutcome.MISSED
        assert await _recorded(caller, conversation) == [(CallOutcome.MISSED, 0)]


async def test_a_talking_device_that_vanishes_ends_the_call_after_the_grace(ada, bo):
    async with ada.connect() as caller:
        conversation = await _conversation(caller, bo)
        async with bo.connect() as callee:
            call = await _start(caller, conversation)
            await callee.request(wire.CallAccept(call.id), wire.CallResult)
        ended = await _until(caller, CallState.ENDED)
        assert ended.outcome is CallOutcome.ANSWERED
        assert ended.ended_at - ended.answered_at >= GRACE_S * 1000
        assert len(await _recorded(caller, conversation)) == 1


async def test_a_device_that_comes_back_in_time_stays_in_the_call(ada, bo):
    async with ada.connect() as caller:
        conversation = await _conversation(caller, bo)
        async with bo.connect() as callee:
            call = await _start(caller, conversation)
            await callee.request(wire.CallAccept(call.id), wire.CallResult)
        async with bo.connect() as callee:
            assert callee.welcome is not None
            assert [each.id for each in callee.welcome.calls] == [call.id]
            await caller.request(wire.CallSignal(call.id, "offer", "{}"), wire.Empty)
            assert (await _signal(callee)).kind == "offer"
            async with bo.connect("other"):
                pass
            await caller.request(wire.CallHangUp(call.id), wire.CallResult)
            await _until(callee, CallState.ENDED)


async def test_a_stranger_and_a_forged_id_get_nothing(server, ada, bo):
    cy = await _account(server, "cyd")
    async with ada.connect() as caller, cy.connect() as stranger:
        call = await _start(caller, await _conversation(caller, bo))
        for params in (wire.CallAccept(call.id), wire.CallHangUp(call.id), wire.CallRinging("1")):
            with pytest.raises(NoSuchCall):
                await stranger.request(params, wire.CallResult)
        with pytest.raises(NoSuchCall):
            await stranger.request(wire.CallSignal(call.id, "offer", "{}"), wire.Empty)


async def test_a_group_cannot_be_called(server, ada, bo):
    cy = await _account(server, "cyd")
    async with ada.connect() as caller:
        group = await _conversation(caller, bo, cy)
        with pytest.raises(BadRequest):
            await _start(caller, group)


async def test_ice_servers_come_with_credentials_for_this_user(ada):
    async with ada.connect() as connection:
        ice = await connection.request(wire.CallIce(), wire.CallIceResult)
        (turn,) = ice.ice_servers
        assert turn.urls == ("turn:turn.example.org:3478",)
        assert turn.username == f"{ice.expires_at // 1000}:{ada.id}"
        assert turn.credential


async def test_a_server_that_stops_in_order_records_the_running_call(server, ada, bo):
    async with ada.connect() as caller, bo.connect() as callee:
        conversation = await _conversation(caller, bo)
        call = await _start(caller, conversation)
        await callee.request(wire.CallAccept(call.id), wire.CallResult)
        assert await server.stop() == 0
    await server.start()
    async with ada.connect() as again:
        assert again.welcome is not None
        assert again.welcome.calls == ()
        events = await again.request(wire.EventsList(conversation), wire.EventsResult)
        assert [event.call.outcome for event in events.events if event.call] == [
            CallOutcome.ANSWERED
        ]
