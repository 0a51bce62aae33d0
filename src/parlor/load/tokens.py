"""As whom the generated connections come: where their tokens are from."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path

import msgspec

TOKEN_LIFE_S = 6 * 3_600


class Tokens(msgspec.Struct, frozen=True):
    """One of: a list that is gone through in turn, a secret to sign with, or names for a server
    that is open (`names`). None of them: empty tokens, for doors that are open."""

    given: tuple[str, ...] = ()
    secret: str = ""
    audience: str = ""
    issuer: str = ""
    names: bool = False

    def of(self, number: int, unix_s: float) -> str:
        """The token of connection `number`; users are called `bench-N`."""
        if self.given:
            return self.given[number % len(self.given)]
        if self.secret:
            return mint(f"bench-{number}", self.secret, self.audience, self.issuer, unix_s)
        return f"bench-{number}" if self.names else ""


def mint(user: str, secret: str, audience: str, issuer: str, unix_s: float) -> str:
    """A JSON Web Token signed with HS256 (RFC 7515 §A.1), good for six hours."""
    claims: dict[str, object] = {
        "sub": user,
        "aud": audience,
        "iat": int(unix_s),
        "exp": int(unix_s) + TOKEN_LIFE_S,
    }
    if issuer:
        claims["iss"] = issuer
    parts: Sequence[object] = ({"alg": "HS256", "typ": "JWT"}, claims)
    signed = b".".join(_in_base64(msgspec.json.encode(part)) for part in parts)
    signature = hmac.digest(secret.encode(), signed, hashlib.sha256)
    return (signed + b"." + _in_base64(signature)).decode()


def read_tokens(path: Path) -> tuple[str, ...]:
    """One a line; empty lines do not count. Raises ValueError in one line."""
    try:
        found = tuple(line.strip() for line in path.read_text().splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as wrong:
        raise ValueError(f"--token-file {path}: {wrong}") from wrong
    if not found:
        raise ValueError(f"--token-file {path}: there is no token in it")
    return found


def _in_base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
