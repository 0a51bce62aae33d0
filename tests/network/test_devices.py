"""Several devices of one person on a real server: what each gets, sees and may do to the others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import pytest_asyncio

from parlor.client import Connection, Received, connect
from parlor.model.close import CloseCode
from parlor.model.errors import ParlorError, Unauthenticated
from parlor.wire.native import methods as wire
from parlor.wire.native.methods import devices, receipts
from parlor.wire.native.pushes import DeliveryPush, EventPush, ReadPush, ReceiptPush
from tests.support.losing_proxy import losing_proxy
from tests.support.mail_reader import a_program
from tests.support.people import PASSWORD, Person, sign_up
from tests.support.rest_client import bearer
from tests.support.rest_server import http_to
from tests.support.server import ParlorServer, running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONFIG = """
[accounts]
max_devices = 6
seen_each_s = 0.2

[accounts.device_policy]
ios = {over = "replace_oldest", at_most = 1}
bot = {over = "refuse", at_most = 1}

[receipts]
max_members = 3
tick_s = 0.05
"""
LIMIT_S = 30.0
M13_S = 1.0
TRIES = 5


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ParlorServer]:
    folder = tmp_path_factory.mktemp("devices")
    (folder / "parlor.toml").write_text(CONFIG)
    async with running_parlor(folder, ["--config", str(folder / "parlor.toml")]) as server:
        yield server


async def signed_in(
    server: ParlorServer, name: str, device: str, status: int = 200, **more: str
) -> dict[str, Any]:
    """The reply to a sign-in of `name` on `device`."""
    body = {"name": name, "password": PASSWORD, "device": device, **more}
    async with httpx.AsyncClient(base_url=server.url) as rest:
        reply = await rest.post("/api/v1/sessions", json=body)
    assert reply.status_code == status, reply.text
    answer: dict[str, Any] = reply.json()
    return answer


def on(person: Person, signed: dict[str, Any], **more: Any) -> Any:
    return connect(person.websocket_url, signed["token"], **more)


async def send(connection: Connection, conversation: str, text: str) -> int:
    sent = await connection.request(
        wire.MessageSend(conversation, text, text), wire.MessageSendResult
    )
    return sent.event.seq


async def next_of(connection: Connection, kind: Any) -> Any:
    async with asyncio.timeout(LIMIT_S):
        return (await connection.next_push(kind)).data


async def events_until(connection: Connection, text: str) -> list[str]:
    """The texts of the events that come, up to the one with this text."""
    texts: list[str] = []
    while text not in texts:
        texts.append((await next_of(connection, EventPush)).event.text)
    return texts


async def positions(connection: Connection, conversation: str) -> dict[str, tuple[int, int]]:
    """(delivered, read) by user."""
    listed = await connection.request(
        receipts.ReceiptList(conversation), receipts.ReceiptListResult
    )
    return {one.user_id: (one.delivered_seq, one.read_seq) for one in listed.receipts}


async def wait_for_position(
    connection: Connection, conversation: str, user: str, wanted: tuple[int, int]
) -> None:
    async with asyncio.timeout(LIMIT_S):
        while (await positions(connection, conversation))[user] != wanted:
            await asyncio.sleep(0.02)


async def test_every_device_gets_what_comes_and_what_the_others_send(server):
    """M10."""
    bob = await sign_up(server.url, "m10.bob")
    ann = await sign_up(server.url, "m10.ann")
    talk = await ann.talk_to(bob)
    kinds = {"phone": "android", "browser": "web", "pc": "desktop"}
    async with AsyncExitStack() as stack:
        links: dict[str, Connection] = {}
        for name, platform in kinds.items():
            signed = await signed_in(server, "m10.ann", name, platform=platform)
            links[name] = await stack.enter_async_context(on(ann, signed))
        writer = await stack.enter_async_context(connect(bob.websocket_url, bob.token))
        await send(writer, talk, "hello, all of you")
        last = await send(links["phone"], talk, "from my phone")
        for name in ("browser", "pc"):
            texts = await events_until(links[name], "from my phone")
            assert texts == ["hello, all of you", "from my phone"]
        # The connection that sends has it by the answer.
        assert await events_until(links["phone"], "hello, all of you") == ["hello, all of you"]
        assert await events_until(writer, "from my phone") == ["from my phone"]
        listed = await links["pc"].request(devices.DeviceList(), devices.DeviceListResult)
        shown = {str(one.device): one for one in listed.devices}
        assert {name: shown[name].platform for name in kinds} == kinds
        assert {name: shown[name].connections for name in kinds} == dict.fromkeys(kinds, 1)
        assert [one.device for one in listed.devices if one.current] == ["pc"]
        await wait_for_position(writer, talk, ann.id, (last, 1))
    await ann.rest.aclose()
    await bob.rest.aclose()


async def test_each_device_acknowledges_for_itself_and_a_new_one_sees_what_was_said(server):
    """M10."""
    bob, ann = await sign_up(server.url, "own.bob"), await sign_up(server.url, "own.ann")
    talk = await ann.talk_to(bob)
    phone = await signed_in(server, "own.ann", "phone")
    web = await signed_in(server, "own.ann", "web")
    async with (
        connect(bob.websocket_url, bob.token) as writer,
        on(ann, phone) as quick,
        on(ann, web, tells_delivered=False) as slow,
    ):
        last = [await send(writer, talk, f"word {number}") for number in range(5)][-1]
        for link in (quick, slow):
            await events_until(link, "word 4")
        said = await slow.request(receipts.DeliveredSet({talk: last - 3}), receipts.DeliveredResult)
        assert said.without == ()
        await wait_for_position(writer, talk, ann.id, (last, 1))

        async def behind() -> dict[str, int]:
            listed = await quick.request(devices.DeviceList(), devices.DeviceListResult)
            return {one.device: one.behind for one in listed.devices if one.device in "phone web"}

        async with asyncio.timeout(LIMIT_S):
            while await behind() != {"phone": 0, "web": 3}:
                await asyncio.sleep(0.02)
        new = await signed_in(server, "own.ann", "new tablet")
        async with on(ann, new) as fresh:
            page = await fresh.request(wire.EventsList(talk, limit=3), wire.EventsResult)
            assert [event.text for event in page.events] == ["word 2", "word 3", "word 4"]
            assert page.more
    await ann.rest.aclose()
    await bob.rest.aclose()


async def test_a_second_sign_in_of_a_platform_sends_the_first_away_with_the_reason(server):
    """M11."""
    ann = await sign_up(server.url, "m11.ann")
    first = await signed_in(server, "m11.ann", "old phone", platform="ios")
    async with on(ann, first) as old:
        second = await signed_in(server, "m11.ann", "new phone", platform="ios")
        async with asyncio.timeout(LIMIT_S):
            await old.wait_closed()
        assert old.closed is not None
        assert (old.closed.code, old.closed.reason) == (
            CloseCode.DEVICE_REPLACED,
            "device_replaced",
        )
    with pytest.raises(Unauthenticated):
        async with on(ann, first):
            raise AssertionError("a token that was replaced opened a connection")
    async with httpx.AsyncClient(base_url=server.url) as rest:
        old_token, new_token = bearer(first["token"]), bearer(second["token"])
        assert (await rest.get("/api/v1/me", headers=old_token)).status_code == 401
        spent = {"refresh_token": first["refresh_token"]}
        assert (await rest.post("/api/v1/sessions/refresh", json=spent)).status_code == 401
        assert (await rest.get("/api/v1/me", headers=new_token)).status_code == 200
    await ann.rest.aclose()


async def test_a_platform_that_takes_no_more_refuses_with_a_code_and_hurts_nobody(server):
    """M11."""
    ann = await sign_up(server.url, "full.ann")
    first = await signed_in(server, "full.ann", "bot one", platform="bot")
    async with on(ann, first) as running:
        refused = await signed_in(server, "full.ann", "bot two", status=409, platform="bot")
        assert refused["error"]["code"] == "too_many_devices"
        await running.request(wire.MeGet(), wire.UserResult)
        await signed_in(server, "full.ann", "bot one", platform="bot")
    await ann.rest.aclose()


async def test_over_the_number_in_all_the_device_seen_longest_ago_is_signed_out(server):
    ann = await sign_up(server.url, "many.ann")
    everything = [await signed_in(server, "many.ann", f"device {n}") for n in range(6)]
    async with httpx.AsyncClient(base_url=server.url) as rest:
        codes = [
            (await rest.get("/api/v1/me", headers=bearer(one["token"]))).status_code
            for one in everything
        ]
    assert codes == [200] * 6
    assert (await ann.rest.get("/api/v1/me")).status_code == 401
    await ann.rest.aclose()


async def test_a_lost_acknowledgement_makes_neither_side_see_a_message_twice(server):
    """M12: the answer to a send is lost, then the sender asks again with the same client id."""
    bob, ann = await sign_up(server.url, "m12.bob"), await sign_up(server.url, "m12.ann")
    talk = await ann.talk_to(bob)
    received = Received()
    async with (
        losing_proxy(server.port) as proxy,
        connect(proxy.url, bob.token) as writer,
        connect(ann.websocket_url, ann.token, received=received) as reader,
    ):
        lost: list[int] = []

        def first_two(name: str) -> bool:
            if name == "reply message.send" and len(lost) < 2:
                lost.append(1)
                return True
            return False

        proxy.loses = first_two
        message = wire.MessageSend(talk, "the same", "once")
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await writer.request(message, wire.MessageSendResult, timeout_s=0.5)
        sent = await writer.request(message, wire.MessageSendResult)
        assert not sent.created
        await send(writer, talk, "after it")
        assert await events_until(reader, "after it") == ["once", "after it"]
        page = await reader.request(wire.EventsList(talk, after=1), wire.EventsResult)
        assert [event.text for event in page.events] == ["once", "after it"]
    assert proxy.lost == ["reply message.send"] * 2
    await ann.rest.aclose()
    await bob.rest.aclose()


async def test_mail_whose_acknowledgement_was_lost_is_sent_again_and_seen_once(server):
    """M12, for what a program pushes."""
    ann = await sign_up(server.url, "mail.ann")
    received = Received()
    async with losing_proxy(server.port) as proxy, http_to(server) as http:
        program = await a_program(server, http)
        proxy.loses = lambda name: name == "request mail.ack"
        async with connect(proxy.url, ann.token, received=received) as reader:
            await program.must_push({"users": [ann.id]}, "important")
            assert (await next_of(reader, DeliveryPush)).body == "important"
            async with asyncio.timeout(LIMIT_S):
                while not proxy.lost:
                    await asyncio.sleep(0.02)
        proxy.loses = lambda _: False
        seen: list[Any] = []
        async with (
            connect(proxy.url, ann.token, received=received, on_push=seen.append) as reader,
            asyncio.timeout(LIMIT_S),
        ):
            assert reader.welcome is not None
            assert reader.welcome.mail == 1
            while not reader.acknowledged:
                await asyncio.sleep(0.02)
        assert (seen, received.doubles) == ([], 1)
        async with connect(proxy.url, ann.token) as reader:
            assert reader.welcome is not None
            assert reader.welcome.mail == 0
    await ann.rest.aclose()


async def test_a_delivered_position_that_was_lost_is_said_again(server):
    """M12: what the reader acknowledges is lost, then so is the server's answer to it."""
    bob, ann = await sign_up(server.url, "said.bob"), await sign_up(server.url, "said.ann")
    talk = await ann.talk_to(bob)
    received = Received()
    async with connect(bob.websocket_url, bob.token) as writer, losing_proxy(server.port) as proxy:
        proxy.loses = lambda name: name == "request delivered.set"
        async with connect(proxy.url, ann.token, received=received) as reader:
            seq = await send(writer, talk, "hello")
            await events_until(reader, "hello")
            async with asyncio.timeout(LIMIT_S):
                while not proxy.lost:
                    await asyncio.sleep(0.02)
        assert (await positions(writer, talk))[ann.id] == (1, 1)
        proxy.loses = lambda name: name == "reply delivered.set"
        async with connect(proxy.url, ann.token, received=received) as reader:
            await wait_for_position(writer, talk, ann.id, (seq, 1))
            page = await reader.request(wire.EventsList(talk, after=seq), wire.EventsResult)
            assert page.events == ()
    await ann.rest.aclose()
    await bob.rest.aclose()


async def test_reading_on_the_phone_empties_the_counter_on_the_web_and_shows_the_sender(server):
    """M13."""
    bob, ann = await sign_up(server.url, "m13.bob"), await sign_up(server.url, "m13.ann")
    talk = await ann.talk_to(bob)
    phone = await signed_in(server, "m13.ann", "phone")
    web = await signed_in(server, "m13.ann", "web")
    async with (
        connect(bob.websocket_url, bob.token) as writer,
        on(ann, phone) as on_phone,
        on(ann, web) as on_web,
    ):
        took: list[float] = []
        # Of a few tries the best: others may have the machine meanwhile.
        while not took or (min(took) >= M13_S and len(took) < TRIES):
            text = f"read me {len(took)}"
            seq = await send(writer, talk, text)
            await events_until(on_web, text)
            began = time.monotonic()
            async with asyncio.timeout(LIMIT_S):
                await on_phone.request(wire.ReadSet(talk, seq), wire.ReadResult)
                counter = await next_of(on_web, ReadPush)
                receipt = await next_of(writer, ReceiptPush)
                while receipt.read_seq < seq:
                    receipt = await next_of(writer, ReceiptPush)
            took.append(time.monotonic() - began)
            assert (counter.read_seq, counter.unread) == (seq, 0)
            assert (receipt.user_id, receipt.delivered_seq, receipt.read_seq) == (ann.id, seq, seq)
        assert min(took) < M13_S
        back = await on_web.request(wire.ReadSet(talk, 1), wire.ReadResult)
        assert (back.read_seq, back.unread) == (seq, 0)
        view = await writer.request(wire.ConversationGet(talk), wire.ConversationResult)
        assert view.conversation.peer_read_seq == seq
    await ann.rest.aclose()
    await bob.rest.aclose()


async def test_a_group_tells_who_has_read_and_a_large_one_tells_nobody(server):
    people = [await sign_up(server.url, f"who.{n}") for n in range(4)]
    ann, bob, cem, dan = people
    group = await ann.talk_to(bob, cem, title="Three")
    sent = await ann.post(f"/conversations/{group}/messages", {"client_id": "1", "text": "hi"})
    seq = sent["event"]["seq"]
    await bob.post(f"/conversations/{group}/read", {"seq": seq})
    path = f"/conversations/{group}/events/{seq}/readers"
    who = await ann.get(path)
    assert (who["read"], who["unread"]) == ([bob.id], [cem.id])
    assert (who["read_count"], who["unread_count"]) == (1, 1)
    assert {user["name"] for user in who["users"]} == {"who.1", "who.2"}
    first = await ann.get(f"{path}?limit=1")
    rest = await ann.get(f"{path}?limit=1&cursor={first['cursor']}")
    assert sorted(rest["read"] + rest["unread"] + first["read"] + first["unread"]) == sorted(
        (bob.id, cem.id)
    )
    stranger = await dan.rest.get(f"/api/v1{path}")
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (403, "not_member")
    large = await ann.talk_to(bob, cem, dan, title="Four")
    for where in ("receipts", f"events/{1}/readers"):
        refused = await ann.rest.get(f"/api/v1/conversations/{large}/{where}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_receipts")
    async with asyncio.timeout(LIMIT_S):
        while (await bob.post("/delivered", {"positions": {large: 1}}))["without"] != [large]:
            await asyncio.sleep(0.05)
    for person in people:
        await person.rest.aclose()


async def test_a_device_is_renamed_and_signed_out_from_afar(server):
    ann = await sign_up(server.url, "afar.ann")
    phone = await signed_in(server, "afar.ann", "phone", platform="android", label="My phone")
    async with on(ann, phone) as lost, connect(ann.tcp_url, ann.token) as here:
        ask = here.request
        renamed = await ask(devices.DeviceRename("phone", "Lost"), devices.DeviceRenameResult)
        assert renamed.label == "Lost"
        listed = (await ann.get("/devices"))["devices"]
        row = next(one for one in listed if one["device"] == "phone")
        assert (row["label"], row["platform"], row["connections"]) == ("Lost", "android", 1)
        assert row["address"] in ("127.0.0.1", "::1")
        await ask(devices.DeviceSignOut("phone"), wire.Empty)
        async with asyncio.timeout(LIMIT_S):
            await lost.wait_closed()
        assert lost.closed is not None
        assert lost.closed.code == CloseCode.SIGNED_OUT
        await signed_in(server, "afar.ann", "phone")
        await signed_in(server, "afar.ann", "tablet")
        others = await ask(devices.DeviceSignOutOthers(), devices.SignedOutResult)
        assert others.ended == 2
        listed = (await ann.get("/devices"))["devices"]
        assert [one["current"] for one in listed] == [True]
        # One's own is answered before the connection ends.
        own = listed[0]["device"]
        await ask(devices.DeviceSignOut(own), wire.Empty)
        async with asyncio.timeout(LIMIT_S):
            await here.wait_closed()
    assert (await ann.rest.get("/api/v1/devices")).status_code == 401
    await ann.rest.aclose()


async def test_when_a_device_was_last_here_is_written_after_it_has_gone(server):
    ann = await sign_up(server.url, "seen.ann")
    phone = await signed_in(server, "seen.ann", "phone")

    async def seen_at() -> int:
        listed = (await ann.get("/devices"))["devices"]
        row = next(one for one in listed if one["device"] == "phone")
        return int(row["last_seen_at"])

    before = await seen_at()
    await asyncio.sleep(0.05)
    async with on(ann, phone) as link:
        assert link.welcome is not None
        came_at = link.welcome.server_time
    async with asyncio.timeout(LIMIT_S):
        while await seen_at() < came_at:
            await asyncio.sleep(0.05)
    assert before < came_at
    await ann.rest.aclose()


async def test_hostile_positions_and_devices_are_refused_one_by_one(server):
    ann = await sign_up(server.url, "bad.ann")
    bob = await sign_up(server.url, "bad.bob")
    talk = await bob.talk_to(await sign_up(server.url, "bad.cem"))
    async with connect(ann.websocket_url, ann.token) as link:
        for params, result in (
            (receipts.DeliveredSet({str(n): 1 for n in range(201)}), receipts.DeliveredResult),
            (receipts.DeliveredSet({"1": -1}), receipts.DeliveredResult),
            (receipts.ReceiptList(talk), receipts.ReceiptListResult),
            (receipts.MessageReaders(talk, 1), receipts.MessageReadersResult),
            (receipts.MessageReaders("x' OR 1=1", 1), receipts.MessageReadersResult),
            (devices.DeviceSignOut("not mine"), wire.Empty),
            (devices.DeviceRename("not mine", "x" * 65), devices.DeviceRenameResult),
        ):
            with pytest.raises(ParlorError) as refused:
                await link.request(params, result)
            assert refused.value.code in ("bad_request", "not_member", "not_found")
        # Another's conversation: ignored, and its people hear nothing.
        await link.request(receipts.DeliveredSet({talk: 1}), receipts.DeliveredResult)
        await link.request(wire.MeGet(), wire.UserResult)
    assert (await bob.get(f"/conversations/{talk}/receipts"))["receipts"][0]["delivered_seq"] == 1
    await ann.rest.aclose()
    await bob.rest.aclose()
