"""Ways into groups: links, joining, asking to be let in."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import Cursor, Limit, Position
from parlor.im.groups.links import path_of
from parlor.model.account import User
from parlor.model.errors import (
    Forbidden,
    GroupDissolved,
    LimitReached,
    LinkEnded,
    NotFound,
    NotMember,
    TooManyMembers,
)
from parlor.model.group import Join
from parlor.model.group_link import GroupLink, JoinRequest, Preview
from parlor.model.ids import ConversationId, UserId
from parlor.wire.native.methods.groups import (
    GroupActResult,
    GroupJoin,
    GroupJoinResult,
    GroupLinkResult,
    GroupLinksResult,
    GroupPreviewResult,
    GroupRequestsResult,
)

Code = Annotated[str, QueryParameter(max_length=64, description="The code of a link.")]
Group = Annotated[str, QueryParameter(max_length=32, description="The id of an open group.")]


class NewLink(msgspec.Struct, frozen=True):
    """0: it never expires, it works as often as one likes."""

    client_id: str
    expires_in_s: Position = 0
    max_uses: Position = 0


class Decision(msgspec.Struct, frozen=True):
    client_id: str
    let_in: bool


_ANN, _BOB = UserId("6755399441055744"), UserId("5000111222333444")
_GROUP = ConversationId("8112233445566778")
_LINK = GroupLink("3q2-796tvu_erb7v3q2-7w", _GROUP, _ANN, 1_790_000_000_000, max_uses=5)
_ASKED = JoinRequest(_GROUP, _BOB, "I teach here.", 1_790_000_000_000)
_REFUSES = (NotFound, NotMember, Forbidden, GroupDissolved)


@post(
    "/conversations/{conversation_id:str}/links",
    guards=[signed_in],
    opt=described(
        *_REFUSES,
        LimitReached,
        asks=NewLink("b1946ac9", max_uses=5),
        gives=GroupLinkResult(_LINK, path_of(_LINK)),
    ),
)
async def make_link(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[NewLink]
) -> GroupLinkResult:
    """Make a link by which people come in. Its path after this server's address is the link."""
    link = await request.services.groups.links.make(
        request.user.user,
        ConversationId(conversation_id),
        data.client_id,
        expires_in_s=data.expires_in_s,
        max_uses=data.max_uses,
    )
    return GroupLinkResult(link, path_of(link))


@get(
    "/conversations/{conversation_id:str}/links",
    guards=[signed_in],
    opt=described(*_REFUSES, gives=GroupLinksResult((_LINK,))),
)
async def links(request: ApiRequest, conversation_id: FromPath[str]) -> GroupLinksResult:
    """The links that work, newest first."""
    group = ConversationId(conversation_id)
    listed = await request.services.groups.links.list(request.user.user, group)
    return GroupLinksResult(tuple(listed))


@delete(
    "/conversations/{conversation_id:str}/links/{code:str}",
    status_code=204,
    guards=[signed_in],
    opt=described(*_REFUSES),
)
async def end_link(
    request: ApiRequest, conversation_id: FromPath[str], code: FromPath[str]
) -> None:
    """Let nobody in by this link any more."""
    group = ConversationId(conversation_id)
    await request.services.groups.links.end(request.user.user, group, code)


@get(
    "/groups/preview",
    guards=[signed_in],
    opt=described(
        *(NotFound, LinkEnded, GroupDissolved),
        gives=GroupPreviewResult(Preview(_GROUP, "Team", "", 12, Join.APPROVAL, False, False)),
    ),
)
async def preview(
    request: ApiRequest, code: Code = "", conversation_id: Group = ""
) -> GroupPreviewResult:
    """What may be seen from outside, by the code of a link or the id of an open group."""
    group = ConversationId(conversation_id) if conversation_id else None
    found = await request.services.groups.links.look(request.user.user, code, group)
    return GroupPreviewResult(found)


@post(
    "/groups/join",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *(NotFound, LinkEnded, GroupDissolved, TooManyMembers, LimitReached),
        asks=GroupJoin("b1946ac9", _LINK.code),
        gives=GroupJoinResult(_GROUP, True),
    ),
)
async def join(request: ApiRequest, data: JSONBody[GroupJoin]) -> GroupJoinResult:
    """Come in, or ask to be let in where that is the rule."""
    group, inside = await request.services.groups.joining.join(
        request.user.user,
        data.client_id,
        data.code,
        ConversationId(data.conversation_id) if data.conversation_id else None,
        data.text,
    )
    return GroupJoinResult(group, inside)


@get(
    "/conversations/{conversation_id:str}/requests",
    guards=[signed_in],
    opt=described(*_REFUSES, gives=GroupRequestsResult((_ASKED,), (User(_BOB, "bob", "Bob Li"),))),
)
async def requests(
    request: ApiRequest, conversation_id: FromPath[str], cursor: Cursor = "", limit: Limit = 50
) -> GroupRequestsResult:
    """Who asks to come in, with their profiles, in pages of at most 100."""
    listed, following = await request.services.groups.joining.requests(
        request.user.user, ConversationId(conversation_id), cursor, limit
    )
    users = await request.services.people.users([asked.user_id for asked in listed])
    return GroupRequestsResult(tuple(listed), tuple(users), following)


@post(
    "/conversations/{conversation_id:str}/requests/{user_id:str}",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *_REFUSES, TooManyMembers, asks=Decision("b1946ac9", True), gives=GroupActResult(None)
    ),
)
async def decide(
    request: ApiRequest,
    conversation_id: FromPath[str],
    user_id: FromPath[str],
    data: JSONBody[Decision],
) -> GroupActResult:
    """Let somebody in who has asked, or say no."""
    event = await request.services.groups.joining.decide(
        request.user.user,
        ConversationId(conversation_id),
        data.client_id,
        UserId(user_id),
        let_in=data.let_in,
    )
    return GroupActResult(event)


HANDLERS = (make_link, links, end_link, preview, join, requests, decide)
