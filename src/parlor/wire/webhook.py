"""The signature on what webhooks get: who sent it, and when.

    Parlor-Signature: t=1790000000,v1=64 hexadecimal digits

`v1` is HMAC-SHA256 with the shared secret over `t`, a full stop and the body as sent. A receiver
refuses a `t` that is further from its own clock than it wants a copied message to be good for.
"""

from __future__ import annotations

import hmac
import re

SIGNATURE = "Parlor-Signature"
DELIVERY = "Parlor-Delivery"
"""The header with the name of one delivery, the same each time it is tried."""
REPLAY_WINDOW_S = 300
_HEADER = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})\Z", re.ASCII)


def sign(secret: str, at_s: int, body: bytes) -> str:
    """The value of the header. `at_s` is Unix seconds."""
    return f"t={at_s},v1={_digest(secret, at_s, body)}"


def verify(
    secret: str, header: str, body: bytes, now_s: float, window_s: float = REPLAY_WINDOW_S
) -> bool:
    """Whether `header` was made with `secret` for `body`, not longer ago (or ahead) than that."""
    found = _HEADER.match(header)
    if found is None:
        return False
    at_s = int(found[1])
    fits = hmac.compare_digest(_digest(secret, at_s, body), found[2])
    return fits and abs(now_s - at_s) <= window_s


def _digest(secret: str, at_s: int, body: bytes) -> str:
    return hmac.digest(secret.encode(), b"%d.%b" % (at_s, body), "sha256").hex()
