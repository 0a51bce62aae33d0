"""How often one may fail to sign in: slower after a few failures, then locked, then forgotten.

Owns the arithmetic only, per account and per address. The caller brings `now` (monotonic
seconds). Called by `accounts.proving` for passwords and by `accounts.authentication` for tokens.
An attempt with a password counts as failed from its beginning, because many at once would
otherwise all pass before the first has failed.
"""

from __future__ import annotations

from dataclasses import dataclass

from parlor.accounts.auth_settings import AuthSettings
from parlor.accounts.settings import AccountsSettings
from parlor.model.address import is_loopback, network_of
from parlor.model.newest import Newest

Failures = tuple[tuple[str, int, float], ...]
"""(key, how many, when last), the oldest first; times are the machine's monotonic ones."""


@dataclass(slots=True)
class _Failures:
    count: int
    last_at: float


@dataclass(slots=True, frozen=True)
class Waits:
    """After failure n the next attempt waits first_s * 2 ** (n - free), at most longest_s."""

    free: int
    first_s: float
    longest_s: float
    forget_s: float

    def after(self, failures: int) -> float:
        if failures < self.free:
            return 0.0
        # 2 ** 64 seconds are beyond any limit, and a float holds them.
        return min(self.longest_s, self.first_s * 2.0 ** min(failures - self.free, 64))


class _Counters:
    """Failures by key, at most `limit` keys: the one that failed longest ago goes first."""

    def __init__(self, waits: Waits, limit: int) -> None:
        self._waits = waits
        self._limit = limit
        self._failures: Newest[str, _Failures] = Newest()

    def wait_s(self, key: str, now: float) -> float:
        failures = self._failures.get(key)
        if failures is None:
            return 0.0
        since = max(0.0, now - failures.last_at)
        if since >= self._waits.forget_s:
            del self._failures[key]
            return 0.0
        return max(0.0, self._waits.after(failures.count) - since)

    def add(self, key: str, now: float) -> None:
        failures = self._failures.setdefault(key, _Failures(0, now))
        failures.count += 1
        failures.last_at = now
        self._failures.move_to_end(key)
        self._failures.trim(self._limit)

    def __len__(self) -> int:
        return len(self._failures)

    def dump(self) -> Failures:
        return tuple((key, one.count, one.last_at) for key, one in self._failures.items())

    def load(self, failures: Failures) -> None:
        for key, count, last_at in failures[-self._limit :]:
            self._failures[key] = _Failures(count, last_at)

    def take_back(self, key: str, *, everything: bool) -> None:
        failures = self._failures.get(key)
        if failures is None:
            return
        failures.count = 0 if everything else failures.count - 1
        if failures.count <= 0:
            del self._failures[key]


class Attempts:
    """Two limits side by side; an attempt must pass both.

    `limit_loopback` counts loopback addresses too; without it a reverse proxy on the same
    machine that hides its clients' addresses does not lock everybody out.
    """

    def __init__(
        self, per_account: Waits, per_address: Waits, *, remembered: int, limit_loopback: bool
    ) -> None:
        self._accounts = _Counters(per_account, remembered)
        self._addresses = _Counters(per_address, remembered)
        self._limit_loopback = limit_loopback

    @classmethod
    def as_set(cls, settings: AccountsSettings, *, limit_loopback: bool) -> Attempts:
        def waits(free: int) -> Waits:
            return Waits(free, settings.first_wait_s, settings.longest_wait_s, settings.forget_s)

        return cls(
            waits(settings.free_failures_per_account),
            waits(settings.free_failures_per_address),
            remembered=settings.remembered_failures,
            limit_loopback=limit_loopback,
        )

    @property
    def remembered(self) -> int:
        """Failures of accounts and of addresses that count, whichever are more."""
        return max(len(self._accounts), len(self._addresses))

    def dump(self) -> tuple[Failures, Failures]:
        """Of accounts and of addresses, for another process on this machine: whoever guesses has
        no use for a restart."""
        return self._accounts.dump(), self._addresses.dump()

    def load(self, accounts: Failures, addresses: Failures) -> None:
        """What another process has counted."""
        self._accounts.load(accounts)
        self._addresses.load(addresses)

    def begin(self, account: str, address: str, now: float) -> float:
        """Record an attempt and return 0.0, or say how many seconds to wait before the next.

        A refused attempt is not recorded: who keeps hammering waits no longer for it.
        """
        place = self._place(address)
        wait_s = max(
            self._accounts.wait_s(account, now), self._addresses.wait_s(place, now) if place else 0
        )
        if wait_s == 0.0:
            self._accounts.add(account, now)
            if place:
                self._addresses.add(place, now)
        return wait_s

    def succeed(self, account: str, address: str) -> None:
        """The attempt was good. The account starts afresh; the address gets only this one back,
        or owning one account would let an address try all others for ever."""
        self._accounts.take_back(account, everything=True)
        self._addresses.take_back(self._place(address), everything=False)

    def abandon(self, account: str, address: str) -> None:
        """The attempt was neither: the server failed. It is not held against anybody."""
        self._accounts.take_back(account, everything=False)
        self._addresses.take_back(self._place(address), everything=False)

    def _place(self, address: str) -> str:
        """Who is counted; empty for nobody."""
        exempt = is_loopback(address) and not self._limit_loopback
        return "" if exempt else network_of(address)


class BadTokens:
    """Bad tokens by address: whoever guesses is slowed down, whatever is guessed.

    Counted after the fact, unlike passwords: checking a token is cheap, and a thousand good ones
    from behind one router at once are no attack.
    """

    def __init__(self, waits: Waits, *, remembered: int, limit_loopback: bool) -> None:
        self._counters = _Counters(waits, remembered)
        self._limit_loopback = limit_loopback

    @classmethod
    def as_set(cls, settings: AuthSettings, *, limit_loopback: bool) -> BadTokens:
        waits = Waits(
            settings.free_bad_tokens,
            settings.first_wait_s,
            settings.longest_wait_s,
            settings.forget_s,
        )
        return cls(waits, remembered=settings.remembered_addresses, limit_loopback=limit_loopback)

    def wait_s(self, address: str, now: float) -> float:
        """How long nothing from there is looked at."""
        place = self._place(address)
        return self._counters.wait_s(place, now) if place else 0.0

    def add(self, address: str, now: float) -> None:
        place = self._place(address)
        if place:
            self._counters.add(place, now)

    def __len__(self) -> int:
        return len(self._counters)

    def dump(self) -> Failures:
        """For another process on this machine."""
        return self._counters.dump()

    def load(self, failures: Failures) -> None:
        """What another process has counted."""
        self._counters.load(failures)

    def _place(self, address: str) -> str:
        exempt = is_loopback(address) and not self._limit_loopback
        return "" if exempt else network_of(address)
