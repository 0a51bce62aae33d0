"""TLS on every listener of a real server: P03, P04, P42, and what goes wrong before a word."""

import asyncio
import contextlib
import os
import signal
import ssl
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from parlor.client import connect
from parlor.wire.native.codec import MSGPACK_SUBPROTOCOL
from parlor.wire.native.methods import CallIce, CallIceResult
from parlor.wire.native.pushes import DeliveryPush
from tests.network.test_goim_wire import HEARTBEAT, HEARTBEAT_REPLY_1, LOGIN, LOGIN_REPLY, PUSH_HI
from tests.network.test_serve_process import run
from tests.support.certificates import outdated, subject_of, trust_file, write_pair
from tests.support.goim_client import UPGRADE, GoimTcp, GoimWebSocket
from tests.support.people import sign_up
from tests.support.rest_server import make_key
from tests.support.server import running_parlor
from tests.support.tls_server import TlsServer, tls_server

PATIENCE_S = 30.0
LIMIT_S = 60.0
PORTS = ("web", "tcp", "ws", "wss", "http")


def shown(writer: asyncio.StreamWriter) -> str:
    """The subject of the certificate that this connection was shown."""
    return subject_of(writer.get_extra_info("ssl_object"))


async def subject(server: TlsServer, port: str, name: str) -> str:
    _, writer = await server.open(port, name=name)
    found = shown(writer)
    writer.close()
    return found


async def is_cut_off(reader: asyncio.StreamReader) -> bytes:
    """What comes until the server closes; TimeoutError when it does not."""
    received = b""
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(65_536):
                received += part
    return received


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TlsServer]:
    """For tests that change nothing."""
    async with tls_server(tmp_path_factory.mktemp("tls")) as running:
        yield running


async def test_two_server_names_get_two_certificates_on_every_port(server: TlsServer):
    """P03."""
    async with asyncio.timeout(LIMIT_S):
        assert server.server.ready_line == f"ready https://localhost:{server.server.port}"
        for port in PORTS:
            assert await subject(server, port, "one.example") == "one.example"
            assert await subject(server, port, "chat.two.example") == "*.two.example"
            assert await subject(server, port, "localhost") == "one.example"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_tls_older_than_1_2_is_refused_on_every_port(server: TlsServer, version):
    """P03."""
    async with asyncio.timeout(LIMIT_S):
        for port in PORTS:
            with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
                await server.open(port, context=outdated(version))
        _, writer = await server.open(context=outdated(ssl.TLSVersion.TLSv1_2))
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.2"
        writer.close()


async def test_goims_own_bytes_go_through_tls_and_beside_it(server: TlsServer):
    """P04: P01 byte by byte, on the same port as clients without TLS."""
    async with (
        asyncio.timeout(LIMIT_S),
        httpx.AsyncClient(verify=server.trust) as program,
    ):
        for streams in (await server.open("tcp"), await server.open_plain("tcp")):
            client = GoimTcp(*streams)
            client.send_bytes(LOGIN)
            assert await client.read_exactly(16) == LOGIN_REPLY
            client.send_bytes(HEARTBEAT)
            assert await client.read_exactly(20) == HEARTBEAT_REPLY_1
            for scheme in ("https", "http"):
                answer = await program.post(
                    f"{scheme}://localhost:{server.ports['http']}/goim/push/room"
                    "?operation=1000&type=live&room=1000",
                    content=b"hi",
                )
                assert answer.json()["code"] == 0
                assert await client.read_exactly(len(PUSH_HI)) == PUSH_HI
            await client.close()


@pytest.mark.parametrize(("port", "secure"), [("wss", True), ("ws", True), ("ws", False)])
async def test_goims_websocket_speaks_wss(server: TlsServer, port, secure):
    """P03."""
    async with asyncio.timeout(LIMIT_S):
        client = GoimWebSocket(*await (server.open(port) if secure else server.open_plain(port)))
        client.send_bytes(UPGRADE.format(path="/sub", more="").encode())
        assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        client.send(LOGIN)
        assert await client.read_message() == (2, LOGIN_REPLY)
        await client.close()


async def test_https_wss_and_native_tcp_share_one_port(server: TlsServer, tmp_path):
    async with asyncio.timeout(LIMIT_S), server.person("ann") as ann:
        assert ann.websocket_url.startswith("wss://")
        assert ann.tcp_url.startswith("tcps://")
        key = await make_key(server.server, "test", "push")
        trust = trust_file(tmp_path)
        async with (
            connect(ann.websocket_url, ann.token, tls=server.trust, rooms=["news"]) as json,
            connect(
                ann.websocket_url,
                ann.token,
                tls=trust,
                rooms=["news"],
                subprotocol=MSGPACK_SUBPROTOCOL,
            ) as binary,
            connect(ann.tcp_url, ann.token, tls=str(trust), rooms=["news"]) as tcp,
        ):
            pushed = await ann.rest.post(
                "/api/v1/push",
                json={"to": {"room": "news"}, "body": "x" * 60_000},
                headers={"Authorization": f"Bearer {key}"},
            )
            assert pushed.status_code == 202, pushed.text
            for connection in (json, binary, tcp):
                async with asyncio.timeout(PATIENCE_S):
                    push = await connection.next_push(DeliveryPush)
                assert isinstance(push.data, DeliveryPush)
                assert len(push.data.body) == 60_000
                await connection.request(CallIce(), CallIceResult)


async def test_a_client_that_does_not_trust_the_certificate_does_not_connect(server: TlsServer):
    async with asyncio.timeout(LIMIT_S):
        for url in (
            f"wss://localhost:{server.server.port}/ws",
            f"tcps://localhost:{server.ports['web']}",
        ):
            with pytest.raises(ssl.SSLCertVerificationError):
                async with connect(url, None):
                    raise AssertionError


async def test_a_page_asked_for_without_tls_is_sent_on_and_nothing_else_is_served(
    server: TlsServer,
):
    async with asyncio.timeout(LIMIT_S):
        port = server.server.port
        async with httpx.AsyncClient(base_url=f"http://localhost:{port}") as plain:
            moved = await plain.get("/c/1?x=y")
            assert moved.status_code == 307
            assert moved.headers["location"] == f"https://localhost:{port}/c/1?x=y"
            assert (await plain.post("/api/v1/sessions", json={})).status_code == 400
        reader, writer = await server.open_plain()
        writer.write(b"\x00\x00\x00\x10" + bytes(16))
        assert b"400" in await is_cut_off(reader)
        writer.close()


async def test_both_lets_plain_clients_in_beside_tls(tmp_path):
    async with (
        tls_server(tmp_path, settings=["tls.web=both"]) as server,
        httpx.AsyncClient(verify=server.trust) as anybody,
    ):
        for scheme in ("http", "https"):
            url = f"{scheme}://localhost:{server.server.port}/healthz"
            assert (await anybody.get(url)).status_code == 200


async def test_every_listener_takes_tls_on_an_ipv6_address(tmp_path):
    """P42."""
    async with tls_server(tmp_path, host="::1") as server, server.person("ann") as ann:
        for url in (ann.websocket_url, ann.tcp_url):
            assert "[::1]" in url
            async with connect(url, ann.token, tls=server.trust) as connection:
                await connection.request(CallIce(), CallIceResult)
        client = GoimTcp(*await server.open("tcp"))
        client.send_bytes(LOGIN)
        assert await client.read_exactly(16) == LOGIN_REPLY
        await client.close()
        for port in PORTS:
            assert await subject(server, port, "a.two.example") == "*.two.example"


async def test_a_reload_gives_new_connections_the_new_certificate_and_drops_nobody(tmp_path):
    async with tls_server(tmp_path) as server, server.person("ann") as ann:
        _, old = await server.open("tcp")
        async with (
            connect(ann.websocket_url, ann.token, tls=server.trust) as over_websocket,
            connect(ann.tcp_url, ann.token, tls=server.trust) as over_tcp,
        ):
            write_pair(tmp_path, "new.example", "localhost", stem="one")
            server.hang_up()
            await server.wait_log("tls_certificates_loaded")
            for port in PORTS:
                assert await subject(server, port, "localhost") == "new.example"
            assert shown(old) == "one.example"
            for connection in (over_websocket, over_tcp):
                await connection.request(CallIce(), CallIceResult)
        old.close()


async def test_a_half_written_file_keeps_the_old_certificate_and_says_so_in_one_line(tmp_path):
    async with tls_server(tmp_path, settings=["tls.check_files_s=0.2"]) as server:
        key = tmp_path / "one.key"
        whole = key.read_bytes()
        key.write_bytes(whole[:60])
        server.hang_up()
        await server.wait_log("tls_certificates_kept")
        assert str(key) in server.server.log()
        await asyncio.sleep(1)
        assert server.server.log().count("tls_certificates_kept") == 1
        assert await subject(server, "web", "localhost") == "one.example"
        # Noticed without a signal, both files together or one after the other.
        write_pair(tmp_path, "new.example", "localhost", stem="one")
        await server.wait_log('"names": ["new.example", "*.two.example"]')
        assert await subject(server, "web", "localhost") == "new.example"


async def test_a_start_without_the_right_files_is_one_line_and_status_1(tmp_path):
    one = write_pair(tmp_path, "one.example")
    other = write_pair(tmp_path, "other.example")
    for certificate, key, words in (
        ("/nonexistent.pem", one.key, "/nonexistent.pem: No such file"),
        (one.certificate, other.key, f"{other.key}: not the key of the certificate"),
        (one.key, one.key, f"{one.key}: no certificate in PEM"),
    ):
        for command in (
            ["serve", "--port", "0", "--data", str(tmp_path / "d")],
            ["config", "check"],
        ):
            status, out, err = await run(*command, "--set", f"tls.certificates={certificate}:{key}")
            assert (status, out) == (1, "")
            assert words in err
            assert len(err.splitlines()) == 1


async def test_a_slow_handshake_is_cut_off_and_so_is_silence(tmp_path):
    async with tls_server(tmp_path, settings=["tls.handshake_timeout_s=1"]) as server:
        await asyncio.gather(*(_crawl(server, port) for port in PORTS))


async def _crawl(server: TlsServer, port: str) -> None:
    reader, writer = await server.open_plain(port)
    silent, idle = await server.open_plain(port)
    with contextlib.suppress(ConnectionError):
        for byte in _client_hello():
            if reader.at_eof():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(0.05)
    assert reader.at_eof(), "the server waited for a hello that took longer than allowed"
    assert await is_cut_off(silent) == b""
    writer.close()
    idle.close()


async def test_garbage_on_a_tls_port_is_closed_counted_and_hurts_nobody(tmp_path):
    async with (
        tls_server(tmp_path) as server,
        server.person("ann") as ann,
        connect(ann.websocket_url, ann.token, tls=server.trust) as connection,
    ):
        for garbage in (
            b"\x16" * 600,
            b"\x16\x03\x01\x00\x05hello",
            b"\x16\x03\x01\x40\x00" + os.urandom(0x4000),
            os.urandom(1000).replace(b"\x16", b"\xff"),
            b"SSH-2.0-OpenSSH_9.2\r\n",
        ):
            for port in PORTS:
                reader, writer = await server.open_plain(port)
                writer.write(garbage)
                with contextlib.suppress(ConnectionError):
                    await writer.drain()
                    writer.write_eof()
                received = await is_cut_off(reader)
                assert b"200 OK" not in received
                writer.close()
        # Not a handshake, in the middle of a connection that had a good one.
        await _break_in_the_middle(server)
        await connection.request(CallIce(), CallIceResult)
        metrics = (await ann.rest.get("/metrics")).text
        assert 'parlor_tls_handshakes_failed_total{reason="broken"}' in metrics
        assert 'parlor_tls_certificate_expires_seconds{name="*.two.example"}' in metrics
        assert "parlor_tls_broken_records_total 1.0" in metrics
        assert "parlor_tls_handshakes 0.0" in metrics


def _client_hello() -> bytes:
    outgoing = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="a")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


async def _break_in_the_middle(server: TlsServer) -> None:
    """Shake hands well, then write what no key has made; returns when the server has closed."""
    reader, writer = await server.open_plain()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = server.trust.wrap_bio(incoming, outgoing, server_hostname="localhost")
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            writer.write(outgoing.read())
            incoming.write(await reader.read(65_536))
    writer.write(outgoing.read())
    writer.write(b"\x17\x03\x03\x00\x20" + os.urandom(32))
    await is_cut_off(reader)
    writer.close()


async def test_one_command_makes_a_certificate_that_a_server_uses_and_programs_can_trust(tmp_path):
    """O05."""
    data = tmp_path / "data"
    made = await run("certificate", "self-signed", "--data", str(data), "--name", "chat.lan")
    assert made[0] == 0, made
    trust = data / "tls" / "trust.pem"
    for words in ("chat.lan, localhost", "--tls self-signed", str(trust)):
        assert words in made[1]
    async with running_parlor(tmp_path, ["--tls", "self-signed"]) as server:
        assert server.ready_line == f"ready https://localhost:{server.port}"
        context = ssl.create_default_context(cafile=str(trust))
        ann = await sign_up(server.url, "ann", context)
        async with connect(ann.websocket_url, ann.token, tls=trust) as connection:
            await connection.request(CallIce(), CallIceResult)
        for name in ("chat.lan", "127.0.0.1", "::1"):
            _, writer = await asyncio.open_connection(
                "127.0.0.1", server.port, ssl=context, server_hostname=name
            )
            writer.close()
        await ann.rest.aclose()
        # Made anew beside the server, for one more name: taken without a restart.
        before = (data / "tls" / "certificate.pem").read_bytes()
        await run("certificate", "self-signed", "--data", str(data), "--name", "more.lan")
        assert (data / "tls" / "certificate.pem").read_bytes() != before
        os.kill(server.pid, signal.SIGHUP)
        context = ssl.create_default_context(cafile=str(trust))
        async with asyncio.timeout(PATIENCE_S):
            while "tls_certificates_loaded" not in server.log():
                await asyncio.sleep(0.02)
        _, writer = await asyncio.open_connection(
            "127.0.0.1", server.port, ssl=context, server_hostname="more.lan"
        )
        writer.close()
