"""The example files of deploy/nginx in a real nginx: O04, and the proxied half of M36 and M37."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from parlor.client import connect
from parlor.wire.native.methods import CallIce, CallIceResult
from parlor.wire.native.pushes import DeliveryPush
from tests.network.test_goim_wire import HEARTBEAT, HEARTBEAT_REPLY_1, LOGIN, LOGIN_REPLY
from tests.support.certificates import subject_of, trusting
from tests.support.goim_client import UPGRADE, GoimTcp, GoimWebSocket
from tests.support.nginx import HOST, Behind, parlor_behind_nginx
from tests.support.people import Person, sign_up
from tests.support.raw_websocket import RawWebSocket, upgrade_request
from tests.support.rest_server import make_key

PATIENCE_S = 30.0
CLIENTS = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
FORGED = [
    "X-Forwarded-For: 203.0.113.99",
    "Forwarded: for=203.0.113.98",
    "X-Real-IP: 203.0.113.97",
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def behind(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Behind]:
    async with parlor_behind_nginx(tmp_path_factory.mktemp("behind")) as running:
        yield running


@contextlib.asynccontextmanager
async def person(behind: Behind, name: str) -> AsyncIterator[Person]:
    """Signed up through nginx."""
    someone = await sign_up(f"https://localhost:{behind.ports.https}", name, trusting())
    yield someone
    await someone.rest.aclose()


async def stream(
    port: int, source: str = "127.0.0.1"
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A TLS connection to nginx in the example's name, from an address of the test's choice."""
    return await asyncio.open_connection(
        "127.0.0.1", port, ssl=trusting(), server_hostname=HOST, local_addr=(source, 0)
    )


async def test_the_page_its_files_and_the_way_from_http_to_https(behind: Behind):
    async with httpx.AsyncClient(verify=trusting()) as browser:
        page = await browser.get(f"https://localhost:{behind.ports.https}/")
        assert page.status_code == 200
        assert "<title>" in page.text
        assert "connect-src 'self'" in page.headers["content-security-policy"]
        moved = await browser.get(
            f"http://127.0.0.1:{behind.ports.redirect}/c/1?x=y", headers={"Host": HOST}
        )
        assert (moved.status_code, moved.headers["location"]) == (308, f"https://{HOST}/c/1?x=y")
    _, writer = await stream(behind.ports.https)
    assert subject_of(writer.get_extra_info("ssl_object")) == HOST
    writer.close()


async def test_hello_messages_and_pushes_pass_through(behind: Behind):
    key = await make_key(behind.server, "test", "push")
    async with person(behind, "ann") as ann, person(behind, "bob") as bob:
        conversation = await ann.talk_to(bob)
        native = f"tcps://localhost:{behind.ports.native_tcp}"
        async with (
            connect(bob.websocket_url, bob.token, tls=trusting(), rooms=["news"]) as socket,
            connect(native, bob.token, tls=trusting(), rooms=["news"]) as tcp,
        ):
            message = {"client_id": "1", "text": "through nginx 你好"}
            await ann.post(f"/conversations/{conversation}/messages", message)
            async with asyncio.timeout(PATIENCE_S):
                while (push := await socket.next_push()).name != "event":
                    pass
            assert "through nginx 你好" in repr(push.data)
            pushed = await ann.rest.post(
                "/api/v1/push",
                json={"to": {"room": "news"}, "body": "x" * 60_000},
                headers={"Authorization": f"Bearer {key}"},
            )
            assert pushed.status_code == 202, pushed.text
            for connection in (socket, tcp):
                async with asyncio.timeout(PATIENCE_S):
                    delivered = (await connection.next_push(DeliveryPush)).data
                assert isinstance(delivered, DeliveryPush)
                assert len(delivered.body) == 60_000
                await connection.request(CallIce(), CallIceResult)


async def test_a_page_of_the_examples_host_may_open_a_websocket_and_another_may_not(
    behind: Behind,
):
    for origin, status in ((behind.url, 101), ("https://evil.example", 403)):
        client = RawWebSocket(*await stream(behind.ports.https))
        host = f"{HOST}:{behind.ports.https}"
        client.raw(upgrade_request(host=host, origin=origin))
        assert f" {status} " in await client.head()
        await client.close()


async def test_goims_clients_and_programs_pass_through(behind: Behind):
    tcp = GoimTcp(*await stream(behind.ports.goim_tcp))
    tcp.send_bytes(LOGIN + HEARTBEAT)
    assert await tcp.read_exactly(36) == LOGIN_REPLY + HEARTBEAT_REPLY_1
    socket = GoimWebSocket(*await stream(behind.ports.goim_wss))
    socket.send_bytes(UPGRADE.format(path="/sub", more="").encode())
    assert (await socket.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    socket.send(LOGIN)
    assert await socket.read_message() == (2, LOGIN_REPLY)
    async with httpx.AsyncClient(verify=trusting()) as program:
        answer = await program.post(
            f"https://localhost:{behind.ports.goim_wss}/goim/push/room"
            "?operation=1000&type=live&room=1000",
            content=b"hi",
        )
        assert answer.json()["code"] == 0
    assert (await tcp.read()).body == b"hi"
    assert (await socket.read_batch())[0].body == b"hi"
    await tcp.close()
    await socket.close()


async def test_the_limits_on_bodies_are_parlors_own_up_to_nginxs(behind: Behind):
    async with person(behind, "cem") as ann:
        over = await ann.rest.post("/api/v1/conversations", content=b"x" * 262_145)
        assert over.status_code == 413
        assert over.json()["error"]["code"] == "too_large"
        with contextlib.suppress(httpx.WriteError):
            far_over = await ann.rest.post("/api/v1/conversations", content=b"x" * 16_777_217)
            assert far_over.status_code == 413
            assert "nginx" in far_over.text
        assert "too large body" in behind.log()


async def _greeted(behind: Behind, someone: Person, source: str) -> RawWebSocket:
    client = RawWebSocket(*await stream(behind.ports.https, source))
    client.raw(upgrade_request(host=f"{HOST}:{behind.ports.https}", extra=FORGED))
    assert " 101 " in await client.head()
    client.text(json.dumps({"id": 1, "method": "hello", "params": {"token": someone.token}}))
    assert '"result"' in str(await client.event())
    return client


async def _counts(behind: Behind) -> tuple[int, int]:
    """(connections, different addresses) of all who have said who they are."""
    async with httpx.AsyncClient(verify=trusting()) as program:
        answer = await program.get(f"https://localhost:{behind.ports.goim_wss}/goim/online/total")
    data = answer.json()["data"]
    return data["conn_count"], data["ip_count"]


async def test_parlor_sees_the_clients_own_addresses_and_no_forged_ones(behind: Behind):
    async with person(behind, "dan") as ann:
        clients: list[RawWebSocket | GoimTcp | GoimWebSocket] = []
        for source in CLIENTS:
            clients.append(await _greeted(behind, ann, source))
            tcp = GoimTcp(*await stream(behind.ports.goim_tcp, source))
            await tcp.log_in(mid=1, room_id="live://1", platform="web", accepts=[1])
            clients.append(tcp)
            socket = GoimWebSocket(*await stream(behind.ports.goim_wss, source))
            more = "".join(f"{line}\r\n" for line in FORGED)
            socket.send_bytes(UPGRADE.format(path="/sub", more=more).encode())
            await socket.reader.readuntil(b"\r\n\r\n")
            await socket.log_in(mid=1, room_id="live://1", platform="web", accepts=[1])
            clients.append(socket)
        # Those of the tests before are on their way out.
        async with asyncio.timeout(PATIENCE_S):
            while await _counts(behind) != (9, 3):
                await asyncio.sleep(0.02)
        for client in clients:
            await client.close()
