"""Who may connect, whoever issued the token: section `auth`. Drivers have sections below it."""

from __future__ import annotations

import msgspec

MAX_PREFIX_CHARS = 32


class AuthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`open`: whoever connects from this machine is whom they say they are; only where
    `http.host` is a loopback address, and never for a link from elsewhere.

    `user_prefix` is put before the user id of every token that is not of Parlor's own accounts.
    `map_accounts`: such a token may name one of Parlor's accounts by its id and then is that
    account; without it those ids are refused.

    `resume_s`: how long a resume ticket lives, at most as long as its token; 0: none are given.
    `recheck_s`: after so long revocations of other processes are noticed, and requests ask again
    about a token that is not of Parlor's own accounts (connections always do). At most
    `max_revocations` are remembered, and the answers about `remembered_tokens` tokens;
    `max_token_chars` bounds what is looked at at all.

    After `free_bad_tokens` bad tokens from one address each further one doubles the wait, from
    `first_wait_s` to `longest_wait_s`; `forget_s` without one forgets them. At most
    `remembered_addresses` are counted. Times in seconds.
    """

    open: bool = False
    user_prefix: str = ""
    map_accounts: bool = False
    resume_s: float = 3_600.0
    recheck_s: float = 30.0
    max_revocations: int = 100_000
    remembered_tokens: int = 10_000
    max_token_chars: int = 8_192
    free_bad_tokens: int = 100
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    forget_s: float = 600.0
    remembered_addresses: int = 50_000

    def __post_init__(self) -> None:
        for name in (
            "max_revocations",
            "remembered_tokens",
            "max_token_chars",
            "remembered_addresses",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is below 1")
        for name in ("resume_s", "recheck_s", "first_wait_s", "longest_wait_s", "forget_s"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is below 0")
        if len(self.user_prefix) > MAX_PREFIX_CHARS or not self.user_prefix.isprintable():
            raise ValueError(f"user_prefix has at most {MAX_PREFIX_CHARS} printable characters")
        if self.user_prefix and self.map_accounts:
            raise ValueError("user_prefix and map_accounts: a prefixed id is never an account's")
