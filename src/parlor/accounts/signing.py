"""Signing up and in with a name and a password, and staying in.

The one door for people; programs have `keys`. What a token is worth, and signing out, is of
`authentication`. Called by the API. Who is told what: a wrong name and a wrong password are the
same error after the same time.
"""

from __future__ import annotations

from parlor.accounts.new_passwords import NewPasswords
from parlor.accounts.passwords import Passwords, check_password, is_one_time
from parlor.accounts.proving import Proving
from parlor.accounts.settings import AccountsSettings
from parlor.accounts.sign_ins import SignedIn, SignIns
from parlor.model.account import User
from parlor.model.device import UNSEEN, Appearance
from parlor.model.errors import (
    BadName,
    BadRequest,
    NameTaken,
    SignUpClosed,
    WrongCredentials,
)
from parlor.model.ids import UserId, number_id
from parlor.model.text import check_display_name, check_name
from parlor.ports.accounts import Accounts
from parlor.ports.entropy import Entropy

__all__ = ["SignedIn", "Signing"]


class Signing:
    def __init__(
        self,
        accounts: Accounts,
        sign_ins: SignIns,
        passwords: Passwords,
        proving: Proving,
        new_passwords: NewPasswords,
        settings: AccountsSettings,
        entropy: Entropy,
    ) -> None:
        self._accounts = accounts
        self._sign_ins = sign_ins
        self._passwords = passwords
        self._proving = proving
        self._new_passwords = new_passwords
        self._settings = settings
        self._entropy = entropy

    @property
    def failures_known(self) -> int:
        return self._proving.failures_known

    async def sign_up(
        self,
        name: str,
        password: str,
        display_name: str,
        *,
        device: str,
        address: str,
        appearance: Appearance = UNSEEN,
    ) -> SignedIn:
        """A new account, signed in. An empty display name is the account name.

        Raises SignUpClosed, BadName, BadDisplayName, WeakPassword, NameTaken, BadRequest (device).
        """
        if not self._settings.open_sign_up:
            raise SignUpClosed
        arrival = self._sign_ins.check_device(device, appearance, address)
        user = await self.add_account(name, password, display_name)
        return await self._sign_ins.open(user, arrival, admin=False)

    async def add_account(
        self, name: str, password: str, display_name: str = "", *, admin: bool = False
    ) -> User:
        """As the operator does, whether sign-up is open or not. Raises as `sign_up`."""
        account_name = check_name(name)
        user = User(
            id=UserId(number_id(self._entropy.token_bytes(7))),
            name=account_name,
            display_name=check_display_name(display_name or account_name),
        )
        checked_password = check_password(password, account_name)
        if await self._accounts.credential(account_name) is not None:
            raise NameTaken  # before the costly hash; add_user decides
        password_hash = await self._passwords.hash(checked_password)
        await self._accounts.add_user(user, password_hash, admin=admin)
        return user

    async def sign_in(
        self,
        name: str,
        password: str,
        *,
        device: str,
        address: str,
        appearance: Appearance = UNSEEN,
        new_password: str = "",
    ) -> SignedIn:
        """Raises WrongCredentials, TooManyAttempts (with the time to wait), BadRequest (device),
        TooManyDevices; for a one-time password, which `new_password` replaces, also what
        `NewPasswords.replace_one_time` does.

        An earlier sign-in of this person on the same device ends.
        """
        arrival = self._sign_ins.check_device(device, appearance, address)
        try:
            account_name = check_name(name)
        except BadName as never_an_account:
            raise WrongCredentials from never_an_account
        credential = await self._proving.prove(account_name, password, address)
        password_hash = credential.password_hash
        if is_one_time(password_hash):
            password_hash = await self._new_passwords.replace_one_time(
                credential, password, new_password
            )
        elif new_password:
            raise BadRequest("Only a one-time password is replaced by signing in.")
        return await self._sign_ins.open(
            credential.user, arrival, admin=credential.admin, password_hash=password_hash
        )

    async def refresh(
        self, refresh_token: str, *, appearance: Appearance = UNSEEN, address: str = ""
    ) -> SignedIn:
        """See `SignIns.refresh`. Raises Unauthenticated, BadRequest (appearance)."""
        return await self._sign_ins.refresh(refresh_token, appearance, address)
