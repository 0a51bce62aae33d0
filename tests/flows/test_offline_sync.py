"""Somebody comes back after many messages, to a real server over real sockets."""

import asyncio
import contextlib
from contextlib import AsyncExitStack

import pytest

from parlor.client import Connection, ConnectionClosed, connect
from parlor.model.conversation import ConversationKind
from parlor.model.event import EventKind
from parlor.model.ids import ConversationId, UserId
from parlor.wire.native import methods as wire
from parlor.wire.native.methods.own import ConversationSet, EntryResult, SyncResult
from parlor.wire.native.pushes import SelfPush
from tests.support.databases import URLS, flags_of, open_at
from tests.support.people import Person, sign_up
from tests.support.server import ParlorServer, running_parlor
from tests.support.storage import message, stores_in
from tests.support.sync_device import SyncDevice

FAST = (
    "--set", "gateway.requests_per_second=100000",
    "--set", "gateway.request_burst=100000",
)  # fmt: skip


@pytest.fixture(params=URLS)
async def stored(request):
    """Where it keeps its data."""
    async with flags_of(request.param) as flags:
        yield flags


@pytest.fixture
async def server(tmp_path, stored):
    async with running_parlor(tmp_path, (*FAST, *stored)) as running:
        yield running


async def people_of(server: ParlorServer, stack: AsyncExitStack, *names: str) -> list[Person]:
    people = [await sign_up(server.url, name) for name in names]
    for person in people:
        stack.push_async_callback(person.rest.aclose)
    return people


async def say(person: Person, said: list[tuple[str, str]]) -> None:
    """(conversation, text), in this order."""
    async with connect(person.websocket_url, person.token) as connection:
        for talk, text in said:
            await connection.request(wire.MessageSend(talk, text, text), wire.MessageSendResult)


async def keep_asking(
    device: SyncDevice, connection: Connection, asked: asyncio.Task[SyncResult]
) -> None:
    """Until the connection is found to be gone; what still came is applied."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            device.apply(await asked)
            asked = asyncio.create_task(device.page(connection))


async def test_five_hundred_messages_missed_arrive_whole_although_the_server_is_killed(server):
    """From three peers and two groups, in pages of 50; killed in the middle, and the link cut."""
    async with AsyncExitStack() as stack:
        bob, *peers = await people_of(server, stack, "bob", "ann", "cem", "dan")
        directs = [await peer.talk_to(bob) for peer in peers]
        groups = [await bob.talk_to(*peers, title=title) for title in ("one", "two")]
        device = SyncDevice()
        async with connect(bob.websocket_url, bob.token) as connection:
            await device.catch_up(connection)
        expected: dict[str, list[str]] = {talk: [] for talk in (*directs, *groups)}
        for number, (peer, direct) in enumerate(zip(peers, directs, strict=True)):
            said = [(direct, f"{number}-{n}") for n in range(100)]
            said += [(groups[n % 2], f"{number}-in-{n}") for n in range(67 if number else 66)]
            for talk, text in said:
                expected[talk].append(text)
            await say(peer, said)
        assert sum(map(len, expected.values())) == 500

        async with connect(bob.websocket_url, bob.token) as connection:
            first = await device.page(connection)
            device.apply(first)
            assert first.cursor
            device.apply(await device.page(connection, first.cursor))
            lost = asyncio.create_task(device.page(connection))
            await asyncio.sleep(0)
            await server.kill()
            await keep_asking(device, connection, lost)
        await server.start()
        async with connect(bob.websocket_url, bob.token) as connection:
            # The answer is on its way when the link goes: it is lost, and asked for again.
            cut = asyncio.create_task(device.page(connection))
            await asyncio.sleep(0)
        cut.cancel()
        async with connect(bob.websocket_url, bob.token) as connection:
            await device.catch_up(connection)

        for talk, texts in expected.items():
            log = [event for event in device.logs[talk] if event.kind is EventKind.MESSAGE]
            assert [event.text for event in log] == texts
        assert device.largest == 50


async def test_ten_thousand_messages_over_two_hundred_conversations_arrive_whole(tmp_path, stored):
    server = ParlorServer(tmp_path, (*FAST, *stored))
    url = stored[1].removeprefix("storage.url=")
    await server.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.kill)
        bob, ann = await people_of(server, stack, "bob", "ann")
        device = SyncDevice()
        async with connect(bob.websocket_url, bob.token) as connection:
            await device.catch_up(connection)
        await server.stop()
        talks = [ConversationId(str(2**52 + 9 * n)) for n in range(200)]
        async with open_at(url, tmp_path / "data") as database:
            stores = stores_in(database)
            for talk in talks:
                await stores.add_talk(
                    talk, (UserId(ann.id), UserId(bob.id)), ConversationKind.GROUP
                )
            drafts = [message(f"{n}", UserId(ann.id), talk) for n in range(50) for talk in talks]
            await asyncio.gather(
                *(stores.messages.append(draft, 5 + n) for n, draft in enumerate(drafts))
            )
        await server.start()
        device.have = dict.fromkeys(talks, 0)
        async with connect(bob.websocket_url, bob.token) as connection:
            page = await device.page(connection, limit=200)
            device.apply(page)
        # Interrupted after any page, a device goes on with what it has.
        while page.cursor:
            async with connect(bob.websocket_url, bob.token) as connection:
                for _ in range(10):
                    page = await device.page(connection, page.cursor, 200)
                    device.apply(page)
                    if not page.cursor:
                        break
        async with connect(bob.websocket_url, bob.token) as connection:
            await device.catch_up(connection, 200)
        for talk in talks:
            texts = [event.text for event in device.logs[talk][1:]]
            assert texts == [f"{n}" for n in range(50)]
        assert device.largest == 200


async def test_what_one_device_sets_the_other_hears_and_a_third_finds(server):
    async with AsyncExitStack() as stack:
        bob, ann = await people_of(server, stack, "bob", "ann")
        direct = await ann.talk_to(bob)
        phone = await stack.enter_async_context(connect(bob.websocket_url, bob.token))
        desk = await stack.enter_async_context(
            connect(bob.websocket_url, bob.token, instance="desk")
        )
        set_there = await desk.request(
            ConversationSet(direct, pinned=True, unread_mark=True), EntryResult
        )
        heard = (await phone.next_push(SelfPush)).data
        assert isinstance(heard, SelfPush)
        assert heard.entry == set_there.entry
        await phone.request(wire.ReadSet(direct, 1), wire.ReadResult)
        third = SyncDevice()
        async with connect(bob.websocket_url, bob.token, instance="third") as connection:
            page = await third.page(connection)
        third.apply(page)
        (change,) = page.changes
        assert (change.conversation.pinned, change.conversation.unread_mark) == (True, False)
        assert third.own[f"c:{direct}"].body == '{"read_seq":1,"pinned":true,"hidden_seq":1}'
        assert {user.name for user in page.users} == {"ann"}


async def test_everything_of_ones_own_can_be_done_over_rest(server):
    async with AsyncExitStack() as stack:
        bob, ann = await people_of(server, stack, "bob", "ann")
        direct = await ann.talk_to(bob)
        sent = await ann.post(
            f"/conversations/{direct}/messages", {"client_id": "c", "text": "keep this"}
        )
        seq = sent["event"]["seq"]
        rest = bob.rest
        answers = [
            await rest.put(f"/api/v1/conversations/{direct}/events/{seq}/star"),
            await rest.put(f"/api/v1/conversations/{direct}/draft", json={"text": "soon"}),
            await rest.put("/api/v1/me/settings/web.theme", json={"value": '"dark"'}),
            await rest.post(f"/api/v1/conversations/{direct}/arrange", json={"notify": "nothing"}),
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 200]
        entries = (await bob.get("/me/entries"))["entries"]
        kinds = [entry["kind"] for entry in entries]
        assert kinds == ["star", "draft", "setting", "conversation"]
        (star,) = (await bob.get("/me/stars"))["stars"]
        assert star["event"]["text"] == "keep this"
        synced = await bob.post("/sync", {"have": {direct: 1}, "self_seq": entries[-2]["seq"]})
        (change,) = synced["changes"]
        assert [event["text"] for event in change["events"]] == ["keep this"]
        assert change["conversation"]["notify"] == "nothing"
        assert [entry["kind"] for entry in synced["own"]["entries"]] == ["conversation"]
        await rest.delete(f"/api/v1/conversations/{direct}/events/{seq}/star")
        assert (await bob.get("/me/stars"))["stars"] == []
        refused = await ann.rest.put("/api/v1/me/settings/parlor.theme", json={"value": "1"})
        assert refused.json()["error"]["code"] == "bad_request"
