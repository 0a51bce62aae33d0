"""Settings of accounts, section `accounts`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from parlor.accounts.device_policy import DevicePolicy
from parlor.model.device import Platform


class AccountsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`open_sign_up`: whoever reaches the server may make an account.

    `token_s`, `refresh_s`, `link_s`: how long an access token, an unused refresh token and a
    set-up link live. `recheck_s`: after this long a token is looked up again, so a sign-out in
    another process is noticed; `remembered_tokens` bounds how many are remembered.

    `hash_passes`, `hash_memory_kib`: the cost of argon2id (RFC 9106 §4), about 40 ms a password.
    `hashing_at_once` threads compute; more than `max_waiting_hashes` are refused (`overloaded`).

    After `free_failures_per_account` (`_per_address`) failed sign-ins each further one doubles
    the wait, from `first_wait_s` to `longest_wait_s`; `forget_s` without a failure forgets them.

    `device_policy` says for a platform how many devices one person may be signed in on; over
    `max_devices` of all platforms the one seen longest ago is signed out. When a device was last
    seen is written each `seen_each_s`, for at most `seen_at_most` devices; of more, those that
    were seen first are left out.
    """

    open_sign_up: bool = True
    token_s: int = 3_600
    refresh_s: int = 30 * 86_400
    link_s: int = 7 * 86_400
    recheck_s: float = 30.0
    remembered_tokens: int = 20_000
    hash_passes: int = 2
    hash_memory_kib: int = 32_768
    hashing_at_once: int = 2
    max_waiting_hashes: int = 200
    free_failures_per_account: int = 5
    free_failures_per_address: int = 50
    first_wait_s: float = 1.0
    longest_wait_s: float = 900.0
    forget_s: float = 3_600.0
    remembered_failures: int = 50_000
    device_policy: dict[Platform, DevicePolicy] = msgspec.field(default_factory=dict)
    max_devices: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100
    seen_each_s: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    seen_at_most: Annotated[int, msgspec.Meta(ge=1)] = 50_000
