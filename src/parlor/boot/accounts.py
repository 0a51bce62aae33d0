"""What needs the database and nothing else: accounts, sign-ins, keys.

Commands beside a server use it alone. What is opened goes on the caller's exit stack, so it is
closed in the opposite order.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from parlor.accounts.attempts import Attempts
from parlor.accounts.key_settings import KeySettings
from parlor.accounts.keys import ApiKeys
from parlor.accounts.links import SetUpLinks
from parlor.accounts.new_passwords import NewPasswords
from parlor.accounts.passwords import Passwords
from parlor.accounts.people import People
from parlor.accounts.proving import Proving
from parlor.accounts.settings import AccountsSettings
from parlor.accounts.sign_ins import SignIns
from parlor.accounts.signing import Signing
from parlor.boot.clock import SystemClock, SystemEntropy
from parlor.boot.config import Config
from parlor.boot.secrets import Secrets
from parlor.boot.settings import LimitsSettings
from parlor.boot.storage import open_storage
from parlor.drivers.prometheus import PrometheusMeter
from parlor.drivers.sql.accounts import SqlAccounts
from parlor.drivers.sql.database import OpenDatabase
from parlor.drivers.sql.keys import SqlKeys
from parlor.drivers.sql.sessions import SqlSessions


@dataclass(frozen=True, slots=True)
class AccountServices:
    """What needs the database and nothing else."""

    database: OpenDatabase
    secrets: Secrets
    sign_ins: SignIns
    meter: PrometheusMeter
    clock: SystemClock
    entropy: SystemEntropy
    accounts: SqlAccounts
    attempts: Attempts
    signing: Signing
    new_passwords: NewPasswords
    people: People
    keys: ApiKeys
    links: SetUpLinks


async def open_services(config: Config, stack: AsyncExitStack) -> AccountServices:
    """Open the data folder and its database. Raises FolderError, CannotOpen, ValueError."""
    clock, entropy, meter = SystemClock(), SystemEntropy(), PrometheusMeter()
    storage = await open_storage(config, meter, stack)
    database, secrets = storage.database, storage.secrets
    settings = config.section("accounts", AccountsSettings)
    limits = config.section("limits", LimitsSettings)
    accounts, keys = SqlAccounts(database), SqlKeys(database)
    passwords = Passwords(settings)
    stack.callback(passwords.close)
    sign_ins = SignIns(accounts, SqlSessions(database), settings, clock, entropy)
    attempts = Attempts.as_set(settings, limit_loopback=limits.loopback)
    proving = Proving(accounts, passwords, attempts, clock)
    new_passwords = NewPasswords(accounts, sign_ins, passwords, proving, clock, entropy)
    return AccountServices(
        database=database,
        secrets=secrets,
        sign_ins=sign_ins,
        meter=meter,
        clock=clock,
        entropy=entropy,
        accounts=accounts,
        attempts=attempts,
        signing=Signing(accounts, sign_ins, passwords, proving, new_passwords, settings, entropy),
        new_passwords=new_passwords,
        people=People(accounts),
        keys=ApiKeys(keys, clock, entropy, meter, config.section("keys", KeySettings)),
        links=SetUpLinks(
            accounts, keys, sign_ins, passwords, new_passwords, settings, clock, entropy
        ),
    )
