"""Passwords: which are allowed, and argon2id on a bounded number of threads.

Comparing costs the same whether the account exists or not, so that the time of an answer does
not tell which names are taken.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from parlor.accounts.settings import AccountsSettings
from parlor.model.errors import Overloaded, WeakPassword

T = TypeVar("T")
MIN_CHARS = 8
MAX_CHARS = 256
_ONCE = "once:"


def check_password(raw: str, name: str) -> str:
    """The password in the one form that is hashed: NFC (RFC 8265 §4.2). Raises WeakPassword."""
    if len(raw) > 4 * MAX_CHARS:
        raise WeakPassword
    try:
        raw.encode()
    except UnicodeEncodeError as lone_surrogate:
        raise WeakPassword("The password is not valid Unicode.") from lone_surrogate
    password = unicodedata.normalize("NFC", raw)
    if not MIN_CHARS <= len(password) <= MAX_CHARS or password.casefold() == name.casefold():
        raise WeakPassword
    return password


def once(password_hash: str) -> str:
    """What is stored of a password that is good for choosing a new one only."""
    return _ONCE + password_hash


def is_one_time(password_hash: str) -> bool:
    return password_hash.startswith(_ONCE)


class Passwords:
    """Each waiting password holds one of `max_waiting_hashes` places; beyond that Overloaded."""

    def __init__(self, settings: AccountsSettings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.hash_passes,
            memory_cost=settings.hash_memory_kib,
            parallelism=1,
            hash_len=32,
            salt_len=16,
            type=Type.ID,
        )
        # Well formed, of the same cost, and of no password anybody can find.
        cost = f"m={settings.hash_memory_kib},t={settings.hash_passes},p=1"
        self._nobodys = f"$argon2id$v=19${cost}${'A' * 22}${'A' * 43}"
        self._max_waiting = settings.max_waiting_hashes
        self._waiting = 0
        self._threads = ThreadPoolExecutor(settings.hashing_at_once, "password")

    async def hash(self, password: str) -> str:
        """`password` has passed `check_password`."""
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, password_hash: str, raw: str) -> bool:
        """False, after the same work, for an empty hash and for what no password can be.

        True for a one-time password too: ask `is_one_time`.
        """
        try:
            password = check_password(raw, "")
        except WeakPassword:
            password, password_hash = "", ""
        return await self._run(lambda: self._verify(password_hash, password))

    def close(self) -> None:
        """Wait for the passwords at work."""
        self._threads.shutdown()

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            self._hasher.verify(password_hash.removeprefix(_ONCE) or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return bool(password_hash)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._max_waiting:
            raise Overloaded(retry_after_s=1.0)
        self._waiting += 1
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        running.add_done_callback(self._done)
        return await running

    def _done(self, _: object) -> None:
        self._waiting -= 1
