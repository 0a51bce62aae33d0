"""Somebody who is not in a conversation gets nothing of it and changes nothing in it: by every
method of the native protocol and every route of the API, so that a new one cannot be forgotten."""

import enum
import types
import typing
from typing import Any

import msgspec
import pytest

from parlor.client import connect
from parlor.model.errors import ParlorError
from parlor.wire.native.methods import METHODS
from tests.support.people import sign_up
from tests.support.server import running_parlor

SECRET = "the meeting is at the old mill"
TITLE = "Millers only"
REFUSED = {"not_member", "not_found"}

OF_NO_CONVERSATION = {
    "hello", "token.renew", "heartbeat", "session.end", "mail.ack",
    "me.get", "me.update", "users.find", "users.get",
    "conversation.create", "conversation.list",
    "room.join", "room.leave", "room.publish", "tags.set",
    "call.ringing", "call.accept", "call.reject", "call.hang_up", "call.signal", "call.ice",
}  # fmt: skip
"""Methods that name no conversation. A new method is here, or its parameters name one."""

NAMES_ONE = {"conversation_id"}
"""Parameters and parts of paths that do."""

ALSO_SAY = {
    "call.start": {"bad_request"},
}
"""What else a method may answer an outsider: nothing that tells them more."""


class Place:
    """A group of two with one message, and somebody outside."""

    def __init__(self, member: Any, outsider: Any, conversation: str) -> None:
        self.member = member
        self.outsider = outsider
        self.conversation = conversation

    async def log(self) -> Any:
        return await self.member.get(f"/conversations/{self.conversation}/events?limit=200")

    def sample(self, name: str, kind: Any) -> Any:
        """A value that would be good, if only they were a member."""
        known = {
            "seq": 2, "target": 2, "client_id": "outsider-1", "text": "hello", "emoji": "👍",
            "user_id": self.member.id, "user": self.member.id, "title": "Other",
            "members": [self.member.id], "users": [self.outsider.id], "seqs": [2],
            "role": "administrator", "device": "web", "limit": 10, "at": 4_000_000_000_000,
            "code": "nonsense", "media": "audio", "on": True,
        }  # fmt: skip
        if name in NAMES_ONE:
            return self.conversation
        return known.get(name, _plain(kind))


def _plain(kind: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return None if type(None) in arguments else _plain(arguments[0])
    if origin in (tuple, list):
        return []
    if origin is dict:
        return {}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return next(iter(kind)).value
    return {str: "x", int: 1, float: 1.0, bool: True}.get(kind)


def test_every_method_says_whether_it_is_of_a_conversation():
    of_one = {
        name for name, method in METHODS.items() if NAMES_ONE & set(method.params.__struct_fields__)
    }
    assert of_one | OF_NO_CONVERSATION == METHODS.keys()
    assert not of_one & OF_NO_CONVERSATION


async def _place(server: Any) -> Place:
    ann, bob, eve = [await sign_up(server.url, name) for name in ("ann", "bob", "eve")]
    conversation = await ann.talk_to(bob, title=TITLE)
    said = {"client_id": "c1", "text": SECRET}
    await ann.post(f"/conversations/{conversation}/messages", said)
    return Place(ann, eve, conversation)


async def test_no_method_lets_an_outsider_in(tmp_path):
    async with running_parlor(tmp_path, ["--set", "gateway.request_burst=10000"]) as server:
        place = await _place(server)
        before = await place.log()
        asked = 0
        async with connect(place.outsider.websocket_url, place.outsider.token) as link:
            for name, method in METHODS.items():
                hints = typing.get_type_hints(method.params)
                if not NAMES_ONE & hints.keys():
                    continue
                values = {field: place.sample(field, kind) for field, kind in hints.items()}
                params = msgspec.convert(values, method.params)
                with pytest.raises(ParlorError) as refused:
                    print(name, await link.request(params, method.result))
                assert refused.value.code in REFUSED | ALSO_SAY.get(name, set()), name
                assert SECRET not in str(refused.value)
                asked += 1
        assert asked >= 6
        assert await place.log() == before


async def test_no_route_lets_an_outsider_in(tmp_path):
    async with running_parlor(tmp_path) as server:
        place = await _place(server)
        before = await place.log()
        document = (await place.outsider.rest.get("/openapi.json")).json()
        asked = 0
        for path, operations in document["paths"].items():
            if "{conversation_id}" not in path:
                continue
            for verb, operation in operations.items():
                answer = await _ask(place, path, verb, operation)
                where = f"{verb} {path}: {answer.text}"
                assert answer.status_code in (403, 404), where
                assert answer.json()["error"]["code"] in REFUSED, where
                assert SECRET not in answer.text
                assert TITLE not in answer.text
                asked += 1
        assert asked >= 5
        assert await place.log() == before


async def _ask(place: Place, path: str, verb: str, operation: Any) -> Any:
    """As the document's own example does, in this conversation."""
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        if parameter["in"] == "path":
            value = place.sample(name, int if "seq" in name else str)
            path = path.replace("{" + name + "}", str(value))
    content = operation.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("example")
    return await place.outsider.rest.request(verb, path, json=body)
