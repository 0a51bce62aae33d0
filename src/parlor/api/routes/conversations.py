"""Conversations: making, listing, who is in them, how far one has read."""

from __future__ import annotations

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import Cursor, Limit, Position, Version, Words
from parlor.model.account import User
from parlor.model.conversation import ConversationKind, ConversationView, Member
from parlor.model.errors import BadDisplayName, Forbidden, NotFound, NotMember, TooManyMembers
from parlor.model.group import Role
from parlor.model.ids import ConversationId, UserId
from parlor.wire.native.methods import ConversationListResult, MembersResult, ReadResult


class NewConversation(msgspec.Struct, frozen=True):
    """`members` are the others; a direct conversation has exactly one and no title.

    The `client_id` of a group one has made gives that group again.
    """

    kind: ConversationKind
    members: tuple[str, ...]
    title: str = ""
    client_id: str = ""


class ConversationReply(msgspec.Struct, frozen=True):
    conversation: ConversationView


class ReadUpTo(msgspec.Struct, frozen=True):
    seq: Position


_ANN, _BOB = UserId("6755399441055744"), UserId("5000111222333444")
_TEAM = ConversationView(
    id=ConversationId("8112233445566778"),
    kind=ConversationKind.GROUP,
    title="Team",
    last_seq=1,
    read_seq=1,
    unread=0,
    active_at=1_790_000_000_000,
    last_event=None,
    peer=None,
    member_count=2,
)


@post(
    "/conversations",
    guards=[signed_in],
    opt=described(
        *(NotFound, BadDisplayName, TooManyMembers),
        also={200: "The direct conversation of these two that was there already."},
        asks=NewConversation(ConversationKind.GROUP, (_BOB,), "Team"),
        gives=ConversationReply(_TEAM),
    ),
)
async def create(
    request: ApiRequest, data: JSONBody[NewConversation]
) -> Response[ConversationReply]:
    """Begin a conversation, or get the direct one that exists."""
    view, created = await request.services.threads.create(
        request.user.user,
        data.kind,
        tuple(map(UserId, data.members)),
        data.title,
        client_id=data.client_id,
    )
    return Response(ConversationReply(view), status_code=201 if created else 200)


@get(
    "/conversations",
    guards=[signed_in],
    opt=described(gives=ConversationListResult((_TEAM,), "")),
)
async def page(
    request: ApiRequest, cursor: Cursor = "", limit: Limit = 50
) -> ConversationListResult:
    """One's conversations, the most recently active first."""
    views, following = await request.services.threads.page(request.user.user, cursor, limit)
    return ConversationListResult(tuple(views), following)


@get(
    "/conversations/{conversation_id:str}",
    guards=[signed_in],
    opt=described(NotFound, NotMember, gives=ConversationReply(_TEAM)),
)
async def show(request: ApiRequest, conversation_id: FromPath[str]) -> ConversationReply:
    """One conversation as its member sees it."""
    view = await request.services.threads.get(request.user.user, ConversationId(conversation_id))
    return ConversationReply(view)


@get(
    "/conversations/{conversation_id:str}/members",
    guards=[signed_in],
    opt=described(
        NotFound,
        NotMember,
        Forbidden,
        gives=MembersResult((Member(_ANN, Role.OWNER, 1, 1),), (User(_ANN, "ann", "Ann Lee"),)),
    ),
)
async def members(
    request: ApiRequest,
    conversation_id: FromPath[str],
    cursor: Cursor = "",
    limit: Limit = 100,
    words: Words = "",
    version: Version = None,
) -> MembersResult:
    """Who is in it, in pages of at most 100, with the profiles of those on the page; by name
    with `query`, what has changed with `version`."""
    services = request.services
    listed = await services.groups.members.page(
        request.user.user,
        ConversationId(conversation_id),
        cursor,
        limit,
        query=words,
        since=version,
    )
    users = await services.people.users([member.user_id for member in listed.members])
    return MembersResult(listed.members, tuple(users), listed.cursor, listed.version, listed.left)


@post(
    "/conversations/{conversation_id:str}/read",
    status_code=200,
    guards=[signed_in],
    opt=described(NotFound, NotMember, asks=ReadUpTo(7), gives=ReadResult(7, 0)),
)
async def read(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[ReadUpTo]
) -> ReadResult:
    """Everything up to `seq` was read. The position never moves back."""
    read_seq, unread = await request.services.reading.set(
        request.user.user, ConversationId(conversation_id), data.seq
    )
    return ReadResult(read_seq, unread)


HANDLERS = (create, page, show, members, read)
