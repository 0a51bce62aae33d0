"""Groups: what their members do with them. Each answer has the event it made, null for none."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import Position
from parlor.model.errors import (
    BadDisplayName,
    Forbidden,
    GroupDissolved,
    LimitReached,
    NotFound,
    NotMember,
    NotWanted,
    OwnerMustTransfer,
    TextTooLong,
    TooManyMembers,
)
from parlor.model.event import Event, EventKind
from parlor.model.group import GroupSettings, Join, Role
from parlor.model.group_change import SettingsChange
from parlor.model.ids import ConversationId, EventId, UserId
from parlor.wire.native.methods.groups import GroupActResult, GroupOnlineResult


class Act(msgspec.Struct, frozen=True):
    """The same `client_id` again is the same act."""

    client_id: str


class SomeMembers(msgspec.Struct, frozen=True):
    client_id: str
    members: tuple[str, ...]


class NewRole(msgspec.Struct, frozen=True):
    client_id: str
    user_id: str
    role: Role


class NewOwner(msgspec.Struct, frozen=True):
    client_id: str
    user_id: str


class Muting(msgspec.Struct, frozen=True):
    """One member for `for_s` seconds (0: until taken back), or with an empty `user_id` everybody
    below administrator. `off` takes it back."""

    client_id: str
    user_id: str = ""
    for_s: Position = 0
    off: bool = False


class Update(msgspec.Struct, frozen=True):
    """Exactly one of `title`, `announcement`, `avatar` and `settings`."""

    client_id: str
    title: str | None = None
    announcement: str | None = None
    avatar: str | None = None
    settings: SettingsChange | None = None


_BOB = UserId("5000111222333444")
_GROUP = ConversationId("8112233445566778")


def _example(kind: EventKind, **values: object) -> GroupActResult:
    event = Event(
        _GROUP, 7, EventId(f"{_GROUP}-7"), kind, UserId("6755399441055744"), 1_790_000_000_000
    )
    return GroupActResult(msgspec.structs.replace(event, client_id="b1946ac9", **values))


_REFUSES = (NotFound, NotMember, Forbidden, GroupDissolved)


@post(
    "/conversations/{conversation_id:str}/members",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *_REFUSES,
        TooManyMembers,
        LimitReached,
        NotWanted,
        asks=SomeMembers("b1946ac9", (_BOB,)),
        gives=_example(EventKind.JOINED, members=(_BOB,)),
    ),
)
async def invite(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[SomeMembers]
) -> GroupActResult:
    """Bring people in; those who are there already are left out, and `waiting` names those whom
    somebody who decides on requests has to let in."""
    joining, members = request.services.groups.joining, list(map(UserId, data.members))
    group = ConversationId(conversation_id)
    event, waiting = await joining.invite(request.user.user, group, data.client_id, members)
    return GroupActResult(event, tuple(waiting))


@post(
    "/conversations/{conversation_id:str}/members/remove",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *_REFUSES,
        asks=SomeMembers("b1946ac9", (_BOB,)),
        gives=_example(EventKind.LEFT, members=(_BOB,)),
    ),
)
async def remove(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[SomeMembers]
) -> GroupActResult:
    """Put people out: all of them or, when one of them may not be removed, none."""
    acts, members = request.services.groups.acts, list(map(UserId, data.members))
    group = ConversationId(conversation_id)
    return GroupActResult(await acts.remove(request.user.user, group, data.client_id, members))


@post(
    "/conversations/{conversation_id:str}/leave",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *_REFUSES,
        OwnerMustTransfer,
        asks=Act("b1946ac9"),
        gives=_example(EventKind.LEFT, members=(_BOB,)),
    ),
)
async def leave(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[Act]
) -> GroupActResult:
    """Go. The owner hands the group over before, unless nobody else is there."""
    group = ConversationId(conversation_id)
    acts = request.services.groups.acts
    return GroupActResult(await acts.leave(request.user.user, group, data.client_id))


@post(
    "/conversations/{conversation_id:str}/role",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *_REFUSES,
        asks=NewRole("b1946ac9", _BOB, Role.ADMINISTRATOR),
        gives=_example(EventKind.ROLE, members=(_BOB,), role=Role.ADMINISTRATOR),
    ),
)
async def give_role(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[NewRole]
) -> GroupActResult:
    """Make somebody an administrator, or a member again: the owner's to do."""
    event = await request.services.groups.acts.give_role(
        request.user.user,
        ConversationId(conversation_id),
        data.client_id,
        UserId(data.user_id),
        data.role,
    )
    return GroupActResult(event)


@post(
    "/conversations/{conversation_id:str}/transfer",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *_REFUSES,
        asks=NewOwner("b1946ac9", _BOB),
        gives=_example(EventKind.ROLE, members=(_BOB,), role=Role.OWNER),
    ),
)
async def transfer(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[NewOwner]
) -> GroupActResult:
    """Hand the group over; who had it is an administrator from then on."""
    event = await request.services.groups.acts.transfer(
        request.user.user, ConversationId(conversation_id), data.client_id, UserId(data.user_id)
    )
    return GroupActResult(event)


@post(
    "/conversations/{conversation_id:str}/mute",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *_REFUSES,
        asks=Muting("b1946ac9", _BOB, 3_600),
        gives=_example(EventKind.MUTE, members=(_BOB,), until=1_790_003_600_000),
    ),
)
async def mute(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[Muting]
) -> GroupActResult:
    """Let one member, or everybody below administrator, not write for a while."""
    event = await request.services.groups.acts.mute(
        request.user.user,
        ConversationId(conversation_id),
        data.client_id,
        UserId(data.user_id) if data.user_id else None,
        data.for_s,
        off=data.off,
    )
    return GroupActResult(event)


@post(
    "/conversations/{conversation_id:str}/update",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *_REFUSES,
        *(BadDisplayName, TextTooLong),
        asks=Update("b1946ac9", settings=SettingsChange(join=Join.APPROVAL, slow_mode_s=10)),
        gives=_example(
            EventKind.SETTINGS, settings=GroupSettings(join=Join.APPROVAL, slow_mode_s=10)
        ),
    ),
)
async def update(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[Update]
) -> GroupActResult:
    """Change the title, the announcement, the picture or the settings: one of them."""
    event = await request.services.groups.acts.update(
        request.user.user,
        ConversationId(conversation_id),
        data.client_id,
        title=data.title,
        announcement=data.announcement,
        avatar=data.avatar,
        wish=data.settings,
    )
    return GroupActResult(event)


@post(
    "/conversations/{conversation_id:str}/dissolve",
    status_code=200,
    guards=[signed_in],
    opt=described(*_REFUSES, asks=Act("b1946ac9"), gives=_example(EventKind.DISSOLVED)),
)
async def dissolve(
    request: ApiRequest, conversation_id: FromPath[str], data: JSONBody[Act]
) -> GroupActResult:
    """End it for good: its members can read it, and nothing happens there any more."""
    group = ConversationId(conversation_id)
    acts = request.services.groups.acts
    return GroupActResult(await acts.dissolve(request.user.user, group, data.client_id))


@get(
    "/conversations/{conversation_id:str}/online",
    guards=[signed_in],
    opt=described(NotFound, NotMember, gives=GroupOnlineResult(37, 25_000)),
)
async def online(request: ApiRequest, conversation_id: FromPath[str]) -> GroupOnlineResult:
    """How many of its members are connected."""
    group = ConversationId(conversation_id)
    count = await request.services.groups.online.count(request.user.user, group)
    return GroupOnlineResult(*count)


HANDLERS = (invite, remove, leave, give_role, transfer, mute, update, dissolve, online)
