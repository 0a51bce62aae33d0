import struct

from tests.support.rest_client import sign_up

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 8, 8) + b"\x08\x06\0\0\0"


async def test_an_avatar_is_uploaded_seen_and_taken_off(client):
    ann_id, ann = await sign_up(client, "ann")
    _, bob = await sign_up(client, "bob")
    user = (await client.post("/api/v1/me/avatar", content=PNG, headers=ann)).json()["user"]
    seen = (await client.get(f"/api/v1/users/{ann_id}", headers=bob)).json()["profile"]
    assert seen["user"]["avatar"] == user["avatar"]
    taken = await client.patch("/api/v1/me", json={"avatar": ""}, headers=ann)
    assert "avatar" not in taken.json()["user"]


async def test_a_picture_is_served_to_anybody_for_good_and_as_what_it_is(client):
    _, ann = await sign_up(client, "ann")
    headers = {**ann, "content-type": "text/html"}
    made = await client.post("/api/v1/avatars", content=PNG, headers=headers)
    assert made.status_code == 201
    picture = made.json()["picture"]
    assert (picture["type"], picture["width"], picture["height"]) == ("image/png", 8, 8)
    shown = await client.get(f"/api/v1/avatars/{picture['id']}")
    assert shown.content == PNG
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers.get_list("cache-control") == ["public, max-age=31536000, immutable"]
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in shown.headers["content-security-policy"]


async def test_what_is_no_picture_or_too_large_is_refused(client):
    _, ann = await sign_up(client, "ann")
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    for body, status, code in (
        (svg, 422, "bad_picture"),
        (b"", 400, "bad_request"),
        (PNG + bytes(262_145 - len(PNG)), 413, "too_large"),
    ):
        for path in ("/api/v1/me/avatar", "/api/v1/avatars"):
            refused = await client.post(path, content=body, headers=ann)
            assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    largest = await client.post(
        "/api/v1/avatars", content=PNG + bytes(262_144 - len(PNG)), headers=ann
    )
    assert largest.status_code == 201


async def test_a_stranger_uploads_nothing_and_finds_no_picture_by_guessing(client):
    assert (await client.post("/api/v1/me/avatar", content=PNG)).status_code == 401
    assert (await client.post("/api/v1/avatars", content=PNG)).status_code == 401
    missing = await client.get("/api/v1/avatars/nothing")
    assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-store")
