"""Sending connections away: what a program does when its own user was signed out or banned."""

from __future__ import annotations

import msgspec
from litestar import post
from litestar.params import JSONBody

from parlor.api.audited import enter
from parlor.api.described import described
from parlor.api.identity import KeyWith
from parlor.api.request import ApiRequest
from parlor.model.account import Scope
from parlor.model.errors import BadRequest, Overloaded
from parlor.ports.accounts import RevocationKind

_MAX_CHARS = 200
_MAX_SUBJECT_CHARS = 128


class Revoke(msgspec.Struct, frozen=True, omit_defaults=True):
    """Exactly one of the four. `token_id` is the `jti` of a JWT, or what the callback named."""

    user: str | None = None
    device: str | None = None
    session: str | None = None
    token_id: str | None = None


class RevokeReply(msgspec.Struct, frozen=True):
    """Until when what was issued before is refused, in Unix seconds; by then it has expired."""

    refused_until: int


@post(
    "/connections/revoke",
    status_code=200,
    guards=[KeyWith(Scope.ADMIN)],
    opt=described(Overloaded, asks=Revoke(user="ann"), gives=RevokeReply(1_800_003_600)),
)
async def revoke(request: ApiRequest, data: JSONBody[Revoke]) -> RevokeReply:
    """Close the connections of a user, a device, a sign-in or a token, and refuse its tokens.

    Refused is what was issued until now: a token that was made later, or a new sign-in, is good.
    """
    authentication = request.services.authentication
    match data:
        case Revoke(user=str(value), device=None, session=None, token_id=None):
            what, done = "user", authentication.revoke(RevocationKind.USER, _checked(value))
        case Revoke(user=None, device=str(value), session=None, token_id=None):
            what, done = "device", authentication.revoke(RevocationKind.DEVICE, _checked(value))
        case Revoke(user=None, device=None, session=str(value), token_id=None):
            what, done = "session", authentication.revoke(RevocationKind.SESSION, _checked(value))
        case Revoke(user=None, device=None, session=None, token_id=str(value)):
            what, done = "token", authentication.revoke_token(_checked(value))
        case _:
            raise BadRequest("Give exactly one of user, device, session, token_id.")
    expires_at = int((await done).expires_at)
    await enter(request, f"{what}.revoke", value[:_MAX_SUBJECT_CHARS], until=expires_at)
    return RevokeReply(expires_at)


def _checked(value: str) -> str:
    if not 1 <= len(value) <= _MAX_CHARS or not value.isprintable():
        raise BadRequest(f"A name has 1 to {_MAX_CHARS} printable characters.")
    return value


HANDLERS = (revoke,)
