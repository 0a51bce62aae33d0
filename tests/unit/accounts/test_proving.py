import asyncio

import pytest

from parlor.accounts.attempts import Attempts
from parlor.accounts.passwords import Passwords
from parlor.accounts.proving import Proving
from parlor.accounts.settings import AccountsSettings
from parlor.drivers.sql.accounts import SqlAccounts
from parlor.model.account import User
from parlor.model.errors import StorageFailed, TooManyAttempts, WrongCredentials
from parlor.ports.accounts import Credential
from tests.support.door import HOME, PASSWORD
from tests.support.steady import HandClock
from tests.support.storage import ANN, sqlite_stores

CHEAP = AccountsSettings(hash_passes=1, hash_memory_kib=64, free_failures_per_account=2)


class SometimesAway(SqlAccounts):
    is_away = False

    async def credential(self, name: str) -> Credential | None:
        if self.is_away:
            raise StorageFailed
        return await super().credential(name)


class House:
    def __init__(self, accounts: SometimesAway, passwords: Passwords) -> None:
        self.accounts = accounts
        attempts = Attempts.as_set(CHEAP, limit_loopback=False)
        self.proving = Proving(accounts, passwords, attempts, HandClock())

    async def prove(self, password: str = PASSWORD, name: str = "ann") -> Credential:
        return await self.proving.prove(name, password, HOME)


@pytest.fixture
async def house(tmp_path):
    async with sqlite_stores(tmp_path) as stores:
        accounts, passwords = SometimesAway(stores.database), Passwords(CHEAP)
        password_hash = await passwords.hash(PASSWORD)
        await accounts.add_user(User(ANN, "ann", "Ann"), password_hash, admin=True)
        yield House(accounts, passwords)
        passwords.close()


async def test_who_knows_the_password_gets_the_account(house):
    found = await house.prove()
    assert (found.user, found.admin) == (User(ANN, "ann", "Ann"), True)
    assert house.proving.failures_known == 0


@pytest.mark.parametrize("name", ["ann", "nobody"])
async def test_wrong_passwords_are_counted_and_waits_told_whoever_is_named(house, name):
    for _ in range(2):
        with pytest.raises(WrongCredentials):
            await house.prove("wrong horse", name)
    with pytest.raises(TooManyAttempts) as refused:
        await house.prove(PASSWORD, name)
    assert refused.value.retry_after_s == 1.0
    assert house.proving.failures_known == 1


async def test_a_server_that_fails_is_held_against_nobody(house):
    house.accounts.is_away = True
    for _ in range(5):
        with pytest.raises(StorageFailed):
            await house.prove()
    house.accounts.is_away = False
    asking = asyncio.ensure_future(house.prove())
    await asyncio.sleep(0)
    assert house.proving.failures_known == 1
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert house.proving.failures_known == 0
    assert await house.prove()
