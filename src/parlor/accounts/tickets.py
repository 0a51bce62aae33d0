"""Resume tickets: who somebody is, signed by this server, so that coming back needs no database.

Owns the form and the signature. A ticket proves that the server said this once; whether it was
revoked since is asked of `revoked`. It never outlives the token it was given for.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from parlor.model.account import Grants, Identity, User
from parlor.model.errors import Unauthenticated
from parlor.model.ids import DeviceId, UserId

PREFIX = "prt_"
MAX_CHARS = 16_384
_MAC_BYTES = 32


class Ticket(msgspec.Struct, frozen=True):
    """Times are Unix seconds. `made_at` is when the server looked the user up."""

    identity: Identity
    user: User
    made_at: float
    expires_at: float


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    """A ticket as it travels: the fields of identity and user side by side, without names."""

    made_at: float
    expires_at: float
    id: UserId
    name: str
    display_name: str
    device: DeviceId
    session: str
    admin: bool
    token_expires_at: float
    issued_at: float
    has_account: bool
    grants: tuple[tuple[str, ...] | None, tuple[str, ...] | None] | None
    avatar: str = ""


class Tickets:
    """`secret` is the server's own; another secret makes every ticket void."""

    def __init__(self, secret: str, *, lifetime_s: float) -> None:
        self._key = hashlib.sha256(b"parlor resume ticket\0" + secret.encode()).digest()
        self._lifetime_s = lifetime_s
        self._encode = msgspec.msgpack.Encoder().encode
        self._decoder = msgspec.msgpack.Decoder(_Packed)

    def issue(self, identity: Identity, user: User, now: float) -> str:
        """Empty for an identity that does not expire, and where tickets are switched off."""
        expires_at = min(identity.expires_at, now + self._lifetime_s)
        if expires_at <= now:
            return ""
        body = self._encode(_pack(identity, user, now, expires_at))
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
            ticket = _unpack(self._decoder.decode(body))
        except msgspec.MsgspecError as older:
            # Signed, so by a version with other fields.
            raise Unauthenticated("The resume ticket is of another version.") from older
        if ticket.expires_at <= now:
            raise Unauthenticated("The resume ticket has expired.", was_good=True)
        return ticket

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")


def _pack(identity: Identity, user: User, now: float, expires_at: float) -> _Packed:
    grants = identity.grants
    return _Packed(
        made_at=now,
        expires_at=expires_at,
        id=user.id,
        name=user.name,
        display_name=user.display_name,
        device=identity.device,
        session=identity.session,
        admin=identity.admin,
        token_expires_at=identity.expires_at,
        issued_at=identity.issued_at,
        has_account=identity.has_account,
        grants=None if grants is None else (grants.rooms, grants.publish),
        avatar=user.avatar,
    )


def _unpack(packed: _Packed) -> Ticket:
    identity = Identity(
        user=packed.id,
        device=packed.device,
        session=packed.session,
        admin=packed.admin,
        expires_at=packed.token_expires_at,
        issued_at=packed.issued_at,
        has_account=packed.has_account,
        grants=None if packed.grants is None else Grants(*packed.grants),
    )
    user = User(packed.id, packed.name, packed.display_name, packed.avatar)
    return Ticket(identity, user, packed.made_at, packed.expires_at)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _padded(text: str) -> bytes:
    return text.encode() + b"=" * (-len(text) % 4)
