"""Any JSON of any shape gives each method one coded answer, and a refusal leaves nothing behind.

The table is `METHODS` and the shapes are those of its structs, so a new method is in it on the
day it appears.
"""

import asyncio
import enum
import itertools
import json
import types
import typing

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlor.model.errors import ParlorError, registry
from parlor.wire.native.methods import METHODS
from tests.support.whole_services import QUICK, whole_services

OUR_FAULT = {"internal", "storage_failed", "deadline_exceeded", "overloaded"}
NEW_GROUND = 10
"""Requests after which the people and their conversations are others: some requests end them."""

EVIL = (
    "", " ", "x", "\u0000", "\ud800", "a\udfff", "a" + "\u0301" * 5_000, "字" * 5_000,
    "'; DROP TABLE events; --", "' OR 1=1 --", '" \\ %s {x} ${y}', "<script>alert(1)</script>",
    "-1", "0", "1e9", "１２", "9" * 40, str(2**53), str(2**63), "null", "\u202e", "🏳️‍🌈", "👍",
    "whole-0", "after-9", "9-9", "1790000000000-5000000000000001", "true", "{}", "[[[", "c1",
)  # fmt: skip
NUMBERS = (
    *range(8), -1, 50, 200, 201, 60_000, 2**31, 2**53 - 1, 2**53, -(2**53), 2**63, 2**64, 10**30,
    0.5, 1.0, 1e308, float("inf"), float("nan"), 4_000_000_000_000,
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.sampled_from(NUMBERS) | st.sampled_from(EVIL) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)


class Ground:
    """Three people, what they have in common, and words that lead to all of it."""

    def __init__(self, folder):
        self.runner = asyncio.Runner()
        limits = ("people.profile_per_minute=100000", "people.status_per_minute=100000")
        self._open = whole_services(folder, (*QUICK, *limits))
        self.whole = self.runner.run(self._open.__aenter__())
        self.people = []
        self.group = self.direct = ""
        self._places = itertools.count()

    def close(self):
        self.runner.run(self._open.__aexit__(None, None, None))
        self.runner.close()

    def ask(self, asker, method, params):
        message = json.dumps({"id": 1, "method": method, "params": params}).encode()
        return self.runner.run(asker.ask(message))

    def told(self, asker, method, **params):
        answer = self.ask(asker, method, params)
        assert not isinstance(answer, ParlorError), (method, answer)
        return answer

    def make_anew(self):
        """Other people in other conversations: what was asked before may have ended the last."""
        number = next(self._places)
        self.people = [
            self.runner.run(self.whole.sign_up(f"{name}{number}")) for name in ("ann", "bob", "eve")
        ]
        self.owner, self.member, self.outsider = self.people
        people = {"members": [self.member.id], "title": "Any"}
        made = self.told(self.owner, "conversation.create", kind="group", **people)
        self.group = made.conversation.id
        self.direct = self.told(
            self.owner, "conversation.create", kind="direct", members=[self.member.id]
        ).conversation.id
        for talk in (self.group, self.direct):
            for asker in (self.owner, self.member):
                self.ask(
                    asker,
                    "message.send",
                    {"conversation_id": talk, "client_id": f"{talk}", "text": "Hello"},
                )

    def word(self, kind):
        """The thing that a drawn name stands for, which is another one each time."""
        return {
            "group": self.group,
            "direct": self.direct,
            "owner": self.owner.id,
            "member": self.member.id,
            "outsider": self.outsider.id,
            "token": self.owner.token,
        }[kind]


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    made = Ground(tmp_path_factory.mktemp("any_json"))
    yield made
    made.close()


class Word(str):
    """A name that `Ground.word` knows."""

    __slots__ = ()


WORDS = st.sampled_from(
    [Word(name) for name in ("group", "direct", "owner", "member", "outsider", "token")]
)


def shaped(kind) -> st.SearchStrategy:
    """What `kind` might be, sensible more often than not."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        sensible = st.one_of(*(shaped(one) for one in arguments))
    elif kind is type(None):
        sensible = st.none()
    elif origin is tuple:
        sensible = st.lists(shaped(arguments[0]), max_size=3)
    elif origin is dict:
        sensible = st.dictionaries(
            shaped(arguments[0]).filter(_is_key), shaped(arguments[1]), max_size=3
        )
    elif isinstance(kind, type) and issubclass(kind, enum.Enum):
        sensible = st.sampled_from([one.value for one in kind])
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        sensible = params_of(kind)
    elif kind is bool:
        sensible = st.booleans()
    elif kind in (int, float):
        sensible = st.sampled_from(NUMBERS)
    else:
        sensible = (
            WORDS | WORDS | st.sampled_from(EVIL) | st.sampled_from(EVIL) | st.text(max_size=30)
        )
    return st.one_of(sensible, sensible, sensible, sensible, sensible, sensible, ANYTHING)


def _is_key(value):
    return isinstance(value, str)


def params_of(kind) -> st.SearchStrategy:
    hints = typing.get_type_hints(kind)
    fields = {field.name: shaped(hints[field.name]) for field in msgspec.structs.fields(kind)}
    needed = {field.name for field in msgspec.structs.fields(kind) if field.required}
    return st.fixed_dictionaries(
        {name: fields[name] for name in needed},
        optional={name: made for name, made in fields.items() if name not in needed},
    )


def spoken(ground, value):
    """`value` with the things that its words stand for."""
    if isinstance(value, Word):
        return ground.word(value)
    if isinstance(value, list):
        return [spoken(ground, item) for item in value]
    if isinstance(value, dict):
        return {spoken(ground, key): spoken(ground, item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("method", METHODS)
def test_any_json_gets_one_coded_answer_and_a_refusal_leaves_nothing(ground, method):
    asked = itertools.count()

    @given(st.sampled_from(range(3)), params_of(METHODS[method].params) | ANYTHING)
    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    def ask(who, drawn):
        if next(asked) % NEW_GROUND == 0:
            ground.make_anew()
        params = spoken(ground, drawn)
        rows, writes = ground.whole.rows(), ground.whole.writes()
        answer = ground.ask(ground.people[who], method, params)
        if not isinstance(answer, ParlorError):
            assert isinstance(answer, METHODS[method].result) or hasattr(answer, "follow")
            return
        assert answer.code in registry()
        assert answer.code not in OUR_FAULT
        assert ground.whole.rows() == rows, answer.code
        assert ground.whole.writes() == writes, answer.code

    ask()
