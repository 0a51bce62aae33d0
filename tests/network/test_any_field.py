"""One field wrong in an otherwise good request: every field of every method and of every route.

The tables are `METHODS` and /openapi.json, so whatever is new is in them on the day it appears.
"""

from __future__ import annotations

import enum
import json
import time
import types
import typing
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import jsonschema
import msgspec
import pytest
import pytest_asyncio

from parlor.model.close import CloseCode
from parlor.model.errors import registry
from parlor.wire.native.methods import METHODS
from tests.support.people import Person, sign_up
from tests.support.raw_native import RawNative, raw_native
from tests.support.rest_document import Operation, operations
from tests.support.server import ParlorServer, running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")

RATES = (
    "gateway.requests_per_second=1000000", "gateway.request_burst=1000000",
    "http.user_requests_per_second=1000000", "http.user_request_burst=1000000",
    "people.profile_per_minute=1000000", "people.status_per_minute=1000000",
)  # fmt: skip
FLAGS = [flag for rate in RATES for flag in ("--set", rate)]
OUR_FAULT = {"internal", "storage_failed", "deadline_exceeded", "overloaded", "malformed"}
BEFORE = {"hello"}
"""Answered only once on a connection; see `test_native_bad_input`."""

TOMORROW = int(time.time() + 86_400) * 1000
MAX_PAGE = 500
MANY = 10_001
LONG = 100_000
NUMBERS = (0, -1, 50.5, 2**53 - 1, 2**53, 2**63, 10**30, float("inf"))
OUTSIDE = (50.5, 2**53, 2**63, 10**30, float("inf"))
"""What no number of the protocol may be."""

LOOKED_FOR = {
    "users.find": {"query", "cursor"},
    "message.search": {"sender"},
    "contact.list": {"cursor"},
    "block.list": {"cursor"},
    "group.requests": {"cursor"},
    "message.readers": {"cursor"},
    "users.get": {"ids"},
    "presence.get": {"users"},
    "presence.watch": {"users"},
    "conversation.members": {"query", "cursor"},
    "group.remove": {"members"},
    "group.decide": {"user_id"},
    "message.forward": {"to"},
    "sync.changes": {"have"},
    "delivered.set": {"positions"},
}
"""What is compared and never stored: a long one finds nothing, and that is no mistake."""

WRONG: tuple[Any, ...] = (None, True, 7, 1.5, "words", [], [[]], {}, {"a": {"b": []}})


@dataclass
class Ground:
    server: ParlorServer
    person: Person
    other: Person
    conversation: str
    document: dict[str, Any]
    numbers: Iterator[int] = field(default_factory=count)
    connection: RawNative = field(init=False)
    """A new one for each test."""

    @property
    def operations(self) -> list[Operation]:
        return list(operations(self.document))

    def good(self, name: str, kind: Any) -> Any:
        """A value that such a field could have."""
        known = {
            "conversation_id": self.conversation, "user": self.other.id, "user_id": self.other.id,
            "members": [self.other.id], "users": [self.other.id], "ids": [self.other.id],
            "seq": 2, "seqs": [2], "to": [self.conversation], "text": "hello", "emoji": "👍",
            "title": "Title", "client_id": f"any-{next(self.numbers)}", "device": "none",
            "code": "none",
            "at_ms": TOMORROW, "name": "theme", "value": "1", "kind": "contacts",
            "role": "member", "state": "online", "media": "audio", "query": "nobody",
            "let_in": True,
        }  # fmt: skip
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            # Of two people or a group: a group has a title.
            return list(kind)[-1].value
        return known.get(name, plain(kind))


def plain(kind: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return None if type(None) in arguments else plain(arguments[0])
    if origin in (tuple, list):
        return []
    if origin is dict:
        return {}
    return {str: "x", int: 1, float: 1.0, bool: False}.get(kind)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    async with running_parlor(tmp_path_factory.mktemp("fields"), FLAGS) as server:
        ann, bob = [await sign_up(server.url, name) for name in ("ann", "bob")]
        talk = await ann.talk_to(bob, title="Fields")
        for number in range(3):
            said = {"client_id": f"c{number}", "text": f"message {number}"}
            await ann.post(f"/conversations/{talk}/messages", said)
        document = (await ann.rest.get("/openapi.json")).json()
        yield Ground(server, ann, bob, talk, document)
        for person in (ann, bob):
            await person.rest.aclose()


@pytest_asyncio.fixture(loop_scope="module")
async def ground(place: Ground) -> AsyncIterator[Ground]:
    async with raw_native(place.server.port, place.person.token) as place.connection:
        yield place


def fields() -> Iterator[tuple[str, str, Any]]:
    """(method, name, its type) of everything that can be asked for."""
    for method, spec in METHODS.items():
        if method in BEFORE:
            continue
        for name, kind in typing.get_type_hints(spec.params).items():
            yield method, name, kind


def request(ground: Ground, method: str, name: str, value: Any) -> dict[str, Any]:
    """What `method` needs, and `name` with this value."""
    params = METHODS[method].params
    hints = typing.get_type_hints(params)
    needed = {one.name for one in msgspec.structs.fields(params) if one.required}
    values = {one: ground.good(one, hints[one]) for one in needed}
    return {**values, name: value}


def parts(kind: Any) -> set[Any]:
    """The types that a value of `kind` may be made of, one level deep."""
    arguments = typing.get_args(kind)
    return {typing.get_origin(kind) or kind, *arguments} | {
        deeper for one in arguments for deeper in typing.get_args(one)
    }


async def _refused(ground: Ground, method: str, name: str, value: Any) -> str:
    code = await ground.connection.code(method, request(ground, method, name, value))
    assert code not in OUR_FAULT, (method, name, str(value)[:40], code)
    return code


async def test_a_wrong_type_in_any_field_is_a_bad_request(ground: Ground):
    asked = 0
    for method, name, kind in fields():
        for wrong in WRONG:
            try:
                msgspec.convert(wrong, kind)
            except msgspec.ValidationError:
                assert await _refused(ground, method, name, wrong) == "bad_request", (
                    method, name, wrong,
                )  # fmt: skip
                asked += 1
    assert asked > 1_000


async def test_a_number_out_of_range_in_any_field_gets_one_coded_answer(ground: Ground):
    asked = 0
    for method, name, kind in fields():
        if int not in parts(kind):
            continue
        for number in NUMBERS:
            value: Any = number
            if typing.get_origin(kind) is tuple:
                value = [number]
            elif typing.get_origin(kind) is dict:
                value = {ground.conversation: number}
            code = await _refused(ground, method, name, value)
            if number in OUTSIDE:
                assert code == "bad_request", (method, name, number)
            asked += 1
    assert asked > 200


async def test_no_field_takes_a_hundred_thousand_characters(ground: Ground):
    for method, name, kind in fields():
        if str not in parts(kind):
            continue
        for words in ("x" * LONG, "a" + "\u0301" * (LONG // 6)):
            value: Any = words
            if typing.get_origin(kind) is tuple:
                value = [words]
            elif typing.get_origin(kind) is dict:
                value = {words: 1}
            code = await _refused(ground, method, name, value)
            if name not in LOOKED_FOR.get(method, ()):
                assert code, (method, name)


async def test_half_a_character_in_any_field_is_a_bad_request(ground: Ground):
    for method, name, kind in fields():
        if str not in parts(kind):
            continue
        for words in ("\ud800", "a\udfffb"):
            value: Any = words
            if typing.get_origin(kind) is tuple:
                value = [words]
            elif typing.get_origin(kind) is dict:
                value = {words: 1}
            assert await _refused(ground, method, name, value) == "bad_request", (method, name)


async def test_ten_thousand_and_one_of_anything_are_refused(ground: Ground):
    for method, name, kind in fields():
        origin = typing.get_origin(kind)
        if origin is tuple:
            item = typing.get_args(kind)[0]
            values: Any = [n if item is int else str(n) for n in range(1, MANY + 1)]
        elif origin is dict:
            values = {str(n): 1 for n in range(1, MANY + 1)}
        else:
            continue
        assert await _refused(ground, method, name, values), (method, name)


def paged() -> list[str]:
    return [name for name, method in METHODS.items() if "limit" in method.params.__struct_fields__]


async def test_every_list_has_pages_of_one_to_a_few_hundred_whatever_is_asked(ground: Ground):
    assert len(paged()) >= 13
    for method in paged():
        for limit in (0, -1, -(2**53) + 1):
            assert await _refused(ground, method, "limit", limit) == "bad_request", method
        for limit in (MAX_PAGE + 1, 10**9, 2**53 - 1):
            reply = await ground.connection.ask(method, request(ground, method, "limit", limit))
            if "error" in reply:
                assert reply["error"]["code"] == "bad_request", method
            else:
                lists = [value for value in reply["result"].values() if isinstance(value, list)]
                assert max(map(len, lists)) <= MAX_PAGE, method


GARBAGE = (
    "x", "-1", "0", "9" * 40, "1-", "-", "1-1-1", "whole-x", "whole--1", "after-" + "9" * 16,
    "9" * 16 + "-" + "9" * 16, "'; --", "%00", "\u0000", "１２", "\u202e", "null", "字" * 100,
)  # fmt: skip


async def test_a_cursor_that_is_garbage_or_of_another_list_gets_one_coded_answer(ground: Ground):
    ann, talk, other = ground.person, ground.conversation, ground.other
    await ann.talk_to(other)
    for number in range(2):
        ready = {"conversation_id": talk, "client_id": f"s{number}", "text": "x"}
        await ground.connection.ask("schedule.put", {**ready, "at_ms": TOMORROW + number})
        await ground.connection.ask("star.set", {"conversation_id": talk, "seq": number + 2})
    with_cursor = [(method, name) for method, name, _ in fields() if name.endswith("cursor")]
    assert len(with_cursor) >= 11
    real = set()
    for method, name in with_cursor:
        reply = await ground.connection.ask(method, request(ground, method, "limit", 1))
        real.add(reply.get("result", {}).get(name, ""))
    assert len(real - {""}) >= 5, real
    for method, name in with_cursor:
        for cursor in (*GARBAGE, *sorted(real)):
            code = await _refused(ground, method, name, cursor)
            assert code in ("", "bad_request", "forbidden"), (method, name, cursor)


async def test_a_number_that_is_none_closes_the_connection(ground: Ground):
    async with raw_native(ground.server.port, ground.other.token) as connection:
        connection.send("events.list", {"conversation_id": "1", "limit": float("nan")})
        assert await connection.socket.close_code() == CloseCode.MALFORMED


def bodies(ground: Ground) -> Iterator[tuple[Operation, dict[str, Any], str, Any]]:
    """(route, a good body, one of its fields, the schema of that) of all that people may ask."""
    for op in ground.operations:
        if op.takes_body and is_for_people(op):
            schema = op.spec["requestBody"]["content"]["application/json"]["schema"]
            schema = whole(ground, schema)
            for name, of_field in schema["properties"].items():
                yield op, op.example_body() | new_name(ground, schema), name, of_field


def new_name(ground: Ground, schema: Any) -> dict[str, str]:
    """Not the name of an act that was done before, which would be answered with that one."""
    named = "client_id" in schema["properties"]
    return {"client_id": f"any-{next(ground.numbers)}"} if named else {}


def is_for_people(op: Operation) -> bool:
    wanted = {name: roles for needed in op.spec["security"] for name, roles in needed.items()}
    return "user" in wanted and "admin" not in wanted.get("key", ())


def whole(ground: Ground, schema: Any) -> Any:
    """`schema` with its definitions at hand."""
    parts = ground.document["components"]["schemas"]
    while "$ref" in schema:
        schema = parts[schema["$ref"].rpartition("/")[2]]
    return schema


async def answer_to(ground: Ground, op: Operation, body: dict[str, Any], name: str) -> str:
    """The code of the refusal, empty for success."""
    path = op.example_path(conversation_id=ground.conversation)
    content = json.dumps(body).replace("Infinity", "1e400")
    reply = await ground.person.rest.request(op.method, path, content=content)
    if reply.is_success:
        return ""
    code = reply.json()["error"]["code"]
    assert code in registry()
    assert code not in OUR_FAULT, (op, name, reply.text)
    return str(code)


async def test_a_wrong_type_in_any_field_of_a_body_is_a_bad_request(ground: Ground):
    asked = 0
    for op, body, name, schema in bodies(ground):
        check = jsonschema.Draft202012Validator(
            {**schema, "components": ground.document["components"]}
        )
        for wrong in WRONG:
            if not check.is_valid(wrong):
                code = await answer_to(ground, op, {**body, name: wrong}, name)
                assert code == "bad_request", (op, name, wrong)
                asked += 1
    assert asked > 300


def is_of(schema: Any, kind: str) -> bool:
    return any(one.get("type") == kind for one in (schema, *schema.get("anyOf", ())))


async def test_a_number_out_of_range_in_any_body_gets_one_coded_answer(ground: Ground):
    asked = 0
    for op, body, name, schema in bodies(ground):
        if is_of(schema, "integer"):
            for number in NUMBERS:
                code = await answer_to(ground, op, {**body, name: number}, name)
                if number in OUTSIDE:
                    assert code == "bad_request", (op, name, number)
                asked += 1
    assert asked > 90


async def test_no_body_has_words_without_end_or_half_a_character(ground: Ground):
    for op, body, name, schema in bodies(ground):
        if is_of(schema, "string"):
            for words in ("x" * LONG, "a" + "\u0301" * (LONG // 6), "\ud800", "a\udfffb"):
                named = {} if name == "client_id" else new_name(ground, {"properties": body})
                code = await answer_to(ground, op, {**body, **named, name: words}, name)
                assert code, (op, name, words[:5])
                assert code == "bad_request" or len(words) > 5, (op, name)


async def test_no_body_has_ten_thousand_and_one_of_anything(ground: Ground):
    for op, body, name, schema in bodies(ground):
        if is_of(schema, "array"):
            of = next(one["items"] for one in (schema, *schema.get("anyOf", ())) if "items" in one)
            values = [n if is_of(of, "integer") else str(n) for n in range(1, MANY + 1)]
            assert await answer_to(ground, op, {**body, name: values}, name), (op, name)


async def test_any_cursor_in_an_address_gets_one_coded_answer(ground: Ground):
    asked = 0
    for op in ground.operations:
        names = {p["name"] for p in op.spec["parameters"] if p["in"] == "query"}
        if "cursor" not in names or not is_for_people(op):
            continue
        path = op.example_path(conversation_id=ground.conversation, seq="2")
        for cursor in (*GARBAGE, "x" * 10_000):
            reply = await ground.person.rest.get(path, params={"cursor": cursor})
            code = "" if reply.is_success else reply.json()["error"]["code"]
            assert code in ("", "bad_request", "malformed"), (op, cursor, reply.text)
            asked += 1
        for limit in (0, -1, 2**53, 2**63):
            reply = await ground.person.rest.get(path, params={"limit": limit})
            assert reply.json()["error"]["code"] == "bad_request", (op, limit)
        reply = await ground.person.rest.get(path, params={"limit": 10**9})
        lists = [value for value in reply.json().values() if isinstance(value, list)]
        assert max(map(len, lists), default=0) <= MAX_PAGE, (op, reply.text)
    assert asked > 150


async def test_the_log_of_all_this_has_no_failure_in_it(place: Ground):
    assert "request_failed" not in place.server.log()
    assert "request_broke" not in place.server.log()
    assert "Traceback" not in place.server.log()
