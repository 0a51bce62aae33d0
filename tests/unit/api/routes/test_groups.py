import pytest

from parlor.model.group import Join, Permission, Role
from parlor.model.group_change import SettingsChange
from parlor.model.ids import UserId
from tests.support.rest_client import sign_up


@pytest.fixture
async def group(client):
    """(path, headers of its owner, id of the other)."""
    _, ann = await sign_up(client, "ann")
    bob_id, _ = await sign_up(client, "bob")
    body = {"kind": "group", "members": [bob_id], "title": "Team"}
    made = await client.post("/api/v1/conversations", json=body, headers=ann)
    return f"/api/v1/conversations/{made.json()['conversation']['id']}", ann, bob_id


ACTS: dict[str, tuple[str, dict[str, object], tuple[object, ...]]] = {
    "/members": ("invite", {"members": ["7", "8"]}, ("c", [UserId("7"), UserId("8")])),
    "/members/remove": ("remove", {"members": ["7"]}, ("c", [UserId("7")])),
    "/leave": ("leave", {}, ("c",)),
    "/role": ("give_role", {"user_id": "7", "role": "administrator"},
              ("c", "7", Role.ADMINISTRATOR)),
    "/transfer": ("transfer", {"user_id": "7"}, ("c", "7")),
    "/mute": ("mute", {"user_id": "7", "for_s": 60}, ("c", "7", 60, ("off", False))),
    "/dissolve": ("dissolve", {}, ("c",)),
}  # fmt: skip


@pytest.mark.parametrize("path", ACTS)
async def test_an_act_reaches_its_service_and_answers_with_the_event(memory, client, group, path):
    base, ann, _ = group
    name, body, values = ACTS[path]
    reply = await client.post(base + path, json={"client_id": "c", **body}, headers=ann)
    assert reply.status_code == 200
    assert reply.json()["event"]["seq"] == 2
    ((asked, _, (_, *given)),) = memory.groups.asked
    assert (asked, tuple(given)) == (name, values)


async def test_muting_nobody_in_particular_is_muting_everybody(memory, client, group):
    base, ann, _ = group
    await client.post(f"{base}/mute", json={"client_id": "c", "off": True}, headers=ann)
    assert memory.groups.asked[0][2][1:] == ("c", None, 0, ("off", True))


async def test_an_update_says_what_changes_and_leaves_the_rest_alone(memory, client, group):
    base, ann, _ = group
    body = {"client_id": "c", "settings": {"join": "open", "permissions": {"pin": "member"}}}
    assert (await client.post(f"{base}/update", json=body, headers=ann)).status_code == 200
    given = dict(memory.groups.asked[0][2][2:])
    assert given == {
        "title": None,
        "announcement": None,
        "avatar": None,
        "wish": SettingsChange(join=Join.OPEN, permissions={Permission.PIN: Role.MEMBER}),
    }


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/role", {"client_id": "c", "user_id": "7", "role": "king"}),
        ("/members", {"client_id": "c", "members": "7"}),
        ("/members", {"members": ["7"]}),
        ("/mute", {"client_id": "c", "user_id": "7", "for_s": -1}),
        ("/update", {"client_id": "c", "settings": {"join": "never"}}),
        ("/update", {"client_id": "c", "settings": {"permissions": {"fly": "owner"}}}),
    ],
)
async def test_a_body_of_another_shape_is_refused(memory, client, group, path, body):
    base, ann, _ = group
    reply = await client.post(base + path, json=body, headers=ann)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")
    assert memory.groups.asked == []


async def test_how_many_are_connected(client, group):
    base, ann, _ = group
    reply = await client.get(f"{base}/online", headers=ann)
    assert reply.json() == {"online": 1, "members": 2}


async def test_a_stranger_is_refused_everywhere(client, group):
    base, _, _ = group
    _, cem = await sign_up(client, "cem")
    for path, (_, body, _) in ACTS.items():
        reply = await client.post(base + path, json={"client_id": "c", **body}, headers=cem)
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "not_member")


async def test_members_are_listed_with_the_version_and_what_is_gone(client, group):
    base, ann, _ = group
    whole = (await client.get(f"{base}/members", headers=ann)).json()
    assert (whole["version"], whole["left"]) == (7, [])
    since = (await client.get(f"{base}/members?version=3", headers=ann)).json()
    assert since["left"] == ["9"]
    refused = await client.get(f"{base}/members?version=-1", headers=ann)
    assert refused.json()["error"]["code"] == "bad_request"
