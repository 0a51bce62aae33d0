"""Whether somebody knows an account's password, as often as guessing allows.

The one place where a password that came from outside is compared: for signing in and for changing
the password alike, so that neither is a way around the limits of the other.
"""

from __future__ import annotations

from parlor.accounts.attempts import Attempts
from parlor.accounts.passwords import Passwords
from parlor.model.errors import TooManyAttempts, WrongCredentials
from parlor.ports.accounts import Accounts, Credential
from parlor.ports.clock import Clock


class Proving:
    def __init__(
        self, accounts: Accounts, passwords: Passwords, attempts: Attempts, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._attempts = attempts
        self._clock = clock

    @property
    def failures_known(self) -> int:
        return self._attempts.remembered

    async def prove(self, name: str, password: str, address: str) -> Credential:
        """The account of this name, if that is its password. `name` has passed `check_name`.

        Raises WrongCredentials, TooManyAttempts (with the time to wait).
        """
        wait_s = self._attempts.begin(name, address, self._clock.now())
        if wait_s:
            raise TooManyAttempts(retry_after_s=wait_s)
        try:
            credential = await self._credential(name, password)
        except WrongCredentials:
            raise
        except BaseException:
            self._attempts.abandon(name, address)
            raise
        self._attempts.succeed(name, address)
        return credential

    async def _credential(self, name: str, password: str) -> Credential:
        credential = await self._accounts.credential(name)
        password_hash = credential.password_hash if credential else ""
        if not await self._passwords.matches(password_hash, password) or credential is None:
            raise WrongCredentials
        return credential
