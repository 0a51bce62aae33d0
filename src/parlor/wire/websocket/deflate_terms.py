"""What two sides agree about permessage-deflate (RFC 7692 §7.1), without compressing anything.

This server always asks both sides to forget their window after each message. So one compressed
copy of a push is right for every receiver, and a connection at rest holds no zlib object.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parlor.model.errors import WireError
from parlor.wire.websocket.extensions import Extension

NAME = "permessage-deflate"
MIN_WINDOW_BITS = 9
"""The smallest window zlib compresses with; RFC 7692 has 8 too."""
MAX_WINDOW_BITS = 15

_BITS = re.compile("8|9|1[0-5]")


@dataclass(frozen=True, slots=True)
class DeflateTerms:
    """Windows as powers of two. The client's is None when it does not limit itself (or may not
    be asked to: it did not offer)."""

    server_window_bits: int = MAX_WINDOW_BITS
    client_window_bits: int | None = None

    def header(self) -> tuple[bytes, bytes]:
        """For the 101 answer."""
        value = f"{NAME}; server_no_context_takeover; client_no_context_takeover"
        value += f"; server_max_window_bits={self.server_window_bits}"
        if self.client_window_bits is not None:
            value += f"; client_max_window_bits={self.client_window_bits}"
        return b"Sec-WebSocket-Extensions", value.encode()


OFFER = (
    b"Sec-WebSocket-Extensions",
    NAME.encode()
    + b"; server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
)
"""What our own client asks for: the terms that this server gives."""


def choose_terms(offered: Sequence[Extension], window_bits: int) -> DeflateTerms | None:
    """The terms for the first offer that can be taken up; None declines them all.

    `window_bits` is the largest window wanted here, 9 to 15. An offer with a parameter that is
    unknown, there twice or without a legal value is passed over (§7.1), and so is one that wants
    this side to compress with a window of 8 bits, which zlib does not have.
    """
    for extension in offered:
        if extension.name == NAME:
            parameters = _check_parameters(extension)
            if parameters is not None and parameters.server_window_bits >= MIN_WINDOW_BITS:
                client = parameters.client_window_bits
                return DeflateTerms(
                    min(window_bits, parameters.server_window_bits),
                    None if client is None else min(window_bits, client),
                )
    return None


def check_answer(answered: Sequence[Extension]) -> DeflateTerms | None:
    """The terms a server gave for our `OFFER`; None when it declined.

    Raises WireError for an answer that must fail the connection (§5.1, §7.1.1.1).
    """
    if not answered:
        return None
    if len(answered) > 1 or answered[0].name != NAME:
        raise WireError("the server agreed to an extension that was not offered")
    terms = _check_parameters(answered[0], is_answer=True)
    if terms is None:
        raise WireError("the server's terms for compression are not legal")
    if ("server_no_context_takeover", None) not in answered[0].parameters:
        raise WireError("the server did not agree to forget its window")
    return terms


def _check_parameters(extension: Extension, *, is_answer: bool = False) -> DeflateTerms | None:
    """Windows as they are named there, 15 when they are not; None when it breaks §7.1."""
    found: dict[str, str | None] = {}
    for name, value in extension.parameters:
        if name in found or not _is_legal(name, value, is_answer=is_answer):
            return None
        found[name] = value
    server = int(found.get("server_max_window_bits") or MAX_WINDOW_BITS)
    if "client_max_window_bits" not in found:
        return DeflateTerms(server)
    return DeflateTerms(server, int(found["client_max_window_bits"] or MAX_WINDOW_BITS))


def _is_legal(name: str, value: str | None, *, is_answer: bool) -> bool:
    match name:
        case "server_no_context_takeover" | "client_no_context_takeover":
            return value is None
        case "client_max_window_bits" if value is None:
            return not is_answer
        case "server_max_window_bits" | "client_max_window_bits":
            return value is not None and _BITS.fullmatch(value) is not None
    return False
