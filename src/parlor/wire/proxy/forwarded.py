"""Reading the HTTP fields in which proxies name clients, each into its hops, nearest last.

Owns the syntax; whom to believe is `trust`'s. `X-Forwarded-For` has no specification: addresses,
with a port in some clouds, and Squid's `unknown`. `Forwarded` is RFC 7239.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from parlor.model.address import plain_address
from parlor.model.errors import WireError

MAX_LINE_BYTES = 4_096
"""Some hundred hops. A client can fill such a line before the proxy adds to it."""
UNKNOWN = "unknown"

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 - a production of RFC 9110, no secret
_QUOTED = r"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"
_PAIR = re.compile(f'({_TOKEN})=(?:({_TOKEN})|"({_QUOTED})")')
_BLANK = re.compile(r"[ \t]*")
_ESCAPED = re.compile(r"\\(.)")
_OBFUSCATED = re.compile(r"_[A-Za-z0-9._-]+\Z")
_WITH_PORT = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*))(?::([0-9]{1,5}|_[A-Za-z0-9._-]+))?\Z")


@dataclass(frozen=True, slots=True)
class Hop:
    """Who reached one proxy: an IP address, `unknown`, or a name that hides one (`_x`).

    `scheme` is how, where the proxy says so; else empty. `node` is empty when it says only that.
    """

    node: str
    scheme: str = ""


def parse_x_forwarded_for(line: bytes) -> list[Hop]:
    """Raises WireError for an entry that is no address."""
    return [Hop(parse_node(part.strip(" \t"))) for part in _text(line).split(",") if part.strip()]


def parse_forwarded(line: bytes) -> list[Hop]:
    """Raises WireError for anything but the grammar of RFC 7239 §4."""
    text = _text(line)
    hops: list[Hop] = []
    pairs: dict[str, str] = {}
    at, end = _skip(text, 0), len(text)
    while at < end:
        if text[at] not in ",;":
            found = _PAIR.match(text, at)
            if found is None or found[1].lower() in pairs:
                raise WireError("Forwarded is malformed.")
            quoted = found[3]
            pairs[found[1].lower()] = found[2] if quoted is None else _ESCAPED.sub(r"\1", quoted)
            at = _skip(text, found.end())
            if at < end and text[at] not in ",;":
                raise WireError("Forwarded is malformed.")
        if at >= end or text[at] == ",":
            if pairs:
                hops.append(_hop(pairs))
            pairs = {}
        at = _skip(text, at + 1)
    if pairs:
        hops.append(_hop(pairs))
    return hops


def parse_real_ip(line: bytes) -> str:
    """`X-Real-IP`: one address. Raises WireError for anything else."""
    return parse_node(_text(line).strip(" \t"))


def parse_node(text: str) -> str:
    """An address without its port and brackets, `unknown`, or `_x` (RFC 7239 §6).

    Raises WireError for anything else.
    """
    if text.lower() == UNKNOWN or text.lower().startswith(UNKNOWN + ":"):
        return UNKNOWN
    if text.count(":") > 1 and not text.startswith("["):
        return _ip(text)
    found = _WITH_PORT.match(text)
    if found is None:
        raise WireError("A forwarding field names no address.")
    if found[2] is None:
        if ":" not in found[1]:
            raise WireError("A forwarding field names no address.")
        return _ip(found[1])
    return found[2] if _OBFUSCATED.match(found[2]) else _ip(found[2])


def _hop(pairs: dict[str, str]) -> Hop:
    node = pairs.get("for")
    return Hop("" if node is None else parse_node(node), pairs.get("proto", "").lower())


def _ip(text: str) -> str:
    if "%" in text:
        raise WireError("A forwarding field names an address of one link only.")
    try:
        return plain_address(str(ipaddress.ip_address(text)))
    except ValueError as fault:
        raise WireError("A forwarding field names no address.") from fault


def _text(line: bytes) -> str:
    if len(line) > MAX_LINE_BYTES:
        raise WireError("A forwarding field is too long.")
    return line.decode("latin-1")


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
