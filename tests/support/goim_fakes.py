"""What the goim door needs of the rest, in memory and with an answer the test chose."""

from __future__ import annotations

from collections.abc import Mapping

from parlor.model.account import Identity, KeyGrant, Scope
from parlor.model.errors import Forbidden, OverQuota, ParlorError, Unauthenticated
from parlor.model.ids import DeviceId, RoomId, UserId
from parlor.model.push import Envelope, Push


class KnownTokens:
    """Tokens as `accounts.authentication` answers for them: token -> user id.

    A token in `other` has that identity; `failure`, once set, is raised for every token. Users
    in `revoked` were revoked after their token had been looked at.
    """

    def __init__(self, users: Mapping[str, str]) -> None:
        self.users = dict(users)
        self.other: dict[str, Identity] = {}
        self.failure: ParlorError | None = None
        self.asked_anew: list[bool] = []
        self.revoked: set[str] = set()

    async def authenticate(self, token: str, address: str, *, anew: bool = False) -> Identity:
        self.asked_anew.append(anew)
        if self.failure is not None:
            raise self.failure
        if token in self.other:
            return self.other[token]
        user = self.users.get(token)
        if user is None:
            raise Unauthenticated
        return Identity(UserId(user), DeviceId(f"device of {user}"), session=f"session {token}")

    def check_again(self, identity: Identity) -> None:
        if identity.user in self.revoked:
            raise Unauthenticated


class KnownKeys:
    """API keys as `accounts.keys` answers for them: key -> scopes."""

    def __init__(self, keys: Mapping[str, frozenset[Scope]]) -> None:
        self.keys = dict(keys)
        self.spent = 0
        self.allowed = 1_000

    async def check(self, key: str, scope: Scope) -> KeyGrant:
        scopes = self.keys.get(key)
        if scopes is None:
            raise Unauthenticated
        if scope not in scopes:
            raise Forbidden
        return KeyGrant(key, scopes)

    def spend(self, grant: KeyGrant, messages: int) -> None:
        self.spent += messages
        if self.spent > self.allowed:
            raise OverQuota(retry_after_s=2.5)


class CountedEntropy:
    """Different bytes each time, the same in every run."""

    def __init__(self) -> None:
        self.calls = 0

    def token_bytes(self, count: int) -> bytes:
        self.calls += 1
        return self.calls.to_bytes(count)


class Counts:
    """A meter that the test can look at."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + by

    def observe(self, name: str, value: float, **labels: str) -> None:
        self.count(name)


class Published:
    """Where envelopes end in unit tests. `failure`: raised instead, once set."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.room_pushes: list[tuple[RoomId, Push]] = []
        self.failure: Exception | None = None

    async def publish(self, envelope: Envelope) -> None:
        if self.failure is not None:
            raise self.failure
        self.envelopes.append(envelope)

    async def push(self, room: RoomId, push: Push) -> None:
        if self.failure is not None:
            raise self.failure
        self.room_pushes.append((room, push))
