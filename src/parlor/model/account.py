"""Who somebody is: users, what a token proves, what a program's key allows."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.ids import DeviceId, UserId


class User(msgspec.Struct, frozen=True):
    """What any signed-in person may see of another."""

    id: UserId
    name: str
    display_name: str


class Identity(msgspec.Struct, frozen=True):
    """What a checked token proves. `session` names the sign-in, so that it can be ended."""

    user: UserId
    device: DeviceId
    session: str
    admin: bool = False
    expires_at: float = 0.0
    """Wall clock, seconds; 0 means that it does not expire."""


class Tokens(msgspec.Struct, frozen=True):
    """`token` opens connections and requests; `refresh_token` is spent once for a new pair."""

    token: str
    refresh_token: str
    expires_in_s: int


class Scope(StrEnum):
    """What a program's API key may do."""

    PUSH = "push"
    IM = "im"
    ADMIN = "admin"


class Quota(msgspec.Struct, frozen=True, omit_defaults=True):
    """How much one key may ask. What is 0 is as the settings say for every key.

    A message is one push; a batch of n is one request and n messages.
    """

    requests_per_second: float = 0.0
    request_burst: int = 0
    messages_per_second: float = 0.0
    message_burst: int = 0
    messages_per_day: int = 0

    def __post_init__(self) -> None:
        if min(msgspec.structs.astuple(self)) < 0:
            raise ValueError("a quota is not negative")


class KeyGrant(msgspec.Struct, frozen=True):
    """What a checked API key proves. `id` names the key and is no secret."""

    name: str
    scopes: frozenset[Scope]
    id: str = ""
    expires_at: float = 0.0
    """Wall clock, seconds; 0 means that it does not expire."""
    quota: Quota = Quota()


class KeyRecord(msgspec.Struct, frozen=True):
    """A key as its owners see it, never the key itself. Times are Unix seconds, 0 for not known."""

    grant: KeyGrant
    created_at: float = 0.0
    last_used_at: float = 0.0
