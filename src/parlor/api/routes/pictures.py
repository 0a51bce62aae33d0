"""Pictures of people and groups: raw bytes in, raw bytes out."""

from __future__ import annotations

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.model.account import User
from parlor.model.errors import BadPicture, NotFound
from parlor.model.ids import UserId
from parlor.model.picture import Picture
from parlor.wire.native.methods import UserResult

TYPES = ("image/jpeg", "image/png", "image/webp")
_ID = "0f9b3c5a1d2e4f60718293a4b5c6d7e8f9012345"
_ANN = User(UserId("6755399441055744"), "ann", "Ann Lee", _ID)


class PictureReply(msgspec.Struct, frozen=True):
    """`id` is made of the bytes; what is under it never changes."""

    picture: Picture


@post(
    "/me/avatar",
    status_code=200,
    guards=[signed_in],
    opt=described(BadPicture, NotFound, takes=TYPES, gives=UserResult(_ANN)),
)
async def set_avatar(request: ApiRequest) -> UserResult:
    """Upload a picture, and be seen with it."""
    picture = await request.services.pictures.put(request.user.user, await request.body())
    user = await request.services.profiles.update(request.user.user, avatar=picture.id)
    return UserResult(user)


@post(
    "/avatars",
    guards=[signed_in],
    opt=described(BadPicture, takes=TYPES, gives=PictureReply(Picture(_ID, "image/png", 256, 256))),
)
async def upload(request: ApiRequest) -> PictureReply:
    """Upload a picture, for oneself or a group. One that is not used soon is dropped."""
    return PictureReply(
        await request.services.pictures.put(request.user.user, await request.body())
    )


@get("/avatars/{picture_id:str}", opt=described(NotFound, returns=TYPES))
async def show(request: ApiRequest, picture_id: FromPath[str]) -> Response[bytes]:
    """The picture, for whoever has its id; it may be kept for good."""
    kind, body = await request.services.pictures.get(picture_id)
    # The type is the one that the bytes showed when they came, never what somebody said.
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(body, media_type=kind, headers=headers)


HANDLERS = (set_avatar, upload, show)
