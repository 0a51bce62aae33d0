"""Who may connect as boot wires it, over a real store, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from parlor.accounts.attempts import Attempts, BadTokens
from parlor.accounts.auth_settings import AuthSettings
from parlor.accounts.authentication import Authentication
from parlor.accounts.new_passwords import NewPasswords
from parlor.accounts.passwords import Passwords
from parlor.accounts.people import People
from parlor.accounts.proving import Proving
from parlor.accounts.revoked import Revoked
from parlor.accounts.settings import AccountsSettings
from parlor.accounts.sign_ins import SignedIn, SignIns
from parlor.accounts.signing import Signing
from parlor.accounts.tickets import Tickets
from parlor.drivers.sqlite.database import SqliteDatabase, open_database
from parlor.drivers.sqlite.settings import SqliteSettings
from parlor.model.errors import AuthUnavailable, Unauthenticated
from parlor.ports.tokens import Claims
from tests.support.steady import CountedBytes, CountingMeter, HandClock
from tests.support.storage import Stores, stores_in

ELSEWHERE = "203.0.113.9"
TOKEN_S = 600.0


class ShopTokens:
    """A driver for tokens `shop:USER`, or `shop:USER:ID`; `is_down`: nobody can tell, and
    `takes_all`: it is asked about every form, as a callback is."""

    name = "shop"

    def __init__(self, clock: HandClock) -> None:
        self.is_down = self.takes_all = False
        self.asked = 0
        self._clock = clock

    def takes(self, token: str) -> bool:
        return self.takes_all or token.startswith("shop:")

    async def check(self, token: str) -> Claims:
        self.asked += 1
        if self.is_down:
            raise AuthUnavailable(retry_after_s=5.0)
        _, user, *rest = token.split(":")
        if user == "thief":
            raise Unauthenticated
        now = self._clock.unix_ms() / 1000
        return Claims(user, now + TOKEN_S, now, rest[0] if rest else "")


@dataclass
class House:
    database: SqliteDatabase
    stores: Stores
    clock: HandClock
    shop: ShopTokens
    signing: Signing
    people: People
    revoked: Revoked
    authentication: Authentication
    meter: CountingMeter

    async def sign_up(self, name: str, device: str = "phone") -> SignedIn:
        return await self.signing.sign_up(name, f"{name}s password", "", device=device, address="")

    @property
    def queries(self) -> int:
        """Everything that the database was asked since the start."""
        return self.database.reads + self.database.stats.units


@asynccontextmanager
async def open_house(
    folder: Path, clock: HandClock | None = None, **settings: object
) -> AsyncIterator[House]:
    """The same folder again is the same server after a restart."""
    chosen = msgspec.convert(settings, AuthSettings)
    cheap = AccountsSettings(hash_passes=1, hash_memory_kib=64)
    clock, entropy, passwords = clock or HandClock(), CountedBytes(), Passwords(cheap)
    meter = CountingMeter()
    async with open_database(folder / "parlor.db", SqliteSettings(), meter) as database:
        stores = stores_in(database)
        sign_ins = SignIns(stores.accounts, stores.sessions, cheap, clock, entropy)
        attempts = Attempts.as_set(cheap, limit_loopback=False)
        people = People(stores.accounts)
        shop = ShopTokens(clock)
        revoked = Revoked(stores.revocations, chosen, clock, lifetime_s=3_600)
        await revoked.load()
        authentication = Authentication(
            sign_ins,
            people,
            [shop],
            Tickets("secret", lifetime_s=chosen.resume_s),
            revoked,
            BadTokens.as_set(chosen, limit_loopback=False),
            chosen,
            clock,
            meter,
        )
        accounts = stores.accounts
        proving = Proving(accounts, passwords, attempts, clock)
        new_passwords = NewPasswords(accounts, sign_ins, passwords, proving, clock, entropy)
        signing = Signing(accounts, sign_ins, passwords, proving, new_passwords, cheap, entropy)
        yield House(database, stores, clock, shop, signing, people, revoked, authentication, meter)
        passwords.close()
