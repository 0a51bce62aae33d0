"""Another password for an account: by whoever knows the present one, or by the operator.

Whichever way a password is replaced, the sign-ins that the old one opened end with it, in the
transaction that stores the new one: whoever else knew it is out. Called by the API, by `signing`
for one-time passwords, by `links` and by the command line.
"""

from __future__ import annotations

from base64 import b32encode

import msgspec

from parlor.accounts.passwords import Passwords, check_password, once
from parlor.accounts.proving import Proving
from parlor.accounts.sign_ins import SignIns
from parlor.model.account import Identity, User
from parlor.model.audit import AuditEntry
from parlor.model.errors import NewPasswordNeeded, NotFound, SamePassword
from parlor.model.text import check_name
from parlor.ports.accounts import ANYHOW, Accounts, Credential, PasswordChange
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy

OPERATOR = "operator"
"""Who acts through the command line, in the audit log."""
_RANDOM_BYTES = 10
_GROUP_CHARS = 4


class NewPasswords:
    def __init__(
        self,
        accounts: Accounts,
        sign_ins: SignIns,
        passwords: Passwords,
        proving: Proving,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._accounts = accounts
        self._sign_ins = sign_ins
        self._passwords = passwords
        self._proving = proving
        self._clock = clock
        self._entropy = entropy

    async def change(self, me: Identity, present: str, new: str, *, address: str) -> int:
        """Change one's own; the sign-in that asks goes on, and how many others ended is returned.

        Raises WeakPassword, WrongCredentials and TooManyAttempts as signing in does, SamePassword.
        """
        found = await self._accounts.users([me.user])
        if not found:
            raise NotFound
        user = found[0]
        checked = check_password(new, user.name)
        credential = await self._proving.prove(user.name, present, address)
        _check_differs(present, checked)
        password_hash = await self._passwords.hash(checked)
        change = PasswordChange(credential.password_hash, but=me.session)
        return await self.put(user, password_hash, "password.change", user.id, change)

    async def replace_one_time(self, account: Credential, given: str, new: str) -> str:
        """The hash of the password `new`, which takes the place of the one-time password `given`.

        Raises NewPasswordNeeded when there is none, WeakPassword, SamePassword; then the one-time
        password is still good. Raises WrongCredentials when somebody else was faster.
        """
        if not new:
            raise NewPasswordNeeded
        user = account.user
        checked = check_password(new, user.name)
        _check_differs(given, checked)
        password_hash = await self._passwords.hash(checked)
        change = PasswordChange(account.password_hash)
        await self.put(user, password_hash, "password.change", user.id, change)
        return password_hash

    async def make_one_time(self, name: str) -> str:
        """For an operator: a password that is good for choosing a new one, once, and is seen only
        here. The one before is good for nothing, and all sign-ins end. Raises BadName, NotFound.
        """
        credential = await self._accounts.credential(check_name(name))
        if credential is None:
            raise NotFound(f"There is no account {name}.")
        password = self._made_up()
        password_hash = once(await self._passwords.hash(password))
        await self.put(credential.user, password_hash, "password.reset", OPERATOR)
        return password

    async def put(
        self,
        user: User,
        password_hash: str,
        act: str,
        actor: str,
        change: PasswordChange = ANYHOW,
    ) -> int:
        """Store it and end the sign-ins, entered in the audit log as the `act` of `actor`; how
        many ended. Raises as `Accounts.set_password`."""
        words = msgspec.json.encode({"admin": True} if change.admin else {}).decode()
        entry = AuditEntry(0, self._clock.unix_ms(), actor, act, user.id, words)
        ended = await self._accounts.set_password(user.id, password_hash, entry, change)
        self._sign_ins.on_ended_with_password(ended)
        return len(ended)

    def _made_up(self) -> str:
        """80 random bits that can be read out: no 0, 1, 8 or 9 to take for a letter."""
        text = b32encode(self._entropy.token_bytes(_RANDOM_BYTES)).decode().lower()
        return "-".join(
            text[start : start + _GROUP_CHARS] for start in range(0, len(text), _GROUP_CHARS)
        )


def _check_differs(old: str, checked: str) -> None:
    if check_password(old, "") == checked:
        raise SamePassword
