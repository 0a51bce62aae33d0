"""A group with a secret, a direct conversation with a call, and people who may see less than
all of it; and for every method and route a request that would be good, if only they might."""

from __future__ import annotations

import enum
import time
import types
import typing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from parlor.client import connect
from parlor.model.call import Media
from parlor.wire.native.methods import CallResult, CallStart, Params
from parlor.wire.native.methods.shape import Method
from tests.support.people import Person, sign_up
from tests.support.server import running_parlor

SECRET = "the meeting is at the old mill"
TITLE = "Millers only"
SECRET_SEQ = 2


@dataclass
class Mill:
    """`ann` owns the group and has said SECRET there, `bob` is a member. `eve` was never in it,
    `dan` left, `fay` was removed; `gil` came when nobody was shown any more what was said before.
    `hal` has a direct conversation with `ann` (`with_hal`), who blocks him. `home` is a group of
    those outside; `call` rings between `ann` and `bob`."""

    ann: Person
    bob: Person
    eve: Person
    dan: Person
    fay: Person
    gil: Person
    hal: Person
    group: str
    home: str
    with_hal: str
    call: str

    async def log(self, conversation: str) -> Any:
        return await self.ann.get(f"/conversations/{conversation}/events?limit=200")

    async def members(self, conversation: str) -> Any:
        page = await self.ann.get(f"/conversations/{conversation}/members")
        # How far they have read is their own affair.
        return [one | {"read_seq": 0} for one in page["members"]]

    async def shown(self) -> Any:
        """Everything of the group that anybody could change."""
        about = f"/conversations/{self.group}"
        view = (await self.ann.get(about))["conversation"]
        return (
            await self.log(self.group),
            await self.members(self.group),
            {name: view[name] for name in view if name not in _MOVES},
            await self.ann.get(f"{about}/receipts"),
            await self.ann.get(f"{about}/pins"),
            await self.ann.get(f"{about}/links"),
            await self.ann.get(f"{about}/requests"),
            await self.ann.get("/scheduled"),
        )

    def params(self, method: Method, asker: Person, conversation: str) -> Params:
        """As a member would ask, about the secret."""
        hints = typing.get_type_hints(method.params)
        values = {
            name: self.sample(name, kind, asker, conversation) for name, kind in hints.items()
        }
        if {"title", "announcement", "settings"} <= values.keys():
            values |= {"announcement": None, "settings": None, "avatar": None}
        if method.params.__name__ in {"GroupJoin", "GroupLinkShow"}:
            values["code"] = ""
        return msgspec.convert(values, method.params)

    def sample(self, name: str, kind: Any, asker: Person, conversation: str) -> Any:
        known = {
            "conversation_id": conversation, "call_id": self.call,
            "have": {conversation: 1}, "positions": {conversation: SECRET_SEQ},
            "to": [self.home], "seq": SECRET_SEQ, "seqs": [SECRET_SEQ], "target": SECRET_SEQ,
            "client_id": f"asks-{next(_numbers)}", "text": "hello", "emoji": "👍", "kind": "offer",
            "user_id": asker.id, "user": self.ann.id, "title": "Other", "avatar": None,
            "members": [asker.id], "users": [self.ann.id], "ids": [self.ann.id],
            "role": "administrator", "device": "none", "limit": 100, "after": 0, "cursor": "",
            "self_seq": 0, "self_cursor": "", "before": None, "version": None, "mentions": [],
            "mentions_all": False, "reply_to": 0, "expires_in_s": 0, "at": 4_000_000_000_000,
            "at_ms": int(time.time() * 1000) + 3_600_000, "code": "nonsense",
            "media": "audio", "pinned": True, "off": False, "for_s": 0, "upto": 0,
            "value": '"x"', "name": "look", "query": "", "words": "", "payload": "{}",
            "state": "online", "since": None, "max_uses": 0, "peer": self.ann.id,
        }  # fmt: skip
        found = None if name == "kind" and kind is not str else known.get(name)
        return _plain(kind) if found is None else found


@asynccontextmanager
async def running_mill(folder: Path) -> AsyncIterator[Mill]:
    flags = ("--set", "gateway.request_burst=10000", "--set", "gateway.requests_per_second=10000")
    async with running_parlor(folder, flags) as server:
        names = ("ann", "bob", "eve", "dan", "fay", "gil", "hal")
        ann, bob, eve, dan, fay, gil, hal = [await sign_up(server.url, name) for name in names]
        group = await ann.talk_to(bob, dan, fay, title=TITLE)
        about = f"/conversations/{group}"
        await ann.post(f"{about}/messages", {"client_id": "secret", "text": SECRET})
        await ann.post(f"{about}/events/{SECRET_SEQ}/pin", {"client_id": "pin"})
        await ann.post(f"{about}/events/{SECRET_SEQ}/react", {"client_id": "like", "emoji": "👍"})
        for person in (dan, fay):
            await person.rest.put(f"/api/v1{about}/events/{SECRET_SEQ}/star")
        await dan.post(f"{about}/leave", {"client_id": "leave"})
        await ann.post(f"{about}/members/remove", {"client_id": "out", "members": [fay.id]})
        for setting in ({"history": "since_joined"}, {"permissions": {"pin": "member"}}):
            wish = {"client_id": str(setting), "settings": setting}
            await ann.post(f"{about}/update", wish)
        await ann.post(f"{about}/members", {"client_id": "gil", "members": [gil.id]})
        await ann.post(f"{about}/links", {"client_id": "link"})
        home = await eve.talk_to(dan, fay, gil, hal, title="Home")
        with_hal = await hal.talk_to(ann)
        for n in (1, 2):
            said = {"client_id": f"hal-{n}", "text": f"hello {n}"}
            await hal.post(f"/conversations/{with_hal}/messages", said)
        await ann.rest.post("/api/v1/blocks", json={"user": hal.id, "on": True})
        start = CallStart(await bob.talk_to(ann), Media.AUDIO)
        async with connect(bob.websocket_url, bob.token) as caller:
            call = (await caller.request(start, CallResult)).call.id
            mill = Mill(ann, bob, eve, dan, fay, gil, hal, group, home, with_hal, call)
            yield mill
        for person in (ann, bob, eve, dan, fay, gil, hal):
            await person.rest.aclose()


_numbers = count(1)
_MOVES = {"read_seq", "unread", "last_event", "active_at"}
"""Of a view: what others do, or how far one has read."""


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
