"""Users, their passwords, their sign-ins; keys of programs. Secrets come in hashed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from parlor.model.account import Identity, KeyGrant, KeyRecord, User
from parlor.model.audit import AuditEntry
from parlor.model.device import Platform
from parlor.model.ids import DeviceId, UserId


class Credential(msgspec.Struct, frozen=True):
    """`password_hash` is empty for an account that was invited and has set none yet."""

    user: User
    admin: bool
    password_hash: str


class PasswordChange(msgspec.Struct, frozen=True):
    """`replaces` is the hash that somebody has shown to know, None: whatever there is. The session
    `but` goes on. `admin` makes an administrator of the account, without it it stays what it is."""

    replaces: str | None = None
    but: str = ""
    admin: bool = False


ANYHOW = PasswordChange()


class SessionRow(msgspec.Struct, frozen=True):
    """One sign-in of one device. Token hashes are 32 bytes; times are Unix seconds, except
    `created_at`, which is Unix milliseconds of now.

    `label` was chosen by the person or the client if `labelled`, otherwise guessed.
    """

    id: str
    user: UserId
    device: DeviceId
    token_hash: bytes
    token_expires_at: float
    refresh_hash: bytes
    refresh_expires_at: float
    platform: Platform = Platform.OTHER
    label: str = ""
    labelled: bool = False
    created_at: int = 0
    address: str = ""


class DeviceRecord(msgspec.Struct, frozen=True):
    """A sign-in as its owner sees it. Times are Unix milliseconds, 0: not known."""

    session: str
    device: DeviceId
    platform: Platform
    label: str
    created_at: int
    last_seen_at: int
    address: str


class Seen(msgspec.Struct, frozen=True):
    """A device was here. An empty `address` leaves the one that is known."""

    session: str
    at_ms: int
    address: str = ""


Choose = Callable[[Sequence[DeviceRecord]], Sequence[str]]
"""Pure, called inside the transaction: from somebody's other devices to the sessions that have to
end. What it raises refuses the sign-in."""


def nobody(_: Sequence[DeviceRecord]) -> Sequence[str]:
    """The choice that leaves all of somebody's devices as they are."""
    return ()


class Opened(msgspec.Struct, frozen=True):
    """`again` is the earlier sign-in of the same device, `replaced` those of others that gave
    way."""

    again: Identity | None = None
    replaced: tuple[Identity, ...] = ()


class Reused(msgspec.Struct, frozen=True):
    """A spent refresh token came again: somebody copied it, and its session has been ended."""

    ended: Identity


class Holder(msgspec.Struct, frozen=True):
    """Whose token it is: all that a hello needs, from one query."""

    identity: Identity
    user: User


class RevocationKind(StrEnum):
    """What is refused: everything of a user or of a device that was issued before a time, one
    sign-in (also one customer's token, which is a sign-in of its own), or only what a resume
    ticket says of a user, because it has changed since."""

    USER = "user"
    DEVICE = "device"
    SESSION = "session"
    VIEW = "view"


class Revocation(msgspec.Struct, frozen=True):
    """Refused if issued before `before`; may be forgotten after `expires_at`. Unix seconds."""

    kind: RevocationKind
    value: str
    before: float
    expires_at: float


class Accounts(Protocol):
    async def add_user(self, user: User, password_hash: str, *, admin: bool) -> None:
        """Raises NameTaken."""

    async def credential(self, name: str) -> Credential | None: ...

    async def set_password(
        self, user: UserId, password_hash: str, entry: AuditEntry, change: PasswordChange = ANYHOW
    ) -> Sequence[Identity]:
        """Also ends the sign-ins of `user` and enters `entry` in the audit log: all of it or
        nothing. Returns those that were ended.

        Raises NotFound, and WrongCredentials when the password is not the one that `change` is to
        replace any more.
        """

    async def users(self, ids: Sequence[UserId]) -> Sequence[User]: ...

    async def find_users(self, query: str, after: str, limit: int) -> Sequence[User]:
        """By prefix of the account name or of a word of the display name, or by the whole id;
        ordered by name, strictly after the name `after`. Without those whose privacy says that
        they are not found this way."""

    async def rename(self, user: UserId, display_name: str) -> User:
        """Raises NotFound."""

    async def count_admins(self) -> int: ...


class Sessions(Protocol):
    async def open(
        self, row: SessionRow, choose: Choose = nobody, *, password_hash: str | None = None
    ) -> Opened:
        """Replaces the sign-in of the same (user, device), if any, and ends those that `choose`
        names of the user's others; those that have run out are not shown to it.

        The earlier label of the device stays, unless `row` is `labelled`. Raises WrongCredentials
        when the password that was shown, with the hash `password_hash`, has been replaced since.
        """

    async def by_token(self, token_hash: bytes) -> Holder | None:
        """Whoever the token names, expired or not; the caller compares `expires_at`."""

    async def rotate(
        self, old_refresh_hash: bytes, row: SessionRow, now: float
    ) -> Identity | Reused | None:
        """Spend a refresh token: put `row`'s hashes and times in its session's place.

        `row.id`, `row.user`, `row.device`, `row.created_at` are ignored: the session keeps its
        own; platform and label are filled in where they were never known. None when no
        live session has that refresh token. A token that was spent before ends its whole
        session (RFC 9700 §4.14.2) and gives Reused.
        """

    async def end(self, session: str) -> Identity | None:
        """None when there is no such session. Every end is stored as a `Revocation` with it."""

    async def end_device(self, device: DeviceId) -> Sequence[Identity]:
        """Every sign-in on a device of that name; returns those that were ended."""

    async def end_one(self, user: UserId, device: DeviceId) -> Identity | None:
        """The sign-in of `user` on that device; None when there is none."""

    async def end_all(self, user: UserId, *, but: str = "") -> Sequence[Identity]:
        """Every sign-in of `user`, on all devices, except the session `but`; returns those that
        were ended."""


class Devices(Protocol):
    """What people see of their sign-ins. Nothing here opens or ends one."""

    async def list(self, user: UserId, now: float) -> Sequence[DeviceRecord]:
        """Those that have not run out at `now` (Unix seconds), the last seen first."""

    async def rename(self, user: UserId, device: DeviceId, label: str) -> bool:
        """False when the user is not signed in there."""

    async def mark_seen(self, seen: Sequence[Seen]) -> None:
        """A time that is older than the stored one changes nothing, nor does a session that is
        gone."""


class Revocations(Protocol):
    """What was revoked, until nothing of it can be presented any more."""

    async def add(self, revocation: Revocation, now: float) -> None:
        """Also forgets what has expired by `now`."""

    async def since(self, mark: int) -> tuple[Sequence[Revocation], int]:
        """All that were stored after `mark` (0: all), expired or not, and the next mark."""


class Keys(Protocol):
    async def add_key(self, key_hash: bytes, record: KeyRecord) -> None:
        """Raises NameTaken. The caller has made `record.grant.id` unique."""

    async def by_hashes(self, hashes: Sequence[bytes]) -> Mapping[bytes, KeyGrant]:
        """Those keys that exist, expired or not; the caller compares `expires_at`."""

    async def list_keys(self) -> Sequence[KeyRecord]:
        """Every key, by name."""

    async def remove_key(self, id: str) -> bool:
        """False when there is no such key."""

    async def mark_used(self, used_at: Mapping[bytes, float]) -> None:
        """When each key was last used; an older time than the stored one changes nothing."""

    async def add_link(self, link_hash: bytes, name: str, admin: bool, expires_at: float) -> None:
        """A one-time set-up link: whoever has it may set the password of account `name`;
        an empty name lets them choose one."""

    async def link(self, link_hash: bytes, now: float) -> tuple[str, bool] | None:
        """(name, admin) of a live link, not spent by looking."""

    async def spend_link(self, link_hash: bytes, now: float) -> bool:
        """True exactly once per live link."""
