"""One's own things, the same on all one's devices, and catching up with everything."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import MAX_NUMBER, Cursor, Limit, Position
from parlor.im.shown import changes_result, entry_result, self_result, stars_result
from parlor.model.errors import BadText, LimitReached, NotFound, NotMember, TextTooLong
from parlor.model.ids import ConversationId
from parlor.model.own import Arrangement, Notify
from parlor.model.self_log import SelfKind
from parlor.wire.native.methods.own import (
    EntryResult,
    EventsAtResult,
    SelfResult,
    StarsResult,
    SyncResult,
)
from parlor.wire.native.pushes import SelfEntry

Since: TypeAlias = Annotated[
    int,
    QueryParameter(ge=0, le=MAX_NUMBER, description="The last number that one has, 0 for none."),
]
Time: TypeAlias = Annotated[
    int, QueryParameter(ge=0, le=MAX_NUMBER, description="Unix time in milliseconds.")
]


class Arranged(msgspec.Struct, frozen=True):
    """What is left out stays as it is."""

    pinned: bool | None = None
    notify: Notify | None = None
    hidden: bool | None = None
    unread_mark: bool | None = None


class NewDraft(msgspec.Struct, frozen=True):
    """An empty one is taken away; with `seen`, as `draft.set` says."""

    text: str
    reply_to: Position = 0
    seen: Position | None = None


class NewSetting(msgspec.Struct, frozen=True):
    """`value` is JSON text; null takes the setting away."""

    value: str | None


class Have(msgspec.Struct, frozen=True):
    """As the parameters of `sync.changes`; a new device has `{}`."""

    have: dict[str, Position]
    self_seq: Position = 0
    self_cursor: str = ""
    cursor: str = ""
    limit: Position = 200


_PINNED = SelfEntry(
    "c:8112233445566778",
    SelfKind.CONVERSATION,
    12,
    '{"read_seq":7,"pinned":true}',
    1_790_000_000_000,
)
_ENTRY = EntryResult(_PINNED)


@get(
    "/me/entries",
    guards=[signed_in],
    opt=described(gives=SelfResult((_PINNED,), 12)),
)
async def entries(
    request: ApiRequest, after: Since = 0, cursor: Cursor = "", limit: Limit = 200
) -> SelfResult:
    """What is one's own and has changed after number `after`: settings, drafts, stars, contacts."""
    page = await request.services.own.log.list(request.user.user, after, cursor, limit)
    return self_result(page)


@post(
    "/conversations/{conversation_id:str}/arrange",
    status_code=200,
    guards=[signed_in],
    opt=described(NotFound, NotMember, asks=Arranged(pinned=True), gives=_ENTRY),
)
async def arrange(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[Arranged]
) -> EntryResult:
    """Pin a conversation, hide it, mark it as unread, choose what is notified; for oneself."""
    wish = Arrangement(data.pinned, data.notify, data.hidden, data.unread_mark)
    talk = ConversationId(conversation_id)
    return entry_result(await request.services.own.log.arrange(request.user.user, talk, wish))


@put(
    "/conversations/{conversation_id:str}/draft",
    guards=[signed_in],
    opt=described(
        *(NotFound, NotMember, TextTooLong, BadText),
        asks=NewDraft("See you at"),
        gives=EntryResult(None),
    ),
)
async def draft(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[NewDraft]
) -> EntryResult:
    """Keep what is written and not sent."""
    drafts, talk = request.services.own.drafts, ConversationId(conversation_id)
    user, device = request.user.user, request.user.device
    return entry_result(
        await drafts.set(user, talk, data.text, data.reply_to, device=device, seen=data.seen)
    )


@put(
    "/me/settings/{name:str}",
    guards=[signed_in],
    opt=described(LimitReached, asks=NewSetting('"dark"'), gives=EntryResult(None)),
)
async def setting(
    request: ApiRequest, name: FromPath[str], data: JSONBody[NewSetting]
) -> EntryResult:
    """Keep a setting that all one's devices agree on."""
    preferences = request.services.own.preferences
    return entry_result(await preferences.set(request.user.user, name, data.value))


@put(
    "/conversations/{conversation_id:str}/events/{seq:int}/star",
    guards=[signed_in],
    opt=described(NotFound, NotMember, LimitReached, gives=EntryResult(None)),
)
async def star(
    request: ApiRequest, conversation_id: FromPath[str], seq: FromPath[int]
) -> EntryResult:
    """Keep a message among one's stars."""
    stars, talk = request.services.own.stars, ConversationId(conversation_id)
    return entry_result(await stars.set(request.user.user, talk, seq, on=True))


@delete(
    "/conversations/{conversation_id:str}/events/{seq:int}/star",
    status_code=200,
    guards=[signed_in],
    opt=described(NotFound, NotMember, gives=EntryResult(None)),
)
async def unstar(
    request: ApiRequest, conversation_id: FromPath[str], seq: FromPath[int]
) -> EntryResult:
    """Take a message off one's stars."""
    stars, talk = request.services.own.stars, ConversationId(conversation_id)
    return entry_result(await stars.set(request.user.user, talk, seq, on=False))


@get("/me/stars", guards=[signed_in], opt=described(gives=StarsResult(())))
async def stars(request: ApiRequest, cursor: Cursor = "", limit: Limit = 50) -> StarsResult:
    """One's starred messages, the last starred first."""
    services = request.services
    page, following = await services.own.stars.list(request.user.user, cursor, limit)
    return await stars_result(page, following, services.people)


@get(
    "/conversations/{conversation_id:str}/events/at",
    guards=[signed_in],
    opt=described(NotFound, NotMember, gives=EventsAtResult(7)),
)
async def at(request: ApiRequest, conversation_id: FromPath[str], time: Time) -> EventsAtResult:
    """The first event of a conversation from a time on, to page its history from there."""
    changes, talk = request.services.own.changes, ConversationId(conversation_id)
    return EventsAtResult(await changes.seq_at(request.user.user, talk, time))


@post(
    "/sync",
    status_code=200,
    guards=[signed_in],
    opt=described(asks=Have({"8112233445566778": 7}, 12), gives=SyncResult((), SelfResult((), 12))),
)
async def changes(request: ApiRequest, data: JSONBody[Have]) -> SyncResult:
    """What has happened in all one's conversations since one has what one says, in pages."""
    services = request.services
    page = await services.own.changes.page(
        request.user.user,
        {ConversationId(talk): seq for talk, seq in data.have.items()},
        data.self_seq,
        self_cursor=data.self_cursor,
        cursor=data.cursor,
        limit=data.limit,
    )
    return await changes_result(page, services.people)


HANDLERS = (entries, arrange, draft, setting, star, unstar, stars, at, changes)
