"""What the methods of groups hand to their services."""

import pytest

from parlor.model.group import GroupSettings, Join, Permission, Role
from tests.support.native_connection import NativeHouse, settle

GROUP, WHO = "900", "7"
ACTS: dict[str, tuple[dict[str, object], str, tuple[object, ...]]] = {
    "invite": ({"members": [WHO]}, "invite", ("c", [WHO])),
    "leave": ({}, "leave", ("c",)),
    "remove": ({"members": [WHO]}, "remove", ("c", [WHO])),
    "role": ({"user_id": WHO, "role": "member"}, "give_role", ("c", WHO, Role.MEMBER)),
    "transfer": ({"user_id": WHO}, "transfer", ("c", WHO)),
    "mute": ({"user_id": WHO, "for_s": 60}, "mute", ("c", WHO, 60, ("off", False))),
    "update": (
        {"avatar": "a7"},
        "update",
        ("c", ("title", None), ("announcement", None), ("avatar", "a7"), ("wish", None)),
    ),
    "dissolve": ({}, "dissolve", ("c",)),
    "decide": ({"user_id": WHO, "let_in": True}, "decide", ("c", WHO, ("let_in", True))),
}


async def ask(method, **params):
    """(the reply's result, what the services were asked)."""
    house = NativeHouse()
    client = house.websocket()
    await client.hello()
    client.messages()
    client.ask(2, method, **params)
    await settle()
    (reply,) = client.messages()
    return reply["result"], house.small.groups.asked


@pytest.mark.parametrize("act", ACTS)
async def test_an_act_reaches_its_service_and_answers_with_the_event(act):
    params, name, values = ACTS[act]
    result, asked = await ask(f"group.{act}", conversation_id=GROUP, client_id="c", **params)
    assert result["event"]["seq"] == 2
    ((called, who, given),) = asked
    assert (called, who, given[:-1]) == (name, "1", (GROUP, *values))
    # Whoever asked gets the answer, and no announcement of it.
    assert given[-1][0] == "not_to"


async def test_settings_that_are_not_named_are_left_alone():
    settings = {"join": "open", "permissions": {"pin": "member"}}
    _, asked = await ask("group.update", conversation_id=GROUP, client_id="c", settings=settings)
    wish = dict(asked[0][2][2:])["wish"]
    assert wish.applied_to(GroupSettings(slow_mode_s=9)) == GroupSettings(
        join=Join.OPEN, slow_mode_s=9, permissions={Permission.PIN: Role.MEMBER}
    )


async def test_muting_nobody_in_particular_is_muting_everybody():
    _, asked = await ask("group.mute", conversation_id=GROUP, client_id="c")
    assert asked[0][2][:-1] == (GROUP, "c", None, 0, ("off", False))


async def test_a_link_is_made_shown_listed_and_taken_back():
    made, _ = await ask("group.link.make", conversation_id=GROUP, client_id="c")
    assert made["path"] == f"/join/{made['link']['code']}"
    listed, _ = await ask("group.link.list", conversation_id=GROUP)
    assert listed["links"] == [made["link"]]
    shown, _ = await ask("group.link.show", code="q7")
    assert shown["group"]["title"] == "Team"
    ended, asked = await ask("group.link.revoke", conversation_id=GROUP, code="q7")
    assert (ended, asked) == ({}, [("end", "1", (GROUP, "q7"))])


async def test_one_comes_in_or_asks_to():
    result, asked = await ask("group.join", client_id="c", conversation_id=GROUP, text="please")
    assert result == {"conversation_id": GROUP, "inside": False}
    assert asked == [("join", "1", (GROUP, "c", "", "please"))]


async def test_requests_and_how_many_are_connected():
    requests, _ = await ask("group.requests", conversation_id=GROUP)
    assert [user["id"] for user in requests["users"]] == ["1"]
    online, _ = await ask("group.online", conversation_id=GROUP)
    assert online == {"online": 1, "members": 2}


async def test_a_list_of_members_has_its_version_and_who_is_gone():
    result, _ = await ask("conversation.members", conversation_id=GROUP, version=3)
    assert (result["version"], result["left"]) == (7, ["9"])
