"""Files through a real server: uploaded over links that break, read by those who may, and gone."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]
import pytest
import pytest_asyncio

from parlor.client import connect
from parlor.model.event import EventKind
from parlor.wire.native import methods as wire
from parlor.wire.native.pushes import EventPush
from tests.support.drawn import GPS, drawn
from tests.support.people import Person, sign_up
from tests.support.s3_server import make_bucket, s3_server
from tests.support.server import ParlorServer, running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 2**20
TIDY = ("--set", "files.tidy_every_s=0.2", "--set", "files.unused_kept_s=0.1")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ParlorServer]:
    async with running_parlor(tmp_path_factory.mktemp("files")) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(server: ParlorServer) -> AsyncIterator[tuple[Person, Person, Person]]:
    ann, bob, eve = [await sign_up(server.url, name) for name in ("ann", "bob", "eve")]
    yield ann, bob, eve
    for person in (ann, bob, eve):
        await person.rest.aclose()


async def upload(person: Person, data: bytes, name: str = "a.bin", **params: str) -> dict[str, Any]:
    reply = await person.rest.post("/api/v1/files", params={"name": name, **params}, content=data)
    assert reply.status_code == 201, reply.text
    file: dict[str, Any] = reply.json()["file"]
    return file


async def send(person: Person, talk: str, file: str, text: str = "") -> dict[str, Any]:
    body = {"client_id": file, "text": text, "file": file}
    return dict((await person.post(f"/conversations/{talk}/messages", body))["event"])


async def status(person: Person, file: str) -> int:
    return (await person.rest.get(f"/api/v1/files/{file}")).status_code


async def until_gone(folder: Path) -> None:
    async with asyncio.timeout(60):
        while any(one.is_file() for one in folder.rglob("*")):
            await asyncio.sleep(0.05)


async def test_a_file_is_for_the_members_of_the_conversation_until_it_is_recalled(people):
    ann, bob, _ = people
    talk = await ann.talk_to(bob)
    file = await upload(ann, b"hello", "报告.pdf")
    async with connect(bob.websocket_url, bob.token) as his:
        event = await send(ann, talk, file["id"])
        async with asyncio.timeout(20):
            push = await his.next_push(EventPush)
    assert isinstance(push.data, EventPush)
    told = push.data.event.file
    assert told is not None
    assert (told.id, told.name, told.size) == (file["id"], "报告.pdf", 5)
    assert event["file"]["name"] == "报告.pdf"
    assert [await status(who, file["id"]) for who in people] == [200, 200, 404]
    got = await bob.rest.get(f"/api/v1/files/{file['id']}", headers={"Range": "bytes=1-3"})
    assert (got.status_code, got.content) == (206, b"ell")
    listed = (await bob.get(f"/conversations/{talk}/events"))["events"]
    assert listed[-1]["file"] == event["file"]
    path = f"/conversations/{talk}/events/{event['seq']}/recall"
    await ann.post(path, {"client_id": "back"})
    assert [await status(who, file["id"]) for who in people] == [200, 404, 404]


async def test_a_file_is_sent_over_a_connection_and_only_by_whose_it_is(people):
    ann, bob, eve = people
    talk, other = await ann.talk_to(bob), await eve.talk_to(bob)
    file = await upload(ann, b"mine")
    async with connect(ann.websocket_url, ann.token) as hers:
        params = wire.MessageSend(talk, "native", "", file=file["id"])
        sent = await hers.request(params, wire.MessageSendResult)
        assert sent.event.kind is EventKind.MESSAGE
        assert sent.event.file is not None
    body = {"client_id": "steal", "text": "", "file": file["id"]}
    for wrong in (file["id"], "0" * 32, "../x", "\0"):
        reply = await eve.rest.post(
            f"/api/v1/conversations/{other}/messages", json={**body, "file": wrong}
        )
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not_found")


async def test_what_is_forwarded_can_be_read_where_it_went(people):
    ann, bob, eve = people
    talk, other = await ann.talk_to(bob), await bob.talk_to(eve)
    file = await upload(ann, b"pass it on")
    event = await send(ann, talk, file["id"])
    for merged in (False, True):
        body = {
            "seqs": [event["seq"]], "to": [other], "client_id": f"on {merged}", "merged": merged
        }  # fmt: skip
        await bob.post(f"/conversations/{talk}/forward", body)
    copy, bundle = (await eve.get(f"/conversations/{other}/events?limit=2"))["events"]
    assert copy["file"] == bundle["merged"][0]["file"] == event["file"]
    assert await status(eve, file["id"]) == 200


async def test_a_picture_keeps_no_place_and_its_message_its_shape(people):
    ann, bob, _ = people
    talk = await ann.talk_to(bob)
    file = await upload(ann, drawn("JPEG", (800, 600)), "IMG.jpg", kind="picture")
    event = await send(ann, talk, file["id"], "Look!")
    assert (event["file"]["width"], event["file"]["height"]) == (800, 600)
    assert event["file"]["preview"]
    whole = await bob.rest.get(f"/api/v1/files/{file['id']}")
    small = await bob.rest.get(f"/api/v1/files/{file['id']}/thumbnail")
    assert GPS not in whole.content + small.content
    assert small.headers["content-type"] == "image/webp"


async def test_an_upload_goes_on_after_the_server_was_killed(tmp_path):
    data = random.Random(7).randbytes(5 * MIB)
    async with running_parlor(tmp_path) as server:
        ann = await sign_up(server.url, "ann")
        digest = hashlib.sha256(data).hexdigest()
        begun = await ann.post("/uploads", {"name": "a", "size": len(data), "sha256": digest})
        place = f"/api/v1/uploads/{begun['upload']['id']}"

        async def cut_off() -> AsyncIterator[bytes]:
            yield data[MIB : 2 * MIB]
            await server.kill()
            yield data[2 * MIB :]

        first = await ann.rest.put(place, params={"offset": 0}, content=data[:MIB])
        assert first.json()["upload"]["offset"] == MIB
        with pytest.raises(httpx.TransportError):
            await ann.rest.put(place, params={"offset": MIB}, content=cut_off())
        await server.start()
        offset = (await ann.rest.get(place)).json()["upload"]["offset"]
        assert offset >= MIB
        last = await ann.rest.put(place, params={"offset": offset}, content=data[offset:])
        assert last.json()["file"]["sha256"] == digest
        got = await ann.rest.get(f"/api/v1/files/{begun['upload']['id']}")
        assert got.content == data
        # Nobody sends it: the file and what it was made of go by themselves.
        await server.stop()
        server.flags = TIDY
        await server.start()
        await until_gone(server.data / "files")
        await until_gone(server.data / "uploads")
        assert await status(ann, begun["upload"]["id"]) == 404
        await ann.rest.aclose()


async def test_a_large_file_costs_the_server_no_memory(server, people):
    ann, _, _ = people
    size, block = 48 * MIB, random.Random(1).randbytes(MIB)

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(size // MIB):
            yield block

    await upload(ann, block)
    before = psutil.Process(server.pid).memory_info().rss
    begun = await ann.post("/uploads", {"name": "large.bin", "size": size})
    place = f"/api/v1/uploads/{begun['upload']['id']}"
    reply = await ann.rest.put(place, params={"offset": 0}, content=blocks())
    file, received = reply.json()["file"], 0
    async with ann.rest.stream("GET", f"/api/v1/files/{file['id']}") as got:
        async for piece in got.aiter_raw():
            received += len(piece)
    assert received == size
    assert psutil.Process(server.pid).memory_info().rss - before < size // 2


async def test_files_are_in_a_bucket_when_one_is_named(tmp_path):
    async with s3_server() as url:
        bucket = await make_bucket(url)
        flags = [
            flag
            for name in ("bucket", "endpoint", "access_key_id", "secret_access_key")
            for flag in ("--set", f"blobs.{name}={getattr(bucket, name)}")
        ]
        async with running_parlor(tmp_path, flags) as server:
            ann = await sign_up(server.url, "ann")
            data = random.Random(3).randbytes(3 * MIB)
            file = await upload(ann, data)
            got = await ann.rest.get(
                f"/api/v1/files/{file['id']}", headers={"Range": f"bytes={MIB}-"}
            )
            assert got.content == data[MIB:]
            picture = await upload(ann, drawn(), "a.jpg", kind="picture")
            small = await ann.rest.get(f"/api/v1/files/{picture['id']}/thumbnail")
            assert small.status_code == 200
            await ann.rest.aclose()
            assert not (server.data / "files").exists()
            assert list((server.data / "uploads").iterdir()) == []
