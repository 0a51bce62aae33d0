"""Opaque secrets: what they look like, and the hash by which they are stored.

256 random bits need no salt and no slow hash: nobody can try them all. The prefix says what a
string is, to people, to secret scanners and to the code that gets the wrong one.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from enum import StrEnum

from parlor.ports.entropy import Entropy

_BYTES = 32
_CHARS = 43


class Kind(StrEnum):
    ACCESS = "plt_"
    REFRESH = "plr_"
    KEY = "plk_"
    LINK = "pll_"


def mint(kind: Kind, entropy: Entropy) -> str:
    return kind + urlsafe_b64encode(entropy.token_bytes(_BYTES)).rstrip(b"=").decode()


def digest(kind: Kind, token: str) -> bytes | None:
    """The 32 bytes to look up, or None when `token` cannot be of this kind."""
    if len(token) != len(kind) + _CHARS or not token.startswith(kind) or not token.isascii():
        return None
    return hashlib.sha256(token.encode()).digest()
