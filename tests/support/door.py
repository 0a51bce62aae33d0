"""Accounts as boot wires them, over a real store, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from parlor.accounts.attempts import Attempts
from parlor.accounts.key_settings import KeySettings
from parlor.accounts.keys import ApiKeys
from parlor.accounts.links import SetUpLinks
from parlor.accounts.new_passwords import NewPasswords
from parlor.accounts.passwords import Passwords
from parlor.accounts.people import People
from parlor.accounts.proving import Proving
from parlor.accounts.settings import AccountsSettings
from parlor.accounts.sign_ins import SignedIn, SignIns
from parlor.accounts.signing import Signing
from parlor.model.account import Identity
from tests.support.steady import CountedBytes, CountingMeter, HandClock
from tests.support.storage import Stores, sqlite_stores

PASSWORD = "correct horse"
HOME = "203.0.113.7"


@dataclass(frozen=True)
class Door:
    stores: Stores
    clock: HandClock
    sign_ins: SignIns
    attempts: Attempts
    signing: Signing
    new_passwords: NewPasswords
    links: SetUpLinks
    keys: ApiKeys
    people: People
    ended: list[Identity]

    async def sign_up(self, name: str, device: str = "phone") -> SignedIn:
        return await self.signing.sign_up(name, PASSWORD, "", device=device, address=HOME)

    async def sign_in(
        self, name: str, password: str = PASSWORD, device: str = "phone", address: str = HOME
    ) -> SignedIn:
        return await self.signing.sign_in(name, password, device=device, address=address)


@asynccontextmanager
async def open_door(folder: Path, **settings: object) -> AsyncIterator[Door]:
    cheap = {"hash_passes": 1, "hash_memory_kib": 64}
    chosen = msgspec.convert(cheap | settings, AccountsSettings)
    clock, entropy, passwords = HandClock(), CountedBytes(), Passwords(chosen)
    async with sqlite_stores(folder) as stores:
        sign_ins = SignIns(stores.accounts, stores.sessions, chosen, clock, entropy)
        attempts = Attempts.as_set(chosen, limit_loopback=False)
        accounts = stores.accounts
        proving = Proving(accounts, passwords, attempts, clock)
        new_passwords = NewPasswords(accounts, sign_ins, passwords, proving, clock, entropy)
        signing = Signing(accounts, sign_ins, passwords, proving, new_passwords, chosen, entropy)
        links = SetUpLinks(
            accounts, stores.keys, sign_ins, passwords, new_passwords, chosen, clock, entropy
        )
        ended: list[Identity] = []
        sign_ins.on_end(ended.append)
        keys = ApiKeys(stores.keys, clock, entropy, CountingMeter(), KeySettings())
        people = People(stores.accounts)
        yield Door(
            stores,
            clock,
            sign_ins,
            attempts,
            signing,
            new_passwords,
            links,
            keys,
            people,
            ended,
        )
        passwords.close()
