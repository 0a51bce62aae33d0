"""XOR with a 4-byte key (RFC 6455 §5.3): in C when `websockets` brought its speedups.

Called by `parser` for each payload and by `frames` for what a client sends.
"""

from __future__ import annotations

from collections.abc import Callable

Unmask = Callable[[bytes, bytes], bytes]


def apply_mask_in_python(payload: bytes, key: bytes) -> bytes:
    """The same as the C one, as one XOR of two long integers: no loop over bytes."""
    size = len(payload)
    if not size:
        return b""
    pad = key * (size // 4) + key[: size % 4]
    return (int.from_bytes(payload) ^ int.from_bytes(pad)).to_bytes(size)


def _fastest() -> Unmask:
    try:
        from websockets.speedups import apply_mask
    except ImportError:  # no wheel for this machine
        return apply_mask_in_python
    in_c: Unmask = apply_mask
    return in_c


apply_mask: Unmask = _fastest()
"""`apply_mask(payload, key)`; applying it twice gives the payload back."""
