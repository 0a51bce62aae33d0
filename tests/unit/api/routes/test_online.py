import pytest
from msgspec.structs import replace

from parlor.model.account import Grants
from tests.support.rest_client import bearer, sign_up
from tests.support.rest_services import KEY


@pytest.mark.parametrize(
    ("path", "room", "online"),
    [
        ("news", "news", 3),
        ("live:%2F%2F1000", "live://1000", 7),
        ("live://1000", "live://1000", 7),
        ("%E6%96%B0%E9%97%BB", "新闻", 0),
        ("a%2Fonline", "a/online", 0),
    ],
)
async def test_a_room_is_counted_whatever_its_name(client, path, room, online):
    reply = await client.get(f"/api/v1/rooms/{path}/online", headers=bearer(KEY))
    assert (reply.status_code, reply.json()) == (200, {"room": room, "online": online})


async def test_a_user_may_ask_about_a_room_but_not_list_rooms(client):
    _, ann = await sign_up(client, "ann")
    assert (await client.get("/api/v1/rooms/news/online", headers=ann)).status_code == 200
    assert (await client.get("/api/v1/online/top", headers=ann)).status_code == 401
    assert (await client.get("/api/v1/rooms/news/online")).status_code == 401


async def test_a_token_that_opens_some_rooms_counts_no_others(client, memory):
    _, ann = await sign_up(client, "ann")
    token = ann["authorization"].split()[1]
    known = memory.accounts.tokens[token]
    memory.accounts.tokens[token] = replace(known, has_account=False, grants=Grants(("live:*",)))
    own = await client.get("/api/v1/rooms/live:%2F%2F1000/online", headers=ann)
    assert (own.status_code, own.json()["online"]) == (200, 7)
    for other in ("news", "news%2Flive:", "nowhere"):
        refused = await client.get(f"/api/v1/rooms/{other}/online", headers=ann)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")


async def test_the_fullest_rooms_come_first(client):
    reply = await client.get("/api/v1/online/top?limit=1", headers=bearer(KEY))
    assert reply.json() == {
        "rooms": [{"room": "live://1000", "online": 7}],
        "connections": 10,
        "addresses": 4,
    }
    news = await client.get("/api/v1/online/top?prefix=ne", headers=bearer(KEY))
    assert [row["room"] for row in news.json()["rooms"]] == ["news"]


async def test_nothing_else_lives_below_rooms(client):
    for path in ("/api/v1/rooms/news", "/api/v1/rooms//online", "/api/v1/rooms"):
        assert (await client.get(path, headers=bearer(KEY))).status_code == 404


async def test_a_type_of_rooms_is_a_whole_word(client):
    """P20: goim compares prefixes, so that `live` brings `live2` too."""
    path = "/api/v1/online/top"
    live = await client.get(f"{path}?type=live", headers=bearer(KEY))
    assert live.json()["rooms"] == [{"room": "live://1000", "online": 7}]
    for other in ("type=liv", "type=live&prefix=2", "type=news"):
        reply = await client.get(f"{path}?{other}", headers=bearer(KEY))
        assert reply.json()["rooms"] == []


async def test_totals_users_and_devices_are_counted_for_programs(client):
    async def ask(path: str):
        return (await client.get(f"/api/v1/online/{path}", headers=bearer(KEY))).json()

    assert await ask("total") == {"connections": 10, "addresses": 4, "users": 8}
    assert await ask("users/101") == {"user": "101", "online": 2}
    assert await ask("users/102") == {"user": "102", "online": 0}
    assert await ask("devices/phone") == {"device": "phone", "online": 1}
    _, ann = await sign_up(client, "ann")
    assert (await client.get("/api/v1/online/users/101", headers=ann)).status_code == 401
