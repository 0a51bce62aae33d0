"""Tokens of every kind at a real server, on its own protocol and at the goim door."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from parlor.client import Connection, ConnectionClosed, Resume, connect
from parlor.model.close import CloseCode
from parlor.model.errors import (
    AccountNeeded,
    AuthUnavailable,
    Forbidden,
    ParlorError,
    TooManyAttempts,
    Unauthenticated,
)
from parlor.wire.native import methods as wire
from parlor.wire.native.pushes import DeliveryPush
from tests.support.goim_client import GoimTcp, GoimWebSocket, packet
from tests.support.issuer import (
    ASYMMETRIC,
    AUDIENCE,
    ISSUER,
    SECRET,
    Backend,
    mint,
    public_jwk,
    running_backend,
    write_key,
)
from tests.support.people import sign_up
from tests.support.ports import free_port
from tests.support.rest_server import make_key
from tests.support.server import ParlorServer, running_parlor

PATIENCE_S = 30.0
PROMISE_S = 1.0
"""A revocation closes live connections within a second."""


@dataclass
class Shop:
    """A server that takes tokens of accounts, of four kinds of keys, of a key URL and of a
    callback, with a goim door; and the customer's backend behind it."""

    server: ParlorServer
    backend: Backend
    goim_tcp: int
    goim_ws: int
    admin_key: str

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}/ws"

    @property
    def tcp_url(self) -> str:
        return f"tcp://127.0.0.1:{self.server.port}"

    def rest(self, bearer: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.server.port}/api/v1",
            headers={"authorization": f"Bearer {bearer}"},
            timeout=20,
        )

    async def post(self, path: str, body: object) -> httpx.Response:
        async with self.rest(self.admin_key) as rest:
            return await rest.post(path, json=body)

    async def revoke(self, **what: str) -> None:
        answer = await self.post("/connections/revoke", what)
        assert answer.status_code == 200, answer.text

    async def gauge(self, name: str) -> float:
        async with httpx.AsyncClient() as anybody:
            text = (await anybody.get(f"http://127.0.0.1:{self.server.port}/metrics")).text
        found = re.search(rf"^parlor_{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    async def goim(self) -> list[GoimTcp | GoimWebSocket]:
        return [await GoimTcp.connect(self.goim_tcp), await GoimWebSocket.connect(self.goim_ws)]

    def opaque(self, sub: str, **more: Any) -> str:
        """A token that only the callback knows."""
        token = f"opaque-{sub}-{len(self.backend.users)}"
        self.backend.users[token] = {"sub": sub, **more}
        return token


@contextlib.asynccontextmanager
async def running_shop(folder: Path, *settings: str) -> AsyncIterator[Shop]:
    async with running_backend() as backend:
        backend.jwks = [public_jwk("ES256", "published", 1)]
        keys = [f"{name}:{name}:{write_key(folder, name)}" for name in ASYMMETRIC]
        ports = [free_port() for _ in range(3)]
        chosen = [
            f"auth.jwt.secret={SECRET}",
            f"auth.jwt.keys={','.join(keys)}",
            f"auth.jwt.audience={AUDIENCE}",
            f"auth.jwt.issuer={ISSUER}",
            f"auth.jwt.jwks_url={backend.jwks_url}",
            "auth.jwt.jwks_refetch_s=0.2",
            "auth.jwt.skew_s=0",
            f"auth.callback.url={backend.callback_url}",
            f"auth.callback.secret={SECRET}",
            "auth.callback.timeout_s=1",
            "auth.callback.pause_s=0.5",
            "gateway.token_grace_s=0",
            "doors.goim.batch=1",
            *(
                f"doors.goim.{name}_port={port}"
                for name, port in zip(("tcp", "ws", "http"), ports, strict=True)
            ),
            *settings,
        ]
        flags = ["--door", "goim", *(word for each in chosen for word in ("--set", each))]
        async with running_parlor(folder, flags) as server:
            admin_key = await make_key(server, "admin", "admin")
            yield Shop(server, backend, ports[0], ports[1], admin_key)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with running_shop(tmp_path) as running:
        yield running


async def closed(connection: Connection, timeout_s: float = PATIENCE_S) -> int:
    """The code with which the server ends this connection."""
    async with asyncio.timeout(timeout_s):
        await connection.wait_closed()
    assert connection.closed is not None
    return connection.closed.code


async def refused(shop: Shop, token: str, kind: type[ParlorError], code: CloseCode) -> None:
    """Neither transport lets this token in, and both say why."""
    for url in (shop.url, shop.tcp_url):
        async with connect(url, None) as connection:
            with pytest.raises(kind):
                await connection.hello(wire.Hello(token))
            assert await closed(connection) == code


async def refused_by_goim(shop: Shop, **login: Any) -> None:
    """Closed without a frame, above all without an operation 8."""
    for client in await shop.goim():
        client.send(packet(7, httpx.Request("POST", "http://x", json=login).content))
        assert await client.read_to_end() == b""
        await client.close()


def tokens_of(shop: Shop, user: str) -> dict[str, str]:
    """The same user by every kind of customer's token."""
    return {
        "HS256": mint(user, "HS256"),
        **{name: mint(user, name, kid=name) for name in ASYMMETRIC},
        "key URL": mint(user, "ES256", number=1, kid="published"),
        "callback": shop.opaque(user),
    }


async def test_the_same_user_comes_in_under_each_driver_and_is_reached(shop: Shop):
    """P07, on the native protocol and at the goim door."""
    for how, token in tokens_of(shop, "1001").items():
        async with connect(shop.url, token) as web, connect(shop.tcp_url, token) as tcp:
            goim = await shop.goim()
            for client in goim:
                await client.log_in(mid=1001, token=token, accepts=[0])
            welcome = web.welcome
            assert welcome is not None
            assert (welcome.user.id, welcome.admin) == ("1001", False), how
            assert welcome.token_expires_at > time.time() * 1000
            pushed = await shop.post("/push", {"to": {"users": ["1001"]}, "body": how})
            assert pushed.json()["to"] == 4
            async with asyncio.timeout(PATIENCE_S):
                for connection in (web, tcp):
                    push = await connection.next_push(DeliveryPush)
                    assert isinstance(push.data, DeliveryPush)
                    assert push.data.body == how
                for client in goim:
                    assert [one.body for one in await client.read_pushes(1)] == [how.encode()]
            for client in goim:
                await client.close()
    assert shop.backend.unsigned == 0


async def test_an_account_comes_in_at_the_goim_door(shop: Shop):
    ann = await sign_up(shop.server.url, "ann")
    for client in await shop.goim():
        await client.log_in(mid=int(ann.id), token=ann.token)
        await client.close()
    await ann.rest.aclose()


async def test_a_bad_an_expired_and_a_foreign_token_are_refused_everywhere(shop: Shop):
    """P06; bad input: a token for another audience."""
    thief = "the secret of a thief, 32 bytes at least"
    for token in (
        "",
        "nonsense",
        "plt_" + "A" * 43,
        mint("1001", key=thief),
        mint("1001", aud="another.server"),
        mint("1001", iss="https://thief.test"),
        mint("1001", lifetime_s=-1),
        mint("1001", nbf=time.time() + 60),
        mint("1001", lifetime_s=10 * 86_400),
        mint("1001", "ES256", number=1, kid="never published"),
        mint("4503599627370497"),
        shop.opaque("4503599627370497"),
    ):
        await refused(shop, token, Unauthenticated, CloseCode.UNAUTHENTICATED)
        await refused_by_goim(shop, token=token, mid=1001)
    assert await shop.gauge("connections_greeted") == 0


async def test_a_forged_mid_is_refused_with_anybodys_token(shop: Shop):
    """P06, under each driver."""
    for token in tokens_of(shop, "1001").values():
        await refused_by_goim(shop, token=token, mid=1002)
        await refused_by_goim(shop, key=token, mid=1002)


async def test_while_the_callback_is_down_nobody_is_let_in_and_afterwards_they_are(shop: Shop):
    """P07: refused with a code that says to come back, never accepted."""
    token = shop.opaque("1001")
    shop.backend.down = True
    await refused(shop, token, AuthUnavailable, CloseCode.OVERLOADED)
    await refused_by_goim(shop, token=token)
    shop.backend.down = False
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with contextlib.suppress(AuthUnavailable, ConnectionClosed):
                async with connect(shop.url, token) as connection:
                    assert connection.welcome is not None
                    return
            await asyncio.sleep(0.1)


async def test_a_key_that_is_published_later_is_found(shop: Shop):
    shop.backend.jwks = [public_jwk("ES256", "rotated", 2)]
    token = mint("1001", "ES256", number=2, kid="rotated")
    async with connect(shop.url, token) as connection:
        assert connection.welcome is not None


async def test_a_token_that_expires_ends_its_connections(shop: Shop):
    """Bad input: expired in mid-connection."""
    token = mint("1001", lifetime_s=2.0)
    expires_at = time.time() + 1.9
    goim = await shop.goim()
    for client in goim:
        await client.log_in(token=token)
    async with connect(shop.url, token) as web, connect(shop.tcp_url, token) as tcp:
        for connection in (web, tcp):
            assert await closed(connection) == CloseCode.UNAUTHENTICATED
    for client in goim:
        assert await client.read_to_end(PATIENCE_S) == b""
        await client.close()
    assert time.time() > expires_at
    await refused(shop, token, Unauthenticated, CloseCode.UNAUTHENTICATED)


async def test_a_renewed_token_keeps_the_connection(shop: Shop):
    first = mint("1001", lifetime_s=2.0, device="phone")
    expires_at = time.time() + 2.0
    async with connect(shop.url, first) as renewed, connect(shop.url, first) as other:
        answer = await renewed.renew(mint("1001", device="phone"))
        assert answer.token_expires_at > (expires_at + 60) * 1000
        for foreign in (mint("1002", device="phone"), mint("1001", device="pad")):
            with pytest.raises(Forbidden):
                await renewed.renew(foreign)
        assert await closed(other) == CloseCode.UNAUTHENTICATED
        await renewed.request(wire.Heartbeat(), wire.HeartbeatResult)
        assert time.time() > expires_at - 0.1


@pytest.mark.parametrize(
    "what", [{"user": "1001"}, {"device": "phone"}, {"token_id": "t1"}, {"session": "jti:t1"}]
)
async def test_a_revocation_closes_within_a_second_and_holds_over_a_crash(shop: Shop, what):
    token, other = mint("1001", jti="t1", device="phone"), mint("1002", jti="t2")
    resume = Resume()
    goim = await shop.goim()
    for client in goim:
        await client.log_in(token=token)
    async with (
        connect(shop.url, token, resume=resume) as web,
        connect(shop.tcp_url, token) as tcp,
        connect(shop.url, other) as bystander,
    ):
        await shop.revoke(**what)
        async with asyncio.timeout(PROMISE_S):
            codes = [await closed(connection) for connection in (web, tcp)]
            for client in goim:
                assert await client.read_to_end() == b""
        assert codes == [CloseCode.UNAUTHENTICATED] * 2
        await bystander.request(wire.Heartbeat(), wire.HeartbeatResult)
    for client in goim:
        await client.close()
    await refused(shop, token, Unauthenticated, CloseCode.UNAUTHENTICATED)
    await shop.server.kill()
    await shop.server.start()
    await refused(shop, token, Unauthenticated, CloseCode.UNAUTHENTICATED)
    async with connect(shop.url, None) as connection:
        with pytest.raises(Unauthenticated):
            await connection.hello(wire.Hello("", resume=resume.ticket))
    await asyncio.sleep(max(0.0, 1.0 - time.time() % 1))
    async with connect(shop.url, mint("1001", jti="t3", device="phone")) as newer:
        assert newer.welcome is not None


@pytest.fixture
async def wide_shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with running_shop(tmp_path, "gateway.max_connections_per_user=500") as running:
        yield running


async def test_three_hundred_who_come_back_after_a_crash_ask_the_database_nothing(wide_shop: Shop):
    shop = wide_shop
    ann = await sign_up(shop.server.url, "ann")
    memories = [Resume() for _ in range(30)]
    for number, memory in enumerate(memories):
        token = ann.token if number % 2 else mint(str(1_000 + number))
        async with connect(shop.url, token, resume=memory):
            assert memory.ticket
    # Whose device is new is written twice a second; known devices cost nothing.
    async with asyncio.timeout(20):
        while await shop.gauge("mail_unwritten"):
            await asyncio.sleep(0.05)
    await shop.server.kill()
    await shop.server.start()
    before = await shop.gauge("storage_reads"), await shop.gauge("storage_units")

    async def come_back(memory: Resume) -> bool:
        async with connect(shop.url, "", resume=memory) as connection:
            assert connection.welcome is not None
            return connection.welcome.resumed

    assert all(await asyncio.gather(*(come_back(memory) for memory in memories * 10)))
    assert (await shop.gauge("storage_reads"), await shop.gauge("storage_units")) == before
    await ann.rest.aclose()


async def test_signing_out_ends_tickets_and_connections_of_an_account(shop: Shop):
    ann = await sign_up(shop.server.url, "ann")
    resume = Resume()
    async with connect(shop.url, ann.token, resume=resume) as connection:
        assert (await ann.rest.delete("/api/v1/sessions/current")).status_code == 204
        assert await closed(connection) == CloseCode.SIGNED_OUT
    async with connect(shop.url, None) as connection:
        with pytest.raises(Unauthenticated):
            await connection.hello(wire.Hello("", resume=resume.ticket))
    await ann.rest.aclose()


async def test_a_customers_user_who_signs_out_is_told_so_and_the_token_is_spent(shop: Shop):
    token = mint("1001", jti="t1")
    async with connect(shop.url, token) as connection:
        await connection.request(wire.SessionEnd(), wire.Empty)
        assert await closed(connection) == CloseCode.SIGNED_OUT
    await refused(shop, token, Unauthenticated, CloseCode.UNAUTHENTICATED)


async def test_a_customers_token_that_names_an_account_is_spent_by_signing_out(tmp_path: Path):
    async with running_shop(tmp_path, "auth.map_accounts=true") as shop:
        ann = await sign_up(shop.server.url, "ann")
        token = mint(ann.id, jti="t1")
        async with connect(shop.url, token) as connection, shop.rest(token) as rest:
            assert (await rest.delete("/sessions/current")).status_code == 204
            assert await closed(connection) == CloseCode.SIGNED_OUT
        await refused(shop, token, Unauthenticated, CloseCode.UNAUTHENTICATED)
        await shop.server.kill()
        await shop.server.start()
        await refused(shop, token, Unauthenticated, CloseCode.UNAUTHENTICATED)
        # Ann's own sign-in is another one.
        assert (await ann.rest.get("/api/v1/me")).status_code == 200
        await ann.rest.aclose()


async def test_a_customers_user_may_listen_and_has_no_conversations(shop: Shop):
    token = mint("1001", rooms=["shop/*"], name="Ann of the shop")
    async with connect(shop.url, token, rooms=["shop/1"]) as connection:
        assert connection.welcome is not None
        assert connection.welcome.user.display_name == "Ann of the shop"
        with pytest.raises(AccountNeeded):
            await connection.request(wire.ConversationList(), wire.ConversationListResult)
        with pytest.raises(Forbidden):
            await connection.request(wire.RoomJoin("news"), wire.RoomResult)
    async with shop.rest(token) as rest:
        assert (await rest.get("/conversations")).json()["error"]["code"] == "account_needed"
        own = await rest.get("/rooms/shop%2F1/online")
        assert own.json() == {"room": "shop/1", "online": 0}
        assert (await rest.get("/rooms/news/online")).json()["error"]["code"] == "forbidden"
    for client in await shop.goim():
        await client.log_in(token=token, room_id="shop/1", accepts=[1])
        await client.ask(12, b"news")
        room = await shop.post("/push", {"to": {"room": "news"}, "body": "not for you"})
        assert room.status_code == 202
        await client.assert_silent()
        await client.close()
    await refused_by_goim(shop, token=token, room_id="news")


async def test_open_is_for_this_machine(tmp_path: Path):
    async with running_shop(tmp_path, "auth.open=true") as shop:
        # The callback takes every form of token, so it is asked first; here it knows nobody.
        await refused(shop, "1001/phone", Unauthenticated, CloseCode.UNAUTHENTICATED)
    (tmp_path / "alone").mkdir()
    async with (
        running_parlor(tmp_path / "alone", ["--set", "auth.open=true"]) as server,
        connect(f"ws://127.0.0.1:{server.port}/ws", "1001/phone") as connection,
    ):
        welcome = connection.welcome
        assert welcome is not None
        assert (welcome.user.id, welcome.device) == ("1001", "phone")
        assert (welcome.resume, welcome.token_expires_at) == ("", 0)
        with pytest.raises(AccountNeeded):
            await connection.request(wire.MeGet(), wire.UserResult)


async def test_guessing_tokens_is_slowed_down(tmp_path: Path):
    guessing = ("limits.loopback=true", "auth.free_bad_tokens=3", "auth.first_wait_s=30")
    async with running_shop(tmp_path, *guessing) as shop:
        for _ in range(3):
            async with connect(shop.url, None) as connection:
                with pytest.raises(Unauthenticated):
                    await connection.hello(wire.Hello("guess"))
        await refused(shop, mint("1001"), TooManyAttempts, CloseCode.RATE_LIMITED)
        await refused_by_goim(shop, token=mint("1001"))
        async with shop.rest(mint("1001")) as rest:
            answer = await rest.get("/rooms/news/online")
            assert (answer.status_code, answer.json()["error"]["code"]) == (
                429,
                "too_many_attempts",
            )


@pytest.mark.parametrize("policy", ["reject", "kick_oldest"])
async def test_a_user_has_three_connections_whatever_a_hundred_at_once_ask_for(
    tmp_path: Path, policy: str
):
    """P16, over native connections."""
    limit = ("gateway.max_connections_per_user=3", f"gateway.user_limit={policy}")
    async with running_shop(tmp_path, *limit) as shop, contextlib.AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(connect(shop.url, None)) for _ in range(100)]
        token = mint("1001")
        greeted = await asyncio.gather(
            *(connection.hello(wire.Hello(token)) for connection in opened), return_exceptions=True
        )
        assert await shop.gauge("connections_greeted") == 3
        refusals = [one for one in greeted if isinstance(one, Exception)]
        async with asyncio.timeout(PATIENCE_S):
            while sum(connection.closed is None for connection in opened) > 3:
                await asyncio.sleep(0.01)
        codes = {one.closed.code for one in opened if one.closed is not None}
        assert codes == {CloseCode.TOO_MANY_CONNECTIONS}
        if policy == "reject":
            assert [type(one) for one in refusals] == [Forbidden] * 97
        pushed = await shop.post("/push", {"to": {"users": ["1001"]}, "body": "x"})
        assert pushed.json()["to"] == 3


@pytest.mark.parametrize("guide", ["push.md", "push.zh.md"])
async def test_a_token_made_as_the_guide_says_is_taken(
    tmp_path: Path, guide: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    text = (Path(__file__).parents[2] / "docs" / guide).read_text()
    (example,) = re.findall(r"```python\n(import os, time, uuid\n.*?)```", text, re.DOTALL)
    monkeypatch.setenv("JWT_SECRET", SECRET)
    exec(compile(example, guide, "exec"), {})
    token = capsys.readouterr().out.strip()
    async with (
        running_parlor(
            tmp_path,
            [
                *("--set", f"auth.jwt.secret={SECRET}"),
                *("--set", "auth.jwt.audience=push.example.org"),
            ],
        ) as server,
        connect(f"ws://127.0.0.1:{server.port}/ws", token, rooms=["shop/1"]) as connection,
    ):
        assert connection.welcome is not None
        assert (connection.welcome.user.id, connection.welcome.device) == ("ann", "phone")


async def test_one_address_has_as_many_connections_as_it_may(tmp_path: Path):
    limit = ("limits.loopback=true", "gateway.max_connections_per_address=3")
    async with running_shop(tmp_path, *limit) as shop, contextlib.AsyncExitStack() as stack:
        token = mint("1001")
        kept = [await stack.enter_async_context(connect(shop.url, token)) for _ in range(3)]
        async with connect(shop.url, None) as fourth:
            assert await closed(fourth) == CloseCode.ADDRESS_FULL
        async with await GoimTcp.connect(shop.goim_tcp) as fifth:
            assert await fifth.read_to_end() == b""
        for connection in kept:
            await connection.request(wire.Heartbeat(), wire.HeartbeatResult)
