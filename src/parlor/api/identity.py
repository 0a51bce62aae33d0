"""Who asks: the guards that turn `Authorization: Bearer …` into a user or a program.

Guards run before the body is read, so that a stranger gets 401 whatever else is wrong. What a
token or key is worth is decided by `accounts`; this module only finds it in the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from parlor.accounts.tokens import Kind
from parlor.api.in_force import InForce
from parlor.api.services import Services
from parlor.model.account import Identity, Scope
from parlor.model.address import is_loopback
from parlor.model.errors import AccountNeeded, Forbidden, RateLimited, Unauthenticated

_FORWARDING = ("x-forwarded-for", "forwarded", "x-real-ip")
Connection = ASGIConnection[BaseRouteHandler, object, object, State]


async def signed_in(connection: Connection, _: BaseRouteHandler) -> None:
    """Only somebody with an account of this server. As `known`, and raises AccountNeeded."""
    if not (await known(connection)).has_account:
        raise AccountNeeded


async def known(connection: Connection) -> Identity:
    """Whoever has a good token, within that user's pace. Sets `request.user`.

    Raises Unauthenticated, AuthUnavailable, TooManyAttempts, RateLimited.
    """
    services = _services(connection)
    address = connection.client.host if connection.client else ""
    identity = await services.authentication.authenticate(_bearer(connection), address)
    in_force = cast("InForce", connection.app.state["in_force"])
    if wait_s := in_force.user_paces.take_nowait(identity.user, services.clock.now()):
        raise RateLimited(retry_after_s=wait_s)
    connection.scope["user"] = identity
    return identity


@dataclass(frozen=True)
class KeyWith:
    """Only a program whose API key has `scope`. Raises Unauthenticated, Forbidden, OverQuota."""

    scope: Scope

    async def __call__(self, connection: Connection, _: BaseRouteHandler) -> None:
        grant = await _services(connection).keys.check(_bearer(connection), self.scope)
        connection.scope["auth"] = grant


@dataclass(frozen=True)
class UserOrKeyWith:
    """A user with any good token, or a program whose API key has `scope`."""

    scope: Scope

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        if _bearer(connection).startswith(Kind.KEY):
            await KeyWith(self.scope)(connection, handler)
        else:
            await known(connection)


async def administrator(connection: Connection, handler: BaseRouteHandler) -> None:
    """A signed-in administrator, or a program with scope admin.

    A key is never shown to those who judge tokens. Raises Unauthenticated, Forbidden,
    RateLimited, OverQuota.
    """
    if _bearer(connection).startswith(Kind.KEY):
        await KeyWith(Scope.ADMIN)(connection, handler)
        return
    await signed_in(connection, handler)
    if not cast("Identity", connection.scope["user"]).admin:
        raise Forbidden("This is for administrators.")


async def local_or_admin_key(connection: Connection, handler: BaseRouteHandler) -> None:
    """This machine itself, or a program with scope admin.

    A request that a proxy on this machine passed on is not from this machine: the address is the
    client's when the proxy is a trusted one, and fields that name a client are still there when
    it is not.
    """
    passed_on = any(field in connection.headers for field in _FORWARDING)
    address = connection.client.host if connection.client else ""
    if passed_on or not is_loopback(address):
        await KeyWith(Scope.ADMIN)(connection, handler)


def _services(connection: Connection) -> Services:
    return cast("Services", connection.app.state["services"])


def _bearer(connection: Connection) -> str:
    return bearer_token(connection.headers.get("authorization", ""))


def bearer_token(authorization: str) -> str:
    """The token or key in the value of the header (RFC 6750 §2.1). Raises Unauthenticated."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated
    return token.strip()
