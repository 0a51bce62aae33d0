"""Resume tickets: who somebody is, signed by this server, so that coming back needs no database.

Owns the form and the signature. A ticket proves that the server said this once; whether it was
revoked since is asked of `revoked`. It never outlives the token it was given for.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from parlor.model.account import Identity, User
from parlor.model.errors import Unauthenticated

PREFIX = "prt_"
MAX_CHARS = 16_384
_MAC_BYTES = 32


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """Times are Unix seconds. `made_at` is when the server looked the user up."""

    identity: Identity
    user: User
    made_at: float
    expires_at: float


class Tickets:
    """`secret` is the server's own; another secret makes every ticket void."""

    def __init__(self, secret: str, *, lifetime_s: float) -> None:
        self._key = hashlib.sha256(b"parlor resume ticket\0" + secret.encode()).digest()
        self._lifetime_s = lifetime_s
        self._encode = msgspec.msgpack.Encoder().encode
        self._decoder = msgspec.msgpack.Decoder(Ticket)

    def issue(self, identity: Identity, user: User, now: float) -> str:
        """Empty for an identity that does not expire, and where tickets are switched off."""
        expires_at = min(identity.expires_at, now + self._lifetime_s)
        if expires_at <= now:
            return ""
        body = self._encode(Ticket(identity, user, now, expires_at))
        return PREFIX + _text(self._mac(body) + body)

    def check(self, text: str, now: float) -> Ticket:
        """Raises Unauthenticated for anything that this server did not issue, or too long ago."""
        if not text.startswith(PREFIX) or len(text) > MAX_CHARS:
            raise Unauthenticated("This is no resume ticket.")
        try:
            signed = urlsafe_b64decode(_padded(text[len(PREFIX) :]))
        except ValueError as broken:
            raise Unauthenticated("This is no resume ticket.") from broken
        mac, body = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
        # One form each: base64 ignores what it does not know and the spare bits at the end.
        if not hmac.compare_digest(mac, self._mac(body)) or PREFIX + _text(signed) != text:
            raise Unauthenticated("The resume ticket was not signed by this server.")
        try:
            ticket = self._decoder.decode(body)
        except msgspec.MsgspecError as older:
            # Signed, so by a version with other fields.
            raise Unauthenticated("The resume ticket is of another version.") from older
        if ticket.expires_at <= now:
            raise Unauthenticated("The resume ticket has expired.", was_good=True)
        return ticket

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _padded(text: str) -> bytes:
    return text.encode() + b"=" * (-len(text) % 4)
