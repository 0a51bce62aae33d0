"""Checking a JSON Web Token: signature by a key we chose, times, audience, issuer, claims."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jwt

from parlor.drivers.jwt.jwks import Jwks
from parlor.drivers.jwt.keys import Key, matching
from parlor.drivers.jwt.settings import ALGORITHMS, JwtSettings
from parlor.model.errors import Unauthenticated
from parlor.ports.clock import Clock
from parlor.ports.tokens import Claims

_HEADER_START = "eyJ"
"""`{"` in base64url: how every JWT begins."""
_REQUIRED = ["exp", "sub", "aud"]


class JwtTokens:
    """`keys` are fixed and tried first; `jwks`, when there is one, is asked about a token that none
    of them has signed, unless one of them bears the name that the token gives of its key."""

    name = "jwt"

    def __init__(
        self, keys: Sequence[Key], jwks: Jwks | None, settings: JwtSettings, clock: Clock
    ) -> None:
        self._keys = keys
        self._jwks = jwks
        self._settings = settings
        self._clock = clock
        self._jwt = jwt.PyJWT()

    def takes(self, token: str) -> bool:
        return token.startswith(_HEADER_START) and token.count(".") == 2

    async def check(self, token: str) -> Claims:
        algorithm, kid = self._header(token)
        own = matching(self._keys, algorithm, kid)
        payload = self._verify(token, own)
        if payload is None and self._jwks is not None and _may_be_published(algorithm, kid, own):
            payload = self._verify(token, await self._jwks.keys(algorithm, kid))
        if payload is None:
            raise Unauthenticated("The JWT is not signed by a key that is known here.")
        self._check_times(payload)
        return _claims(payload)

    def _header(self, token: str) -> tuple[str, str]:
        """What the token says of its key. That only narrows our own keys down."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as broken:
            raise Unauthenticated("This is no JWT.") from broken
        algorithm, kid = header.get("alg"), header.get("kid", "")
        if algorithm not in ALGORITHMS or not isinstance(kid, str) or "crit" in header:
            raise Unauthenticated("The JWT is signed in a way that is not taken here.")
        return algorithm, kid

    def _verify(self, token: str, keys: Sequence[Key]) -> dict[str, Any] | None:
        """What it says; None when none of these has signed it. Raises Unauthenticated."""
        for key in keys:
            try:
                # Times are checked below, by our own clock.
                return self._jwt.decode(
                    token,
                    key.material,
                    algorithms=[key.algorithm],
                    audience=self._settings.audience,
                    issuer=self._settings.issuer or None,
                    options={
                        "require": _REQUIRED,
                        "verify_exp": False,
                        "verify_nbf": False,
                        "verify_iat": False,
                        "verify_sub": False,
                        "verify_jti": False,
                    },
                )
            except jwt.InvalidSignatureError:
                continue
            except jwt.PyJWTError as wrong:
                raise Unauthenticated(f"The JWT is not for this server: {wrong}") from wrong
            except (ValueError, TypeError, RecursionError) as broken:
                raise Unauthenticated("This is no JWT.") from broken
        return None

    def _check_times(self, payload: dict[str, Any]) -> None:
        now, settings = self._clock.unix_ms() / 1000, self._settings
        expires_at = _seconds(payload, "exp")
        issued_at = _seconds(payload, "iat")
        if expires_at + settings.skew_s <= now:
            raise Unauthenticated("The JWT has expired.", was_good=True)
        if max(_seconds(payload, "nbf"), issued_at) > now + settings.skew_s:
            raise Unauthenticated("The JWT is not valid yet.", was_good=True)
        begins_at = issued_at or now
        if expires_at - begins_at > settings.max_lifetime_s + settings.skew_s:
            raise Unauthenticated("The JWT lives longer than is allowed here.", was_good=True)


def _may_be_published(algorithm: str, kid: str, own: Sequence[Key]) -> bool:
    """A secret is never published, and a key that was named is the one that counts."""
    return algorithm != "HS256" and not (kid and any(key.kid == kid for key in own))


def _claims(payload: dict[str, Any]) -> Claims:
    return Claims(
        sub=_text(payload, "sub"),
        expires_at=_seconds(payload, "exp"),
        issued_at=_seconds(payload, "iat"),
        token_id=_text(payload, "jti"),
        device=_text(payload, "device"),
        name=_text(payload, "name"),
        rooms=_texts(payload, "rooms"),
        publish=_texts(payload, "publish"),
    )


def _seconds(payload: dict[str, Any], claim: str) -> float:
    """A NumericDate (RFC 7519 §2), fractions included; 0 when it is not there."""
    value = payload.get(claim, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        raise Unauthenticated(f"The JWT's {claim} is no time.")
    return float(value)


def _text(payload: dict[str, Any], claim: str) -> str:
    value = payload.get(claim, "")
    if not isinstance(value, str):
        raise Unauthenticated(f"The JWT's {claim} is no text.")
    return value


def _texts(payload: dict[str, Any], claim: str) -> tuple[str, ...] | None:
    value = payload.get(claim)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Unauthenticated(f"The JWT's {claim} is no list of texts.")
    return tuple(value)
