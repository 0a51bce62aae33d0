"""What the gateway does with what `authentication` says: welcome, refusal, renewal, the end."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from parlor.gateway.methods import build_table
from parlor.gateway.settings import GatewaySettings
from parlor.model.account import Grants
from parlor.model.close import CloseCode
from parlor.model.errors import AuthUnavailable, TooManyAttempts
from parlor.model.ids import DeviceId, RoomId, UserId
from parlor.ports.accounts import RevocationKind
from tests.support.native_connection import NativeHouse, WebSocketClient, settle

GRACE_S = 30.0


def expiring(house: NativeHouse, token: str, after_s: float, **other: object) -> None:
    """From now on `token` is good for so long."""
    identity = house.small.authentication.identity(token)
    expires_at = house.clock.unix_ms() / 1000 + after_s
    house.small.authentication.other[token] = msgspec.structs.replace(
        identity, expires_at=expires_at, **other
    )


def guest(house: NativeHouse, token: str, grants: Grants | None = None) -> None:
    identity = house.small.authentication.identity(token)
    house.small.authentication.other[token] = msgspec.structs.replace(
        identity, has_account=False, grants=grants
    )


async def stay(house: NativeHouse, client: WebSocketClient, seconds: float) -> int | None:
    """Send heartbeats for so long; the close code when that was not possible."""
    for number in range(int(seconds / 5)):
        client.ask(100 + number, "heartbeat")
        await house.pass_time(5.0)
    return client.close_code()


async def test_the_welcome_has_a_ticket_and_says_when_the_token_expires():
    house = NativeHouse()
    expiring(house, "1:phone", 600.0)
    welcome = (await house.websocket().hello("1:phone"))["result"]
    assert welcome["resume"] == "ticket of 1:phone"
    assert welcome["token_expires_at"] == house.clock.unix_ms() + 600_000
    assert not welcome["resumed"]


async def test_a_ticket_is_enough_and_is_said_to_have_been_taken():
    house = NativeHouse()
    reply = await house.websocket().hello("", resume="ticket of 1:phone")
    assert (reply["result"]["user"]["id"], reply["result"]["resumed"]) == ("1", True)


async def test_a_connection_ends_when_its_token_has_expired_for_longer_than_the_grace():
    house = NativeHouse(GatewaySettings(token_grace_s=GRACE_S))
    expiring(house, "1:phone", 100.0)
    client = house.websocket()
    await client.hello("1:phone")
    assert await stay(house, client, 100.0 + GRACE_S - 5.0) is None
    assert await stay(house, client, 10.0) == CloseCode.UNAUTHENTICATED
    assert house.gateway.hub.connections() == 0


async def test_a_token_that_is_about_to_expire_is_not_forgotten_between_heartbeats():
    house = NativeHouse(GatewaySettings(token_grace_s=0.0))
    expiring(house, "1:phone", 2.0)
    client = house.websocket()
    await client.hello("1:phone")
    await house.pass_time(1.5)
    assert client.close_code() is None
    await house.pass_time(1.0)
    assert client.close_code() == CloseCode.UNAUTHENTICATED


async def test_a_token_that_does_not_expire_ends_nothing():
    house = NativeHouse()
    client = house.websocket()
    await client.hello("1:phone")
    assert await stay(house, client, 10_000.0) is None


async def test_a_renewed_token_keeps_the_connection_open():
    house = NativeHouse(GatewaySettings(token_grace_s=0.0))
    expiring(house, "1:phone", 50.0)
    expiring(house, "1:phone2", 500.0, device=DeviceId("phone"))
    client = house.websocket()
    await client.hello("1:phone")
    client.ask(2, "token.renew", token="1:phone2")
    await settle()
    (reply,) = client.messages()
    assert reply["result"]["resume"] == "ticket of 1:phone2"
    assert reply["result"]["token_expires_at"] == house.clock.unix_ms() + 500_000
    assert await stay(house, client, 490.0) is None
    (link,) = house.gateway.hub.of_user(UserId("1"))
    assert link.session == "1:phone2"
    assert await stay(house, client, 15.0) == CloseCode.UNAUTHENTICATED


@pytest.mark.parametrize("token", ["2:phone", "forged"])
async def test_a_refused_renewal_changes_nothing(token):
    house = NativeHouse(GatewaySettings(token_grace_s=0.0))
    expiring(house, "1:phone", 50.0)
    client = house.websocket()
    await client.hello("1:phone")
    client.ask(2, "token.renew", token=token)
    await settle()
    (reply,) = client.messages()
    assert reply["error"]["code"] in ("forbidden", "unauthenticated")
    assert await stay(house, client, 45.0) is None
    assert await stay(house, client, 10.0) == CloseCode.UNAUTHENTICATED


async def test_a_renewal_leaves_the_rooms_that_the_new_token_does_not_open():
    house = NativeHouse()
    guest(house, "1:phone")
    client = house.websocket()
    await client.hello("1:phone", rooms=["a", "b"])
    guest(house, "1:phone", Grants(("b",)))
    client.ask(2, "token.renew", token="1:phone")
    await settle()
    hub = house.gateway.hub
    assert (hub.room_online(RoomId("a")), hub.room_online(RoomId("b"))) == (0, 1)


@pytest.mark.parametrize(
    ("refusal", "close"),
    [
        (AuthUnavailable(retry_after_s=7.0), CloseCode.OVERLOADED),
        (TooManyAttempts(retry_after_s=7.0), CloseCode.RATE_LIMITED),
    ],
)
async def test_who_cannot_be_checked_now_is_told_when_to_come_back(refusal, close):
    house = NativeHouse()
    house.small.authentication.refuses = refusal
    client = house.websocket()
    client.ask(1, "hello", token="1:phone")
    await settle()
    error, bye = client.messages()
    assert (error["error"]["code"], error["error"]["retry_after_s"]) == (refusal.code, 7.0)
    assert (bye["data"]["code"], bye["data"]["reason"]) == (
        close,
        f"{close.name.lower()} after_s=7",
    )
    assert house.gateway.hub.connections() == 0


async def test_a_customers_user_has_rooms_and_no_conversations():
    house = NativeHouse()
    guest(house, "ann:phone")
    client = house.websocket()
    await client.hello("ann:phone")
    table = build_table(house.gateway, house.small.services, house.native.mail)
    refused = {name for name, bound in table.items() if bound.needs_account}
    for number, name in enumerate(sorted(refused), start=10):
        client.ask(number, name)
    client.ask(2, "room.join", room="news")
    client.ask(3, "heartbeat")
    await settle()
    answers = {message["id"]: message for message in client.messages()}
    assert "result" in answers[2]
    assert "result" in answers[3]
    codes = {answers[number]["error"]["code"] for number in range(10, 10 + len(refused))}
    assert codes == {"account_needed"}
    assert {"message.send", "conversation.list", "call.start", "users.find"} <= refused
    assert not {"hello", "token.renew", "session.end", "room.join", "heartbeat"} & refused


async def test_a_token_opens_the_rooms_that_it_names():
    house = NativeHouse()
    guest(house, "ann:phone", Grants(("shop/*",)))
    client = house.websocket()
    reply = await client.hello("ann:phone", rooms=["shop/1", "news"])
    assert reply["error"]["code"] == "forbidden"
    assert house.gateway.hub.room_online(RoomId("shop/1")) == 0
    reply = await client.hello("ann:phone", rooms=["shop/1"])
    assert reply["result"]["rooms"] == ["shop/1"]
    client.ask(2, "room.join", room="shop/2")
    client.ask(3, "room.join", room="news")
    await settle()
    joined, refused = client.messages()
    assert joined["result"]["room"] == "shop/2"
    assert refused["error"]["code"] == "forbidden"
    assert house.gateway.hub.room_online(RoomId("news")) == 0


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (RevocationKind.USER, "1"),
        (RevocationKind.DEVICE, "phone"),
        (RevocationKind.SESSION, "1:phone"),
    ],
)
async def test_a_revocation_closes_what_it_names_at_once_and_nothing_else(kind, value):
    house = NativeHouse()
    revoked, other = house.websocket(), house.websocket()
    await revoked.hello("1:phone")
    await other.hello("2:pad")
    house.small.authentication.revoke(kind, value)
    assert revoked.close_code() == CloseCode.UNAUTHENTICATED
    assert other.close_code() is None


async def test_a_changed_name_closes_nothing():
    house = NativeHouse()
    client = house.websocket()
    await client.hello("1:phone")
    house.small.authentication.revoke(RevocationKind.VIEW, "1")
    assert client.close_code() is None


async def test_kick_oldest_closes_the_first_and_the_new_one_stays():
    house = NativeHouse(GatewaySettings(max_connections_per_user=3, user_limit="kick_oldest"))
    clients = [house.websocket() for _ in range(5)]
    for client in clients:
        assert "result" in await client.hello("1:phone")
    assert [client.close_code() for client in clients] == [
        *[CloseCode.TOO_MANY_CONNECTIONS] * 2,
        *[None] * 3,
    ]
    assert house.gateway.hub.user_online(UserId("1")) == 3


@pytest.mark.parametrize("policy", ["reject", "kick_oldest"])
async def test_the_limit_of_a_user_is_exact_when_a_hundred_come_at_once(policy):
    house = NativeHouse(GatewaySettings(max_connections_per_user=3, user_limit=policy))
    clients = [house.websocket() for _ in range(100)]
    for client in clients:
        client.ask(1, "hello", token="1:phone")
    await settle()
    await asyncio.sleep(0)
    assert house.gateway.hub.user_online(UserId("1")) == 3
    staying = [number for number, client in enumerate(clients) if client.close_code() is None]
    assert staying == ([0, 1, 2] if policy == "reject" else [97, 98, 99])


async def test_a_revocation_does_not_wait_for_what_was_asked_before():
    house = NativeHouse()
    house.small.thread.hold = asyncio.Event()
    client = house.websocket()
    await client.hello("1:phone")
    client.ask(2, "message.send", conversation_id="900", client_id="a", text="late")
    await settle()
    house.small.authentication.revoke(RevocationKind.USER, "1")
    assert client.close_code() == CloseCode.UNAUTHENTICATED
    house.small.thread.hold.set()
    await settle()
    assert [event.text for event in house.small.thread.events_stored] == ["late"]
