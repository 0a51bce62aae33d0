"""Who a goim login is: goim's own "any JSON" only in `open` mode, a checked token otherwise.

Decides, and does not touch the connection. Called by `connection` for the first operation 7.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal, Protocol

from parlor.model.account import Identity
from parlor.model.address import is_loopback
from parlor.model.errors import Forbidden
from parlor.model.ids import ConnectionKey, UserId
from parlor.ports.entropy import Entropy
from parlor.wire.goim.login import Login

MAX_DIGITS = 18
NOBODY = UserId("")
"""The user of an anonymous connection; the hub does not index it."""


class TokenCheck(Protocol):
    """`accounts.authentication.Authentication` as this door sees it."""

    async def authenticate(self, token: str, address: str, *, anew: bool = False) -> Identity:
        """`anew`: not by what somebody said of this token a moment ago.

        Raises Unauthenticated for a missing, expired or revoked token, AuthUnavailable when
        nobody can tell, TooManyAttempts.
        """

    def check_again(self, identity: Identity) -> None:
        """Raises Unauthenticated when it was revoked since it was authenticated."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """`user` is NOBODY for an anonymous connection; `identity` is None in open mode.

    `key` is the client's own, or one nobody can guess when it gave none.
    """

    key: ConnectionKey
    user: UserId
    identity: Identity | None


class LoginCheck:
    """The door's one rule for logins, as its settings chose it."""

    def __init__(
        self, mode: Literal["token", "open"], tokens: TokenCheck, entropy: Entropy
    ) -> None:
        self._mode = mode
        self._tokens = tokens
        self._entropy = entropy

    async def check_login(self, login: Login, address: str) -> Admitted:
        """Raises as `TokenCheck`, or Forbidden when `mid` is not the token's user, and in open
        mode for a login from another machine.

        In token mode the token is the `token` field, else `key`; a key that is a token is never
        used as a connection's name, where logs and other clients could meet it.
        """
        if self._mode == "open":
            if not is_loopback(address):
                raise Forbidden("Without a token only this machine itself may log in.")
            user = UserId(str(login.mid)) if login.mid else NOBODY
            return Admitted(self._key(login.key), user, None)
        token = login.token or login.key
        identity = await self._tokens.authenticate(token, address, anew=True)
        if login.mid and str(login.mid) != identity.user:
            raise Forbidden("The mid of the login is not the user of the token.")
        return Admitted(self._key(login.key if login.token else ""), identity.user, identity)

    def check_again(self, admitted: Admitted) -> None:
        """For whoever has waited since `check_login`, just before entering the hub: a revocation
        closes only what is there. Raises Unauthenticated."""
        if admitted.identity is not None:
            self._tokens.check_again(admitted.identity)

    def parse_v1(self, token: str) -> Login:
        """A goim v1 login, which is a token and nothing else; in open mode the digits of a user
        (goim §2.15). Raises Forbidden for an empty one, and for more than a user's digits."""
        if not token:
            raise Forbidden("A login needs a token.")
        if self._mode == "open":
            if not (token.isascii() and token.isdigit() and len(token) <= MAX_DIGITS):
                raise Forbidden("In open mode the token is the number of a user.")
            return Login(int(token), "", "", "", (), "")
        return Login(0, "", "", "", (), token)

    def _key(self, wanted: str) -> ConnectionKey:
        if wanted:
            return ConnectionKey(wanted)
        return ConnectionKey(str(uuid.UUID(bytes=self._entropy.token_bytes(16), version=4)))
