"""Who somebody is: users, what a token proves, what a program's key allows."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.ids import DeviceId, RoomId, UserId


class User(msgspec.Struct, frozen=True, omit_defaults=True):
    """What any signed-in person may see of another. `avatar` is the id of a picture; left out by
    those who have none."""

    id: UserId
    name: str
    display_name: str
    avatar: str = ""


class Grants(msgspec.Struct, frozen=True):
    """Which rooms a token opens, as its issuer said. None: the token says nothing of it.

    A pattern is a room's name, or a beginning followed by `*`.
    """

    rooms: tuple[str, ...] | None = None
    publish: tuple[str, ...] | None = None

    def may_join(self, room: RoomId) -> bool:
        return _matches(self.rooms, room)

    def may_publish(self, room: RoomId) -> bool:
        """Whether the token lets its user publish there; the room has a say as well."""
        return _matches(self.publish, room)


class Identity(msgspec.Struct, frozen=True):
    """What a checked token proves. `session` names the sign-in, so that it can be ended."""

    user: UserId
    device: DeviceId
    session: str
    admin: bool = False
    expires_at: float = 0.0
    """Wall clock, seconds; 0 means that it does not expire."""
    issued_at: float = 0.0
    """Wall clock, seconds; 0 when nobody said: then it counts as older than any revocation."""
    has_account: bool = True
    """False for a user whom only a customer's token knows: push and rooms, no conversations."""
    grants: Grants | None = None
    """None: every room that the server lets anybody into."""


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


class Admitted(msgspec.Struct, frozen=True):
    """Somebody who may connect. `ticket` brings them back without their token; may be empty."""

    identity: Identity
    user: User
    ticket: str = ""
    resumed: bool = False
    """It was a ticket that let them in."""


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


def _matches(patterns: tuple[str, ...] | None, room: RoomId) -> bool:
    if patterns is None:
        return True
    return any(
        room.startswith(pattern[:-1]) if pattern.endswith("*") else room == pattern
        for pattern in patterns
    )
