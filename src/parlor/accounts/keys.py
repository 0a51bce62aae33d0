"""API keys: how programs prove who they are and what they may do."""

from __future__ import annotations

from collections.abc import Iterable

from parlor.accounts.recent import Recent
from parlor.accounts.tokens import Kind, digest, mint
from parlor.model.account import KeyGrant, Scope
from parlor.model.errors import BadRequest, Forbidden, Unauthenticated
from parlor.model.text import check_display_name
from parlor.ports.accounts import Keys
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy

REMEMBERED_KEYS = 1_000
RECHECK_S = 30.0


class ApiKeys:
    def __init__(self, keys: Keys, clock: Clock, entropy: Entropy) -> None:
        self._keys = keys
        self._clock = clock
        self._entropy = entropy
        self._known: Recent[KeyGrant] = Recent(REMEMBERED_KEYS, RECHECK_S)

    async def add(self, name: str, scopes: Iterable[Scope]) -> str:
        """A new key, to be shown once. Raises NameTaken, BadDisplayName, BadRequest (no scope)."""
        grant = KeyGrant(check_display_name(name), frozenset(scopes))
        if not grant.scopes:
            raise BadRequest("A key needs at least one scope.")
        key = mint(Kind.KEY, self._entropy)
        await self._keys.add_key(grant.name, digest(Kind.KEY, key) or b"", grant)
        return key

    async def check(self, key: str, scope: Scope) -> KeyGrant:
        """Raises Unauthenticated for an unknown key, Forbidden for one without `scope`.

        The scope `admin` includes the others.
        """
        key_hash = digest(Kind.KEY, key)
        if key_hash is None:
            raise Unauthenticated("This is not an API key.")
        grant = self._known.get(key_hash, self._clock.now())
        if grant is None:
            version = self._known.version
            grant = await self._keys.by_key(key_hash)
            if grant is None:
                raise Unauthenticated("There is no such API key.")
            self._known.put(key_hash, grant.name, grant, self._clock.now(), version)
        if scope not in grant.scopes and Scope.ADMIN not in grant.scopes:
            raise Forbidden(f"This key does not have the scope {scope}.")
        return grant
