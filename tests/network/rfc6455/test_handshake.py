"""RFC 6455 §4, §9.1, §11.3: the opening handshake, as the server sees it."""

import base64
import hashlib
import os

import pytest

from tests.support.wire_peer import (
    CLOSE,
    FIN,
    PING,
    PONG,
    SAMPLE_ACCEPT,
    TEXT,
    Peer,
    Received,
    frame,
    question,
    request_head,
)

ACCEPTED = {
    "the handshake of §1.3": request_head(),
    "Upgrade in another case": request_head(Upgrade="WebSocket"),
    "Upgrade in capitals": request_head(Upgrade="WEBSOCKET"),
    "Upgrade is a list": request_head(Upgrade="h2c, websocket"),
    "Upgrade in two lines": request_head(
        without=["Upgrade"], extra=["Upgrade: websocket", "Upgrade: h2c"]
    ),
    "Connection in another case": request_head(Connection="upgrade"),
    "Connection as Firefox sends it": request_head(Connection="keep-alive, Upgrade"),
    "Connection the other way round": request_head(Connection="Upgrade, keep-alive"),
    "Connection without spaces": request_head(Connection="keep-alive,upgrade"),
    "Connection in two lines": request_head(extra=["Connection: keep-alive"]),
    "names in another case": request_head(
        without=["Host", "Sec-WebSocket-Key", "Sec-WebSocket-Version"],
        extra=[
            "hOST: parlor.example",
            "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==",
            "sec-websocket-version: 13",
        ],
    ),
    "white space around values": request_head(
        Upgrade="  websocket \t",
        Sec_WebSocket_Version=" 13 ",
        Sec_WebSocket_Key=" dGhlIHNhbXBsZSBub25jZQ==\t",
    ),
    "Host with a port": request_head(Host="parlor.example:8080"),
    "headers nobody knows": request_head(extra=["X-Unknown: yes", "Cookie: a=b; c=d"]),
    "an absolute target": request_head(target="http://parlor.example/ws"),
    "an absolute target with a query": request_head(target="http://parlor.example:81/ws?a=b"),
    "a query": request_head(target="/ws?token=%20x"),
    "an Origin that is the Host's own": request_head(Origin="https://parlor.example"),
    "an extension nobody knows": request_head(extra=["Sec-WebSocket-Extensions: mux; a=1, b"]),
    "extensions in two lines": request_head(
        extra=['Sec-WebSocket-Extensions: a; b="c"', "Sec-WebSocket-Extensions: d"]
    ),
    "compression, which is off": request_head(
        extra=["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
async def test_4_2_2_a_correct_handshake_is_accepted_with_exactly_these_headers(
    parlor, one_by_one, name
):
    async with Peer.connect(parlor.port, one_by_one=one_by_one) as peer:
        await peer.send(ACCEPTED[name])
        answer = await peer.answer()
        assert answer.status == 101
        assert [value.lower() for value in answer.all("Upgrade")] == ["websocket"]
        assert [value.lower() for value in answer.all("Connection")] == ["upgrade"]
        assert answer.all("Sec-WebSocket-Accept") == [SAMPLE_ACCEPT]
        assert answer.all("Sec-WebSocket-Protocol") == ["parlor.v1.json"]
        assert answer.all("Sec-WebSocket-Extensions") == []
        await peer.is_alive()


async def test_4_2_2_the_accept_value_belongs_to_this_handshake(parlor):
    for _ in range(20):
        key = base64.b64encode(os.urandom(16)).decode()
        async with Peer.connect(parlor.port) as peer:
            await peer.send(request_head(Sec_WebSocket_Key=key))
            sha1 = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode())
            accept = (await peer.answer()).all("Sec-WebSocket-Accept")
            assert accept == [base64.b64encode(sha1.digest()).decode()]


REFUSED = {
    # name: (request, statuses that say what is wrong)
    "POST": (request_head(method="POST"), {405}),
    "PUT": (request_head(method="PUT"), {405}),
    "HEAD": (request_head(method="HEAD"), {405}),
    "HTTP/1.0": (request_head(version="HTTP/1.0"), {400}),
    "no Host": (request_head(without=["Host"]), {400}),
    "two Hosts": (request_head(extra=["Host: other.example"]), {400}),
    "no Upgrade": (request_head(without=["Upgrade"]), {400, 404, 426}),
    "Upgrade to something else": (request_head(Upgrade="h2c"), {400, 404, 426}),
    "Upgrade nearly right": (request_head(Upgrade="websockets"), {400, 404, 426}),
    "no Connection": (request_head(without=["Connection"]), {400, 404, 426}),
    "Connection without Upgrade": (request_head(Connection="keep-alive"), {400, 404, 426}),
    "no key": (request_head(without=["Sec-WebSocket-Key"]), {400}),
    "an empty key": (request_head(Sec_WebSocket_Key=""), {400}),
    "a key of 15 bytes": (
        request_head(Sec_WebSocket_Key=base64.b64encode(bytes(15)).decode()),
        {400},
    ),
    "a key of 17 bytes": (
        request_head(Sec_WebSocket_Key=base64.b64encode(bytes(17)).decode()),
        {400},
    ),
    "a key that is not base64": (request_head(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZ$=="), {400}),
    "a key without padding": (request_head(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ"), {400}),
    "a key of base64url": (request_head(Sec_WebSocket_Key="-_hlIHNhbXBsZSBub25jZQ=="), {400}),
    "two keys": (request_head(extra=["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]), {400}),
    "no version": (request_head(without=["Sec-WebSocket-Version"]), {400, 426}),
    "two versions": (request_head(extra=["Sec-WebSocket-Version: 13"]), {400}),
    "an Origin that may not": (request_head(Origin="https://evil.example"), {403}),
    "no such resource": (request_head(target="/elsewhere"), {404}),
    "no such resource, absolute": (request_head(target="http://parlor.example/"), {404}),
    "no subprotocol spoken here": (request_head(Sec_WebSocket_Protocol="chat"), {400}),
    "a subprotocol that is no token": (request_head(Sec_WebSocket_Protocol="parlor v1"), {400}),
    "a subprotocol twice": (
        request_head(Sec_WebSocket_Protocol="parlor.v1.json, parlor.v1.json"),
        {400},
    ),
    "a subprotocol that is not UTF-8": (
        request_head(without=["Sec-WebSocket-Protocol"], extra=[b"Sec-WebSocket-Protocol: \xff"]),
        {400},
    ),
    "an extension without a name": (request_head(extra=["Sec-WebSocket-Extensions: ; a"]), {400}),
    "an extension with half a parameter": (
        request_head(extra=["Sec-WebSocket-Extensions: a; b="]),
        {400},
    ),
    "an extension that is not closed": (
        request_head(extra=['Sec-WebSocket-Extensions: a; b="c']),
        {400},
    ),
    "an empty list of extensions": (request_head(extra=["Sec-WebSocket-Extensions:"]), {400}),
    "an extension that is not ASCII": (
        request_head(extra=[b"Sec-WebSocket-Extensions: \xc3\xa9"]),
        {400},
    ),
    "a header line without a colon": (request_head(extra=["nonsense"]), {400}),
    "a space before the colon": (request_head(extra=["X-Y : z"]), {400}),
    "a NUL in a header": (request_head(extra=[b"X-Y: \0"]), {400}),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_4_2_1_a_handshake_that_breaks_a_rule_gets_an_http_error(parlor, one_by_one, name):
    request, statuses = REFUSED[name]
    async with Peer.connect(parlor.port, one_by_one=one_by_one) as peer:
        await peer.send(request)
        answer = await peer.answer()
        assert answer.status in statuses
        assert answer.all("Sec-WebSocket-Accept") == []


@pytest.mark.parametrize(
    "version", ["0", "7", "8", "12", "14", "25", "255", "013", "13, 8", "x", ""]
)
async def test_4_4_another_version_is_told_which_one_is_spoken(parlor, one_by_one, version):
    async with Peer.connect(parlor.port, one_by_one=one_by_one) as peer:
        await peer.send(request_head(Sec_WebSocket_Version=version))
        answer = await peer.answer()
        assert answer.status == 426
        assert answer.all("Sec-WebSocket-Version") == ["13"]


async def test_4_4_the_client_may_come_back_with_that_version(parlor, one_by_one):
    async with Peer.connect(parlor.port, one_by_one=one_by_one) as peer:
        await peer.send(request_head(Sec_WebSocket_Version="14"))
        (spoken,) = (await peer.answer()).all("Sec-WebSocket-Version")
    head = request_head(Sec_WebSocket_Version=spoken)
    async with Peer.connect(parlor.port, one_by_one=one_by_one, head=head) as peer:
        await peer.is_alive()


@pytest.mark.parametrize("name", ["two keys", "no such resource", "an Origin that may not"])
async def test_7_2_2_a_refused_handshake_ends_the_connection(parlor, one_by_one, name):
    async with Peer.connect(parlor.port, one_by_one=one_by_one) as peer:
        # The frame behind it must not be taken for one.
        await peer.send(REFUSED[name][0] + frame(TEXT, question(1)))
        answer = await peer.answer()
        assert answer.status >= 400
        (size,) = answer.all("Content-Length")
        assert len(await peer._exactly(int(size))) == int(size)
        await peer.ended()


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ("parlor.v1.json", "parlor.v1.json"),
        ("parlor.v1.msgpack, parlor.v1.json", "parlor.v1.msgpack"),
        ("chat, superchat, parlor.v1.json", "parlor.v1.json"),
        ("parlor.v1.json ,parlor.v1.msgpack", "parlor.v1.json"),
        (",, parlor.v1.json,", "parlor.v1.json"),
    ],
)
async def test_4_2_2_the_subprotocol_is_one_of_those_offered(parlor, one_by_one, offered, chosen):
    async with Peer.connect(parlor.port, one_by_one=one_by_one) as peer:
        await peer.send(request_head(Sec_WebSocket_Protocol=offered))
        assert (await peer.answer()).all("Sec-WebSocket-Protocol") == [chosen]


async def test_4_2_2_a_subprotocol_not_offered_is_never_sent_back(parlor):
    for offered in ("chat", "Parlor.v1.json", "parlor.v1"):
        async with Peer.connect(parlor.port) as peer:
            await peer.send(request_head(Sec_WebSocket_Protocol=offered))
            answer = await peer.answer()
            assert answer.status == 400
            assert answer.all("Sec-WebSocket-Protocol") == []


async def test_11_3_4_offers_in_several_lines_are_one_list(parlor, one_by_one):
    head = request_head(
        Sec_WebSocket_Protocol="chat", extra=["sec-websocket-protocol: parlor.v1.msgpack"]
    )
    async with Peer.connect(parlor.port, one_by_one=one_by_one) as peer:
        await peer.send(head)
        assert (await peer.answer()).all("Sec-WebSocket-Protocol") == ["parlor.v1.msgpack"]


async def test_4_2_2_frames_in_the_segment_of_the_handshake_are_read(parlor, one_by_one):
    """The client should wait for the answer; what came early was sent all the same."""
    async with Peer.connect(parlor.port, one_by_one=one_by_one) as peer:
        early = frame(TEXT, question(1)) + frame(PING, b"early") + frame(TEXT, question(2))
        await peer.send(request_head() + early)
        assert (await peer.answer()).status == 101
        replies = [await peer.next_frame() for _ in range(3)]
        assert Received(FIN | PONG, b"early") in replies
        assert [reply.first for reply in replies].count(FIN | TEXT) == 2


async def test_4_2_2_half_a_frame_in_that_segment_is_kept(parlor):
    whole = frame(TEXT, question(1))
    for at in range(1, len(whole)):
        async with Peer.connect(parlor.port) as peer:
            await peer.send(request_head() + whole[:at])
            assert (await peer.answer()).status == 101
            await peer.send(whole[at:])
            await peer.answered(1)


async def test_4_2_2_a_fault_in_that_segment_fails_the_connection(parlor, one_by_one):
    async with Peer.connect(parlor.port, one_by_one=one_by_one) as peer:
        await peer.send(request_head() + frame(CLOSE, fin=False))
        assert (await peer.answer()).status == 101
        await peer.failed(1002)


async def test_9_a_server_that_was_not_asked_agrees_to_no_extension(parlor):
    async with Peer.connect(parlor.port) as peer:
        await peer.send(request_head())
        assert (await peer.answer()).all("Sec-WebSocket-Extensions") == []
