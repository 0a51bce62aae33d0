"""Contacts, requests to be one, and blocks."""

from __future__ import annotations

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import Cursor, Kind, Limit, check_wish
from parlor.model.account import User
from parlor.model.errors import BadText, LimitReached, NotFound, NotWanted, TextTooLong
from parlor.model.ids import UserId
from parlor.model.people import Blocked, Contact, ContactState
from parlor.wire.native.methods.contacts import (
    BlockSet,
    BlocksResult,
    ContactRequest,
    ContactResult,
    ContactsResult,
)


class Answer(msgspec.Struct, frozen=True):
    accept: bool


class Description(msgspec.Struct, frozen=True):
    """What is null stays."""

    remark: str | None = None
    tags: tuple[str, ...] | None = None


_BOB = User(UserId("5000111222333444"), "bob", "Bob Ray")
_ASKED = Contact(_BOB.id, ContactState.ASKED, text="We met in Linz.", at=1_790_000_000_000)
_CONTACT = Contact(_BOB.id, ContactState.CONTACT, "Bobby", ("work",), at=1_790_000_000_000)


@get(
    "/contacts",
    guards=[signed_in],
    opt=described(gives=ContactsResult((_CONTACT,), (_BOB,))),
)
async def contacts(
    request: ApiRequest, kind: Kind = "contacts", cursor: Cursor = "", limit: Limit = 100
) -> ContactsResult:
    """One's contacts, or with `kind=requests` those who ask and were asked."""
    services = request.services
    listed, following = await services.contacts.page(request.user.user, kind, cursor, limit)
    users = await services.people.users([contact.user_id for contact in listed])
    return ContactsResult(tuple(listed), tuple(users), following)


@post(
    "/contacts",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *(NotFound, NotWanted, LimitReached, TextTooLong, BadText),
        asks=ContactRequest(_BOB.id, "We met in Linz."),
        gives=ContactResult(_ASKED),
    ),
)
async def ask(request: ApiRequest, data: JSONBody[ContactRequest]) -> ContactResult:
    """Ask somebody to be a contact, or agree when they ask already."""
    asked = await request.services.contacts.request(request.user.user, UserId(data.user), data.text)
    return ContactResult(asked)


@post(
    "/contacts/{user_id:str}/decide",
    status_code=200,
    guards=[signed_in],
    opt=described(NotFound, LimitReached, asks=Answer(True), gives=ContactResult(_CONTACT)),
)
async def decide(
    request: ApiRequest, user_id: FromPath[str], data: JSONBody[Answer]
) -> ContactResult:
    """Accept or refuse a request. Whoever is refused is not told."""
    decided = await request.services.contacts.decide(
        request.user.user, UserId(user_id), accept=data.accept
    )
    return ContactResult(decided)


@patch(
    "/contacts/{user_id:str}",
    guards=[signed_in],
    opt=described(
        *(NotFound, LimitReached, TextTooLong, BadText),
        asks=Description("Bobby", ("work",)),
        gives=ContactResult(_CONTACT),
    ),
)
async def describe(
    request: ApiRequest, user_id: FromPath[str], data: JSONBody[Description]
) -> ContactResult:
    """What one calls a contact, and how one sorts them; nobody else sees it."""
    check_wish(data)
    described_now = await request.services.contacts.update(
        request.user.user, UserId(user_id), data.remark, data.tags
    )
    return ContactResult(described_now)


@delete("/contacts/{user_id:str}", guards=[signed_in], opt=described(NotFound))
async def remove(request: ApiRequest, user_id: FromPath[str]) -> None:
    """No contacts any more, for both; or a request of one's own is withdrawn."""
    await request.services.contacts.remove(request.user.user, UserId(user_id))


@get(
    "/blocks",
    guards=[signed_in],
    opt=described(gives=BlocksResult((Blocked(_BOB.id, 1_790_000_000_000),), (_BOB,))),
)
async def blocks(request: ApiRequest, cursor: Cursor = "", limit: Limit = 100) -> BlocksResult:
    """Whom one blocks."""
    services = request.services
    listed, following = await services.contacts.blocked(request.user.user, cursor, limit)
    users = await services.people.users([blocked.user_id for blocked in listed])
    return BlocksResult(tuple(listed), tuple(users), following)


@post(
    "/blocks",
    status_code=204,
    guards=[signed_in],
    opt=described(NotFound, LimitReached, asks=BlockSet(_BOB.id, True)),
)
async def block(request: ApiRequest, data: JSONBody[BlockSet]) -> None:
    """Block somebody, or not any more. It works both ways."""
    await request.services.contacts.block(request.user.user, UserId(data.user), on=data.on)


HANDLERS = (contacts, ask, decide, describe, remove, blocks, block)
