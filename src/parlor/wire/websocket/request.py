"""The head of a handshake request, read quickly: strict, whole, and of one shape only.

Not an HTTP parser. It takes what browsers and libraries send to open a WebSocket and nothing
else, so that whatever it takes, any HTTP parser would read the same way (RFC 9112 §3, §5); all
the rest is one's business. `check_upgrade` then judges the headers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Field lines without folding, lone CR or LF, or blanks before the colon (RFC 9112 §5.1, §5.2).
_FIELDS = re.compile(
    rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t \x21-\x7e\x80-\xff]*+\r\n)+\r\n",
)
_TARGET = re.compile(rb"(?:\?[!$-~]*)? HTTP/1\.1\r\n")
"""After the path: a query of visible characters but `"` and `#`, and the version."""
_BODY = frozenset({b"content-length", b"transfer-encoding", b"expect", b"trailer", b"te"})
MAX_FIELDS = 100


@dataclass(frozen=True, slots=True)
class Request:
    """The first `size` bytes are the head; names are in lower case, values without blanks."""

    headers: list[tuple[bytes, bytes]]
    size: int


def parse_request(data: bytes, path: bytes, max_bytes: int) -> Request | None:
    """The `GET` of `path`, with or without a query, that `data` begins with.

    None for everything else, never an error: not all there yet, another method, path or version,
    anything said about a body, over a limit, or not to the letter of the RFC.
    """
    start = b"GET " + path
    if not data.startswith(start):
        return None
    target = _TARGET.match(data, len(start))
    if target is None:
        return None
    fields = _FIELDS.match(data, target.end())
    if fields is None or fields.end() > max_bytes:
        return None
    lines = data[target.end() : fields.end() - 4].split(b"\r\n")
    if len(lines) > MAX_FIELDS:
        return None
    headers = []
    for line in lines:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name in _BODY:
            return None
        headers.append((name, value.strip(b" \t")))
    return Request(headers, fields.end())
