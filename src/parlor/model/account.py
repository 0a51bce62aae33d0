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


class KeyGrant(msgspec.Struct, frozen=True):
    name: str
    scopes: frozenset[Scope]
