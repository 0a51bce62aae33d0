"""Users whom only a customer's token knows: from what it claims to who that is here.

Owns the names that customers may give. Their user ids are their own business, but never one of
an account of this server, unless the operator lets tokens name accounts (`auth.map_accounts`).
"""

from __future__ import annotations

import hashlib

from parlor.accounts.auth_settings import AuthSettings
from parlor.model.account import Grants, Identity, User
from parlor.model.errors import BadDisplayName, Unauthenticated
from parlor.model.ids import ID_BITS, DeviceId, UserId
from parlor.model.text import MAX_TITLE_CHARS, check_display_name
from parlor.ports.tokens import Claims

MAX_SUB_CHARS = 128
MAX_DEVICE_CHARS = 64
MAX_TOKEN_ID_CHARS = 128
MAX_PATTERNS = 64
MAX_PATTERN_CHARS = 128
_FIRST_ACCOUNT = 1 << (ID_BITS - 1)
_AFTER_ACCOUNTS = 1 << ID_BITS


def is_account_id(user: str) -> bool:
    """Whether `user` is, in whatever digits and with whatever zeros, an id `number_id` makes."""
    if not user.isdecimal():
        return False
    digits = user.lstrip("0")
    return len(digits) <= 20 and _FIRST_ACCOUNT <= int(user) < _AFTER_ACCOUNTS


def session_of(token_id: str) -> str:
    """The sign-in that a customer's token is, by its id (`jti`)."""
    return f"jti:{token_id}"


def identify(claims: Claims, token: str, settings: AuthSettings) -> tuple[Identity, User]:
    """Raises Unauthenticated for names that are not allowed.

    A token without an id is named by its hash; a user without a device has one of the user's own
    name, so that each customer's user has at least one. Nobody becomes an administrator by a token.
    """
    sub = _checked(claims.sub, "sub", MAX_SUB_CHARS)
    if not sub:
        raise Unauthenticated("The token names no user.")
    maps = settings.map_accounts and is_account_id(sub)
    user = UserId(settings.user_prefix + sub)
    if is_account_id(user) and not maps:
        raise Unauthenticated("The token's sub is kept for the accounts of this server.")
    token_id = _checked(claims.token_id, "jti", MAX_TOKEN_ID_CHARS)
    if not token_id:
        token_id = "sha256-" + hashlib.sha256(token.encode()).hexdigest()[:32]
    identity = Identity(
        user=user,
        device=DeviceId(_checked(claims.device, "device", MAX_DEVICE_CHARS) or _own_device(user)),
        session=session_of(token_id),
        expires_at=claims.expires_at,
        issued_at=claims.issued_at,
        has_account=maps,
        grants=_grants(claims),
    )
    return identity, User(user, user, _name(claims.name, user))


def _own_device(user: UserId) -> DeviceId:
    """The one device of a user who names none: the user's name, or what tells it from others
    that begin alike."""
    if len(user) <= MAX_DEVICE_CHARS:
        return DeviceId(user)
    rest = "-" + hashlib.sha256(user.encode()).hexdigest()[:32]
    return DeviceId(user[: MAX_DEVICE_CHARS - len(rest)] + rest)


def _checked(text: str, what: str, max_chars: int) -> str:
    if len(text) > max_chars or not text.isprintable():
        raise Unauthenticated(f"The token's {what} has at most {max_chars} printable characters.")
    return text


def _name(name: str, user: UserId) -> str:
    """A name that cannot be shown is no reason to keep anybody out."""
    try:
        return check_display_name(name)
    except BadDisplayName:
        return user[:MAX_TITLE_CHARS]


def _grants(claims: Claims) -> Grants | None:
    if claims.rooms is None and claims.publish is None:
        return None
    for patterns in (claims.rooms or (), claims.publish or ()):
        if len(patterns) > MAX_PATTERNS or any(len(one) > MAX_PATTERN_CHARS for one in patterns):
            raise Unauthenticated(
                f"A token names at most {MAX_PATTERNS} rooms of at most {MAX_PATTERN_CHARS} "
                "characters."
            )
    return Grants(claims.rooms, claims.publish)
