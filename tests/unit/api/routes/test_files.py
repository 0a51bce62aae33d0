"""Files over HTTP: real services over a folder, without a database."""

import hashlib

import pytest

from parlor.model.ids import UserId
from tests.support.drawn import GPS, drawn, opened
from tests.support.filing import filing
from tests.support.rest_client import rest_client, sign_up
from tests.support.rest_services import Memory

API = "/api/v1"
HELLO = b"hello, world"
HASH = hashlib.sha256(HELLO).hexdigest()


@pytest.fixture
def filed(tmp_path):
    return filing(tmp_path, quota_bytes=10_000_000, max_file_bytes=1_000_000)


@pytest.fixture
async def client(filed):
    async with rest_client(Memory().services(files=filed.services)) as client:
        _, client.headers = await sign_up(client, "ann")
        yield client


@pytest.fixture
async def stranger(client):
    """Somebody else, as (id, headers)."""
    return await sign_up(client, "eve")


async def upload(client, data=HELLO, name="报告.txt", **params):
    reply = await client.post(f"{API}/files", params={"name": name, **params}, content=data)
    assert reply.status_code == 201, reply.text
    return reply.json()["file"]


def code(reply):
    return reply.status_code, reply.json()["error"]["code"]


async def test_a_file_is_uploaded_in_parts_and_comes_back_as_it_was(client):
    begun = await client.post(
        f"{API}/uploads", json={"name": "a.bin", "size": len(HELLO), "sha256": HASH}
    )
    assert begun.status_code == 201
    upload = begun.json()["upload"]
    assert (upload["offset"], begun.json()["file"]) == (0, None)
    place = f"{API}/uploads/{upload['id']}"
    first = await client.put(place, params={"offset": 0}, content=HELLO[:5])
    assert first.json()["upload"]["offset"] == 5
    assert (await client.get(place)).json() == first.json()
    assert code(await client.put(place, params={"offset": 7}, content=b"x")) == (
        409,
        "wrong_offset",
    )
    last = await client.put(place, params={"offset": 5}, content=HELLO[5:])
    file = last.json()["file"]
    assert (file["id"], file["sha256"], file["size"]) == (upload["id"], HASH, len(HELLO))
    assert (await client.get(place)).json() == last.json()
    got = await client.get(f"{API}/files/{file['id']}")
    assert (got.status_code, got.content) == (200, HELLO)
    room = await client.get(f"{API}/me/storage")
    assert room.json() == {"used_bytes": len(HELLO), "quota_bytes": 10_000_000}


async def test_a_file_is_uploaded_in_one_request_or_not_at_all(client, filed):
    file = await upload(client, sha256=HASH)
    assert (file["name"], file["sha256"]) == ("报告.txt", HASH)
    for params, data, refusal in (
        ({"name": "a"}, b"", (422, "empty_file")),
        ({"name": "a", "sha256": "0" * 64}, b"x", (422, "wrong_hash")),
        ({"name": "../a"}, b"x", (422, "bad_file_name")),
        ({"name": "a", "kind": "picture"}, b"<svg/>", (422, "bad_picture")),
        ({"name": "a", "kind": "film"}, b"x", (400, "bad_request")),
        ({}, b"x", (400, "bad_request")),
        ({"name": "a"}, bytes(1_000_001), (413, "file_too_large")),
    ):
        assert code(await client.post(f"{API}/files", params=params, content=data)) == refusal
    assert filed.stored() == [HASH]
    assert not filed.rows.uploads


async def test_an_upload_can_be_given_up(client, filed):
    begun = await client.post(f"{API}/uploads", json={"name": "a.bin", "size": 12})
    place = f"{API}/uploads/{begun.json()['upload']['id']}"
    assert (await client.delete(place)).status_code == 204
    for gone in (await client.delete(place), await client.get(place)):
        assert code(gone) == (404, "not_found")
    assert filed.stored() == []


@pytest.mark.parametrize(
    ("header", "status", "content", "where"),
    [
        ("bytes=0-4", 206, b"hello", "bytes 0-4/12"),
        ("bytes=-5", 206, b"world", "bytes 7-11/12"),
        ("bytes=7-", 206, b"world", "bytes 7-11/12"),
        ("bytes=0-1,3-4", 200, HELLO, None),
        ("nonsense", 200, HELLO, None),
    ],
)
async def test_a_range_is_a_part_of_the_file(client, header, status, content, where):
    place = f"{API}/files/{(await upload(client))['id']}"
    got = await client.get(place, headers={"range": header})
    assert (got.status_code, got.content) == (status, content)
    assert got.headers.get("content-range") == where
    assert got.headers["content-length"] == f"{len(content)}"
    assert got.headers["accept-ranges"] == "bytes"


async def test_a_range_behind_the_end_says_where_the_end_is(client):
    place = f"{API}/files/{(await upload(client))['id']}"
    got = await client.get(place, headers={"range": "bytes=12-"})
    assert code(got) == (416, "bad_range")
    assert got.headers["content-range"] == "bytes */12"


async def test_a_part_is_only_continued_with_the_same_bytes(client):
    place = f"{API}/files/{(await upload(client))['id']}"
    etag = (await client.get(place)).headers["etag"]
    asked = {"range": "bytes=7-", "if-range": etag}
    assert (await client.get(place, headers=asked)).content == b"world"
    asked["if-range"] = '"other"'
    assert (await client.get(place, headers=asked)).content == HELLO
    known = await client.get(place, headers={"if-none-match": etag})
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<html><script>alert(1)</script>", "application/octet-stream"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            "application/octet-stream",
        ),
        (b"GIF89a/*\x00*/=1;alert(1)", "image/gif"),
        (b"%PDF-1.7 <script>", "application/pdf"),
    ],
)
async def test_nothing_that_could_run_is_shown(client, data, kind):
    file = await upload(client, data, "run me.html")
    got = await client.get(f"{API}/files/{file['id']}")
    assert got.content == data
    assert got.headers["content-type"] == kind
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert got.headers["x-content-type-options"] == "nosniff"
    policies = got.headers.get_list("content-security-policy")
    assert any(policy.startswith("sandbox; default-src 'none'") for policy in policies)
    assert got.headers["cache-control"] == "private, no-cache"


async def test_a_name_is_told_in_its_own_letters(client):
    file = await upload(client, name='报"告.txt')
    got = await client.get(f"{API}/files/{file['id']}")
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"___.txt\"; filename*=UTF-8''%E6%8A%A5%22%E5%91%8A.txt"
    )


async def test_a_picture_is_made_safe_and_has_a_thumbnail(client):
    data = drawn("JPEG", (1_200, 900), orientation=6)
    file = await upload(client, data, "IMG_1.jpg", kind="picture")
    assert (file["type"], file["width"], file["height"]) == ("image/jpeg", 900, 1_200)
    got = await client.get(f"{API}/files/{file['id']}")
    assert GPS not in got.content
    assert hashlib.sha256(got.content).hexdigest() == file["sha256"]
    assert got.headers["content-disposition"].startswith("inline; ")
    small = await client.get(f"{API}/files/{file['id']}/thumbnail")
    assert small.headers["content-type"] == "image/webp"
    assert opened(small.content).size == (360, 480)
    plain = await upload(client, data, "IMG_1.jpg")
    assert (await client.get(f"{API}/files/{plain['id']}")).content == data
    assert code(await client.get(f"{API}/files/{plain['id']}/thumbnail")) == (404, "not_found")


async def test_a_file_is_there_only_for_those_who_may_have_it(client, filed, stranger):
    file = await upload(client, drawn(), "a.jpg", kind="picture")
    eve, headers = stranger
    places = [f"{API}/files/{file['id']}", f"{API}/files/{file['id']}/thumbnail"]
    for place in places:
        assert code(await client.get(place, headers=headers)) == (404, "not_found")
        assert (await client.get(place, headers={"authorization": ""})).status_code == 401
    filed.rows.readers[file["id"]] = {UserId(eve)}
    for place in places:
        assert (await client.get(place, headers=headers)).status_code == 200
    filed.rows.readers[file["id"]].clear()
    for place in places:
        etag = (await client.get(place)).headers["etag"]
        known = {**headers, "if-none-match": etag}
        assert code(await client.get(place, headers=known)) == (404, "not_found")
