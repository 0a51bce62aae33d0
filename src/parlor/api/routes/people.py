"""Oneself and others: profile, display name, finding people."""

from __future__ import annotations

import msgspec
from litestar import get, patch
from litestar.params import JSONBody

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import Cursor, Limit, Words
from parlor.model.account import User
from parlor.model.errors import BadDisplayName
from parlor.model.ids import UserId
from parlor.wire.native.methods import UserResult, UsersResult


class Me(msgspec.Struct, frozen=True):
    """`device` is the one that the token belongs to."""

    user: User
    admin: bool
    device: str


class NewProfile(msgspec.Struct, frozen=True):
    display_name: str


_ANN = User(UserId("6755399441055744"), "ann", "Ann Lee")


@get("/me", guards=[signed_in], opt=described(gives=Me(_ANN, False, "laptop")))
async def own_profile(request: ApiRequest) -> Me:
    """Who this token belongs to."""
    who = request.user
    return Me(await request.services.people.user(who.user), who.admin, who.device)


@patch(
    "/me",
    guards=[signed_in],
    opt=described(BadDisplayName, asks=NewProfile("Ann L."), gives=UserResult(_ANN)),
)
async def rename(request: ApiRequest, data: JSONBody[NewProfile]) -> UserResult:
    """Change one's display name."""
    return UserResult(await request.services.people.rename(request.user.user, data.display_name))


@get("/users", guards=[signed_in], opt=described(gives=UsersResult((_ANN,))))
async def find_people(
    request: ApiRequest, words: Words, cursor: Cursor = "", limit: Limit = 20
) -> UsersResult:
    """People whose account name or a word of whose display name starts with `query`."""
    users, following = await request.services.people.find(words, cursor, limit)
    return UsersResult(tuple(users), following)


HANDLERS = (own_profile, rename, find_people)
