"""Oneself and others: profile, privacy, finding people."""

from __future__ import annotations

import hashlib

import msgspec
from litestar import Response, get, patch
from litestar.params import FromPath, JSONBody

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import Cursor, Limit, Words, check_wish
from parlor.im.profiles import PrivacyWish
from parlor.model.account import User
from parlor.model.errors import BadDisplayName, BadText, NotFound, TextTooLong
from parlor.model.ids import UserId
from parlor.model.people import Privacy, Profile, Who
from parlor.wire.native.methods import UserResult, UsersResult
from parlor.wire.native.methods.profiles import PrivacyResult, ProfileResult


class Me(msgspec.Struct, frozen=True):
    """`device` is the one that the token belongs to."""

    user: User
    admin: bool
    device: str


class NewProfile(msgspec.Struct, frozen=True):
    """What is null stays. `avatar` is the id of an uploaded picture; empty: none."""

    display_name: str | None = None
    about: str | None = None
    avatar: str | None = None


_ANN = User(UserId("6755399441055744"), "ann", "Ann Lee")


@get("/me", guards=[signed_in], opt=described(gives=Me(_ANN, False, "laptop")))
async def own_profile(request: ApiRequest) -> Me:
    """Who this token belongs to."""
    who = request.user
    return Me(await request.services.people.user(who.user), who.admin, who.device)


@patch(
    "/me",
    guards=[signed_in],
    opt=described(
        *(BadDisplayName, TextTooLong, BadText, NotFound),
        asks=NewProfile("Ann L.", about="Climbs things."),
        gives=UserResult(_ANN),
    ),
)
async def change(request: ApiRequest, data: JSONBody[NewProfile]) -> UserResult:
    """Change one's display name, the line about oneself, one's picture."""
    check_wish(data)
    user = await request.services.profiles.update(
        request.user.user, display_name=data.display_name, about=data.about, avatar=data.avatar
    )
    return UserResult(user)


@get("/me/privacy", guards=[signed_in], opt=described(gives=PrivacyResult(Privacy())))
async def privacy(request: ApiRequest) -> PrivacyResult:
    """Who may find, see, write to and add one."""
    return PrivacyResult(await request.services.profiles.privacy(request.user.user))


@patch(
    "/me/privacy",
    guards=[signed_in],
    opt=described(asks=PrivacyWish(write=Who.CONTACTS), gives=PrivacyResult(Privacy())),
)
async def change_privacy(request: ApiRequest, data: JSONBody[PrivacyWish]) -> PrivacyResult:
    """Change some of it; what is null stays."""
    check_wish(data)
    return PrivacyResult(await request.services.profiles.set_privacy(request.user.user, data))


@get("/users", guards=[signed_in], opt=described(gives=UsersResult((_ANN,))))
async def find_people(
    request: ApiRequest, words: Words, cursor: Cursor = "", limit: Limit = 20
) -> UsersResult:
    """People whose account name or a word of whose display name starts with `query`, or whose id
    it is; without those who do not want to be found this way."""
    users, following = await request.services.people.find(words, cursor, limit)
    return UsersResult(tuple(users), following)


@get(
    "/users/{user_id:str}",
    guards=[signed_in],
    opt=described(
        NotFound,
        also={304: "It is as `If-None-Match` says."},
        gives=ProfileResult(Profile(_ANN, "Climbs things.", "3f0a77c1b2d4e596")),
    ),
)
async def profile(request: ApiRequest, user_id: FromPath[str]) -> Response[ProfileResult]:
    """Somebody's profile, with what one keeps of them oneself."""
    found = await request.services.profiles.get(request.user.user, UserId(user_id))
    digest = hashlib.sha256(msgspec.json.encode(found)).hexdigest()[:32]
    kept = {"etag": f'"{digest}"', "cache-control": "private, no-cache"}
    if request.headers.get("if-none-match") == kept["etag"]:
        # No body, whatever the type says: Litestar sends none with this status.
        return Response(None, status_code=304, headers=kept)  # type: ignore[arg-type]
    return Response(ProfileResult(found), headers=kept)


HANDLERS = (own_profile, change, privacy, change_privacy, find_people, profile)
