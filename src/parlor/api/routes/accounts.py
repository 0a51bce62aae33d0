"""Signing up, in and out, passwords and set-up links: everything that gives or takes a token."""

from __future__ import annotations

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.services import SignedIn
from parlor.model.account import User
from parlor.model.device import Appearance, Platform
from parlor.model.errors import (
    BadDisplayName,
    BadName,
    NameTaken,
    NewPasswordNeeded,
    NotFound,
    SamePassword,
    SignUpClosed,
    TooManyAttempts,
    TooManyDevices,
    Unauthenticated,
    WeakPassword,
    WrongCredentials,
)
from parlor.model.ids import UserId


class NewAccount(msgspec.Struct, frozen=True):
    """`display_name` is the account name when left out.

    `device` names the installation that signs in, at most 64 characters; made up when left out.
    `platform` and `label` (at most 64 characters) are what the list of one's devices shows;
    guessed from the User-Agent when left out.
    """

    name: str
    password: str
    display_name: str = ""
    device: str = ""
    platform: Platform | None = None
    label: str = ""


class Credentials(msgspec.Struct, frozen=True):
    """`new_password` goes with a one-time password, which it replaces, and with no other."""

    name: str
    password: str
    device: str = ""
    platform: Platform | None = None
    label: str = ""
    new_password: str = ""


class NewPassword(msgspec.Struct, frozen=True):
    present: str
    new: str


class PasswordChanged(msgspec.Struct, frozen=True):
    """How many sign-ins on other devices have ended."""

    ended: int


class RefreshToken(msgspec.Struct, frozen=True):
    """The refresh token is spent: keep the new one from the reply. `platform` and `label` count
    where the sign-in left them open."""

    refresh_token: str
    platform: Platform | None = None
    label: str = ""


class SignedInReply(msgspec.Struct, frozen=True):
    """`token` opens requests and connections for `expires_in_s` seconds."""

    user: User
    admin: bool
    device: str
    token: str
    refresh_token: str
    expires_in_s: int


class SetUpReply(msgspec.Struct, frozen=True):
    """For whom a set-up link is; an empty `name` lets that person choose one."""

    name: str
    admin: bool


_ANN = User(UserId("6755399441055744"), "ann", "Ann Lee")
_EXAMPLE = SignedInReply(_ANN, False, "laptop", "plt_Zk3…", "plr_9fQ…", 3_600)


def _reply(who: SignedIn) -> SignedInReply:
    tokens = who.tokens
    return SignedInReply(
        who.user, who.admin, who.device, tokens.token, tokens.refresh_token, tokens.expires_in_s
    )


def _appearance(request: ApiRequest, data: NewAccount | Credentials | RefreshToken) -> Appearance:
    return Appearance(data.platform, data.label, request.headers.get("user-agent", ""))


@post(
    "/accounts",
    opt=described(
        *(SignUpClosed, NameTaken, BadName, BadDisplayName, WeakPassword, TooManyAttempts),
        asks=NewAccount("ann", "a long passphrase", "Ann Lee"),
        gives=_EXAMPLE,
    ),
)
async def sign_up(request: ApiRequest, data: JSONBody[NewAccount]) -> SignedInReply:
    """Make an account and sign it in."""
    return _reply(
        await request.services.signing.sign_up(
            data.name,
            data.password,
            data.display_name,
            device=data.device,
            address=request.address,
            appearance=_appearance(request, data),
        )
    )


@post(
    "/sessions",
    status_code=200,
    opt=described(
        *(WrongCredentials, TooManyAttempts, TooManyDevices),
        *(NewPasswordNeeded, WeakPassword, SamePassword),
        asks=Credentials("ann", "a long passphrase", "laptop"),
        gives=_EXAMPLE,
    ),
)
async def sign_in(request: ApiRequest, data: JSONBody[Credentials]) -> SignedInReply:
    """Sign in on a device; an earlier sign-in of the same device ends, and those of others as
    the server's policy says. A one-time password takes a new one along."""
    return _reply(
        await request.services.signing.sign_in(
            data.name,
            data.password,
            device=data.device,
            address=request.address,
            appearance=_appearance(request, data),
            new_password=data.new_password,
        )
    )


@post(
    "/sessions/refresh",
    status_code=200,
    opt=described(Unauthenticated, asks=RefreshToken("plr_9fQ…"), gives=_EXAMPLE),
)
async def refresh(request: ApiRequest, data: JSONBody[RefreshToken]) -> SignedInReply:
    """Trade a refresh token for new tokens. Using one twice ends the sign-in."""
    return _reply(
        await request.services.signing.refresh(
            data.refresh_token,
            address=request.address,
            appearance=_appearance(request, data),
        )
    )


@delete("/sessions/current", guards=[signed_in], opt=described())
async def sign_out(request: ApiRequest) -> None:
    """Sign this device out; its connections are closed."""
    await request.services.authentication.sign_out(request.user)


@post(
    "/me/password",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *(WrongCredentials, TooManyAttempts, WeakPassword, SamePassword),
        asks=NewPassword("a long passphrase", "a longer passphrase"),
        gives=PasswordChanged(2),
    ),
)
async def change_password(request: ApiRequest, data: JSONBody[NewPassword]) -> PasswordChanged:
    """Change one's own password. Every other device is signed out, the one that asks is not."""
    ended = await request.services.new_passwords.change(
        request.user, data.present, data.new, address=request.address
    )
    return PasswordChanged(ended)


@get("/setup/{token:str}", opt=described(NotFound, gives=SetUpReply("ann", True)))
async def look_at_link(request: ApiRequest, token: FromPath[str]) -> SetUpReply:
    """For whom this one-time link is. Looking does not spend it."""
    name, admin = await request.services.links.look(token)
    return SetUpReply(name, admin)


@post(
    "/setup/{token:str}",
    opt=described(
        *(NotFound, NameTaken, BadName, BadDisplayName, WeakPassword),
        asks=NewAccount("ann", "a long passphrase", "Ann Lee"),
        gives=_EXAMPLE,
    ),
)
async def redeem_link(
    request: ApiRequest, token: FromPath[str], data: JSONBody[NewAccount]
) -> SignedInReply:
    """Set the password of the link's account (made if need be) and sign in. Works once."""
    return _reply(
        await request.services.links.redeem(
            token,
            data.name,
            data.password,
            data.display_name,
            device=data.device,
            address=request.address,
            appearance=_appearance(request, data),
        )
    )


HANDLERS = (sign_up, sign_in, refresh, sign_out, change_password, look_at_link, redeem_link)
