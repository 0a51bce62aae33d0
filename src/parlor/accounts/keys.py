"""API keys: how programs prove who they are and what they may do.

A key in use is kept in memory, so that checking it costs no query. `run` looks at those keys
again all the time: what another process revoked is refused within `keys.watch_s`; what this one
revoked, at once. When a key was used is written by `run` too, never on a request's way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import msgspec
import structlog

from parlor.accounts.key_settings import KeySettings
from parlor.accounts.quotas import Quotas
from parlor.accounts.tokens import Kind, digest, mint
from parlor.model.account import KeyGrant, KeyRecord, Quota, Scope
from parlor.model.errors import BadRequest, Forbidden, NotFound, ParlorError, Unauthenticated
from parlor.model.newest import Newest
from parlor.model.text import check_display_name
from parlor.ports.accounts import Keys
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy
from parlor.ports.meter import Meter

log = structlog.get_logger()

TRUSTED_S = 30.0
"""How old an answer of the database may be when `run` cannot get a newer one."""
_ID_BYTES = 6


class MadeKey(msgspec.Struct, frozen=True):
    """`key` is to be shown once: only its hash is kept."""

    key: str
    record: KeyRecord


class _Known:
    __slots__ = ("grant", "is_used", "read_at")

    def __init__(self, grant: KeyGrant, read_at: float) -> None:
        self.grant = grant
        self.read_at = read_at
        self.is_used = True


class ApiKeys:
    def __init__(
        self, keys: Keys, clock: Clock, entropy: Entropy, meter: Meter, settings: KeySettings
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._entropy = entropy
        self._settings = settings
        self.quotas = Quotas(settings, clock, meter)
        self._known: Newest[bytes, _Known] = Newest()
        self._used_at: dict[bytes, float] = {}
        self._revoked = 0

    async def add(
        self,
        name: str,
        scopes: Iterable[Scope],
        *,
        expires_in_s: float = 0.0,
        quota: Quota = Quota(),  # noqa: B008 (frozen)
    ) -> MadeKey:
        """A new key; `expires_in_s` 0 is for ever.

        Raises NameTaken, BadDisplayName, BadRequest (no scope, a time that is past).
        """
        granted = frozenset(scopes)
        if not granted:
            raise BadRequest("A key needs at least one scope.")
        if expires_in_s < 0:
            raise BadRequest("A key cannot expire before it is made.")
        key = mint(Kind.KEY, self._entropy)
        key_hash = digest(Kind.KEY, key) or b""
        now = self._now_s()
        grant = KeyGrant(
            name=check_display_name(name),
            scopes=granted,
            id=key_hash[:_ID_BYTES].hex(),
            expires_at=now + expires_in_s if expires_in_s else 0.0,
            quota=quota,
        )
        record = KeyRecord(grant, now)
        await self._keys.add_key(key_hash, record)
        return MadeKey(key, record)

    @property
    def counted(self) -> int:
        """Keys whose use counts against a quota."""
        return len(self.quotas)

    async def list(self) -> Sequence[KeyRecord]:
        """Every key, by name, expired ones too. `last_used_at` is up to a minute late."""
        return await self._keys.list_keys()

    async def revoke(self, id_or_name: str) -> KeyRecord:
        """The key opens nothing from now on, here at once. Raises NotFound.

        A name counts only when no key has it as its id.
        """
        records = await self._keys.list_keys()
        found = next((one for one in records if one.grant.id == id_or_name), None) or next(
            (one for one in records if one.grant.name == id_or_name), None
        )
        if found is None or not await self._keys.remove_key(found.grant.id):
            raise NotFound("There is no such API key.")
        self._revoked += 1
        for key_hash in [h for h, one in self._known.items() if one.grant.id == found.grant.id]:
            del self._known[key_hash]
        return found

    async def check(self, key: str, scope: Scope) -> KeyGrant:
        """Who asks, counted as one request of that key; no query while the key is in use.

        Raises Unauthenticated for an unknown or expired key, Forbidden for one without `scope`
        (`admin` includes the others), OverQuota.
        """
        key_hash = digest(Kind.KEY, key)
        if key_hash is None:
            raise Unauthenticated("This is not an API key.")
        known = self._known.get(key_hash)
        if known is None or self._clock.now() - known.read_at > TRUSTED_S:
            known = await self._look_up(key_hash)
        grant = known.grant
        now_s = self._now_s()
        if grant.expires_at and grant.expires_at <= now_s:
            raise Unauthenticated("This API key has expired.")
        if scope not in grant.scopes and Scope.ADMIN not in grant.scopes:
            raise Forbidden(f"This key does not have the scope {scope}.")
        self.quotas.take_request(grant)
        known.is_used = True
        self._used_at[key_hash] = now_s
        return grant

    def spend(self, grant: KeyGrant, messages: int) -> None:
        """Count the messages of a request that `check` let in. Raises OverQuota, BadRequest."""
        self.quotas.take_messages(grant, messages)

    def apply(self, settings: KeySettings) -> None:
        """From the next request, or the next round of `run`."""
        self._settings = settings
        self.quotas.apply(settings)

    @property
    def in_use(self) -> int:
        """Keys kept in memory."""
        return len(self._known)

    async def run(self) -> None:
        """Keep what is known true and write down what was used, until cancelled."""
        mark_at = self._clock.now() + self._settings.mark_used_s
        try:
            while True:
                await asyncio.sleep(self._settings.watch_s)
                try:
                    await self.look_again()
                    if self._clock.now() >= mark_at:
                        mark_at = self._clock.now() + self._settings.mark_used_s
                        await self.mark_used()
                except ParlorError as failed:
                    # `check` asks for itself once an answer is older than TRUSTED_S.
                    log.warning("keys_not_read", code=failed.code)
        finally:
            await self.mark_used()

    async def look_again(self) -> None:
        """One round of `run`: ask for the keys used since the last round, forget the others.

        A key that was idle is looked up at its next use, so an old answer opens nothing.
        """
        asked = {key_hash: one for key_hash, one in self._known.items() if one.is_used}
        self._known = Newest(asked)
        if not asked:
            return
        for one in asked.values():
            one.is_used = False
        now = self._clock.now()
        found = await self._keys.by_hashes(list(asked))
        for key_hash, one in asked.items():
            grant = found.get(key_hash)
            if self._known.get(key_hash) is not one:
                continue
            if grant is None:
                del self._known[key_hash]
            elif one.grant != grant:
                self._known[key_hash] = _Known(grant, now)
            else:
                one.read_at = now

    async def mark_used(self) -> None:
        """Write down which keys were used when, since the last time that this was done.

        Raises what the store raises; the next call then writes it.
        """
        used_at, self._used_at = self._used_at, {}
        if not used_at:
            return
        try:
            await self._keys.mark_used(used_at)
        except BaseException:
            self._used_at = used_at | self._used_at
            raise

    async def _look_up(self, key_hash: bytes) -> _Known:
        revoked, now = self._revoked, self._clock.now()
        grant = (await self._keys.by_hashes([key_hash])).get(key_hash)
        if grant is None:
            self._known.pop(key_hash, None)
            raise Unauthenticated("There is no such API key.")
        known = _Known(grant, now)
        # What was revoked while the database answered is not to be remembered as good.
        if revoked == self._revoked:
            self._known[key_hash] = known
            self._known.trim(self._settings.remembered)
        return known

    def _now_s(self) -> float:
        return self._clock.unix_ms() / 1_000
