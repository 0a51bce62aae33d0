"""One-time set-up links: how the first administrator and invited people set a password.

Also how a forgotten password is replaced: a link for an account that exists sets its password,
and ends its sign-ins everywhere.
"""

from __future__ import annotations

from parlor.accounts.new_passwords import NewPasswords
from parlor.accounts.passwords import Passwords, check_password
from parlor.accounts.settings import AccountsSettings
from parlor.accounts.sign_ins import Arrival, SignedIn, SignIns
from parlor.accounts.tokens import Kind, digest, mint
from parlor.model.account import User
from parlor.model.device import UNSEEN, Appearance
from parlor.model.errors import NameTaken, NotFound
from parlor.model.ids import UserId, number_id
from parlor.model.text import check_display_name, check_name
from parlor.ports.accounts import Accounts, Credential, Keys, PasswordChange
from parlor.ports.clock import Clock
from parlor.ports.entropy import Entropy


class SetUpLinks:
    def __init__(
        self,
        accounts: Accounts,
        keys: Keys,
        sign_ins: SignIns,
        passwords: Passwords,
        new_passwords: NewPasswords,
        settings: AccountsSettings,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._accounts = accounts
        self._keys = keys
        self._sign_ins = sign_ins
        self._passwords = passwords
        self._new_passwords = new_passwords
        self._settings = settings
        self._clock = clock
        self._entropy = entropy

    async def make(self, name: str, *, admin: bool) -> str:
        """A token to be shown once. An empty name lets whoever has it choose one.

        `admin` makes an administrator of the account; without it the account stays what it is.
        Raises BadName.
        """
        account_name = check_name(name) if name else ""
        token = mint(Kind.LINK, self._entropy)
        await self._store(digest(Kind.LINK, token) or b"", account_name, admin)
        return token

    async def look(self, token: str) -> tuple[str, bool]:
        """(name, admin) of a live link, which stays live. Raises NotFound."""
        _, name, admin = await self._live(token)
        return name, admin

    async def redeem(
        self,
        token: str,
        name: str,
        password: str,
        display_name: str,
        *,
        device: str,
        address: str,
        appearance: Appearance = UNSEEN,
    ) -> SignedIn:
        """Set the password, spend the link and sign in. `name` counts when the link has none.

        Raises NotFound (spent, expired, never made), NameTaken, BadName, BadDisplayName,
        WeakPassword, BadRequest (device); after any of them but the first the link is still good.
        """
        link_hash, fixed_name, admin = await self._live(token)
        account_name = check_name(fixed_name or name)
        checked_password = check_password(password, account_name)
        checked_name = check_display_name(display_name or account_name)
        arrival = self._sign_ins.check_device(device, appearance, address)
        existing = await self._accounts.credential(account_name)
        if existing is not None and not fixed_name:
            raise NameTaken
        password_hash = await self._passwords.hash(checked_password)
        if not await self._keys.spend_link(link_hash, self._now()):
            raise NotFound("This link has been used.")
        if existing is not None:
            return await self._set_password(existing, password_hash, arrival, admin=admin)
        user = User(UserId(number_id(self._entropy.token_bytes(7))), account_name, checked_name)
        try:
            await self._accounts.add_user(user, password_hash, admin=admin)
        except NameTaken:
            await self._store(link_hash, fixed_name, admin)
            raise
        return await self._sign_ins.open(user, arrival, admin=admin)

    async def _set_password(
        self, account: Credential, password_hash: str, arrival: Arrival, *, admin: bool
    ) -> SignedIn:
        user = account.user
        change = PasswordChange(admin=admin)
        await self._new_passwords.put(user, password_hash, "password.change", user.id, change)
        return await self._sign_ins.open(user, arrival, admin=admin or account.admin)

    async def _store(self, link_hash: bytes, name: str, admin: bool) -> None:
        expires_at = self._now() + self._settings.link_s
        await self._keys.add_link(link_hash, name, admin, expires_at)

    async def _live(self, token: str) -> tuple[bytes, str, bool]:
        link_hash = digest(Kind.LINK, token)
        found = await self._keys.link(link_hash, self._now()) if link_hash else None
        if link_hash is None or found is None:
            raise NotFound("This link has been used, has expired or never was.")
        return link_hash, *found

    def _now(self) -> float:
        return self._clock.unix_ms() / 1000
