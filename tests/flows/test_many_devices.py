"""One person on several devices at once, over real sockets, and a server that restarts."""

from contextlib import AsyncExitStack

import httpx
import pytest

from parlor.client import Connection, connect
from parlor.model.event import EventKind
from parlor.wire.native import methods as wire
from parlor.wire.native.methods.own import EventsAt, EventsAtResult
from parlor.wire.native.pushes import EventPush, ReadPush
from tests.support.databases import URLS, flags_of
from tests.support.people import PASSWORD, PATIENCE_S, Person, sign_up
from tests.support.server import ParlorServer, running_parlor
from tests.support.sync_device import SyncDevice


@pytest.fixture(params=URLS)
async def server(tmp_path, request):
    async with flags_of(request.param) as stored, running_parlor(tmp_path, stored) as running:
        yield running


async def people_of(server: ParlorServer, stack: AsyncExitStack, *names: str) -> list[Person]:
    people = [await sign_up(server.url, name) for name in names]
    for person in people:
        stack.push_async_callback(person.rest.aclose)
    return people


async def another_device(person: Person, name: str, device: str, stack: AsyncExitStack):
    """A sign-in of its own, and its connection."""
    async with httpx.AsyncClient(base_url=person.url, timeout=PATIENCE_S) as rest:
        body = {"name": name, "password": PASSWORD, "device": device}
        signed_in = (await rest.post("/api/v1/sessions", json=body)).json()
    opening = connect(person.websocket_url, signed_in["token"])
    return await stack.enter_async_context(opening)


async def say(connection: Connection, talk: str, text: str) -> int:
    sent = await connection.request(wire.MessageSend(talk, text, text), wire.MessageSendResult)
    return sent.event.seq


async def hear(connection: Connection) -> str:
    push = (await connection.next_push(EventPush)).data
    assert isinstance(push, EventPush)
    return push.event.text


async def test_phone_web_and_desk_all_get_what_comes_and_what_one_of_them_says(server):
    async with AsyncExitStack() as stack:
        ann, bob = await people_of(server, stack, "ann", "bob")
        direct = await ann.talk_to(bob)
        bobs = [await another_device(bob, "bob", one, stack) for one in ("phone", "web", "desk")]
        anns = await stack.enter_async_context(connect(ann.websocket_url, ann.token))
        assert len({one.welcome.device for one in bobs if one.welcome}) == 3
        await say(anns, direct, "to all")
        assert [await hear(one) for one in bobs] == ["to all"] * 3
        await say(bobs[0], direct, "from the phone")
        assert [await hear(one) for one in bobs[1:]] == ["from the phone"] * 2


async def test_each_device_is_as_far_as_it_is_and_a_new_one_gets_what_is_recent(server):
    async with AsyncExitStack() as stack:
        ann, bob = await people_of(server, stack, "ann", "bob")
        direct = await ann.talk_to(bob)
        anns = await stack.enter_async_context(connect(ann.websocket_url, ann.token))
        phone = await another_device(bob, "bob", "phone", stack)
        desk = await another_device(bob, "bob", "desk", stack)
        on_phone, on_desk, new = SyncDevice(), SyncDevice(), SyncDevice()
        await on_phone.catch_up(phone)
        await on_desk.catch_up(desk)
        for n in range(15):
            await say(anns, direct, f"{n}")
        await on_phone.catch_up(phone)
        for n in range(15, 30):
            await say(anns, direct, f"{n}")
        assert (on_phone.have[direct], on_desk.have[direct]) == (16, 1)
        await on_desk.catch_up(desk)
        await on_phone.catch_up(phone)
        assert on_desk.logs == on_phone.logs
        tablet = await another_device(bob, "bob", "tablet", stack)
        await new.catch_up(tablet)
        assert [event.text for event in new.logs[direct]] == [f"{n}" for n in range(10, 30)]


async def test_what_is_read_on_the_phone_is_read_on_the_web(server):
    async with AsyncExitStack() as stack:
        ann, bob = await people_of(server, stack, "ann", "bob")
        direct = await ann.talk_to(bob)
        anns = await stack.enter_async_context(connect(ann.websocket_url, ann.token))
        phone = await another_device(bob, "bob", "phone", stack)
        web = await another_device(bob, "bob", "web", stack)
        for n in range(3):
            last = await say(anns, direct, f"{n}")
        view = await web.request(wire.ConversationGet(direct), wire.ConversationResult)
        assert view.conversation.unread == 3
        await phone.request(wire.ReadSet(direct, last), wire.ReadResult)
        push = (await web.next_push(ReadPush)).data
        assert isinstance(push, ReadPush)
        assert (push.conversation_id, push.read_seq, push.unread) == (direct, last, 0)
        # An older position from a device that lags behind changes nothing.
        behind = await web.request(wire.ReadSet(direct, 2), wire.ReadResult)
        assert (behind.read_seq, behind.unread) == (last, 0)


async def test_history_outlives_a_restart_and_is_paged_by_seq_and_by_time(server):
    """Between two, in a group, and what a program does not see: nothing is only in memory."""
    async with AsyncExitStack() as stack:
        ann, bob, cem = await people_of(server, stack, "ann", "bob", "cem")
        direct, group = await ann.talk_to(bob), await ann.talk_to(bob, cem, title="Three")
        times: dict[tuple[str, int], int] = {}
        async with connect(ann.websocket_url, ann.token) as connection:
            for talk in (direct, group):
                for n in range(12):
                    params = wire.MessageSend(talk, f"{n}", f"{talk} {n}")
                    sent = await connection.request(params, wire.MessageSendResult)
                    times[talk, n] = sent.event.sent_at
        await server.kill()
        await server.start()
        async with connect(bob.websocket_url, bob.token) as connection:
            for talk in (direct, group):
                texts: list[str] = []
                before, more = None, True
                while more:
                    page = await connection.request(
                        wire.EventsList(talk, before=before, limit=5), wire.EventsResult
                    )
                    said = [one.text for one in page.events if one.kind is EventKind.MESSAGE]
                    texts = said + texts
                    before, more = page.events[0].seq, page.more
                assert texts == [f"{talk} {n}" for n in range(12)]
                found = await connection.request(EventsAt(talk, times[talk, 6]), EventsAtResult)
                page = await connection.request(
                    wire.EventsList(talk, after=found.seq - 1, limit=1), wire.EventsResult
                )
                assert page.events[0].sent_at == times[talk, 6]
                end = await connection.request(EventsAt(talk, 2**52), EventsAtResult)
                assert end.seq == page.last_seq + 1
