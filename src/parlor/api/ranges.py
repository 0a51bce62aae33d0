"""Which bytes of a file a request wants, and what the file is called when it is saved.

One range at most: a client that asks for several gets the whole, as it may (RFC 9110 §14.2).
"""

from __future__ import annotations

import re
from urllib.parse import quote

from parlor.model.errors import BadRange

_ONE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})\Z", re.IGNORECASE | re.ASCII)
_NOT_PLAIN = re.compile(r"[^ !#$&+\-.0-9A-Z^_`a-z{}~()@,;=\[\]]")
# RFC 8187 §3.2.1: attr-char beside letters, digits and what `quote` keeps anyhow.
_ATTRIBUTE = "!#$&+^`|"


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """(start, stop) of what is asked for, None for all of it: without a range, or with one that
    is not understood (RFC 9110 §14.1.2). Raises BadRange when the file ends before it begins."""
    found = _ONE.match(header.strip())
    if not found or found.group(0).endswith("=-"):
        return None
    first, last = found.groups()
    if not first:
        count = int(last)
        if count == 0 or size == 0:
            raise BadRange
        return max(0, size - count), size
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise BadRange
    return start, min(size, int(last) + 1) if last else size


def is_still(if_range: str, etag: str) -> bool:
    """Whether a range may be answered: the client has no part yet, or one of these very bytes
    (RFC 9110 §13.1.5). A date proves nothing here."""
    return if_range in ("", etag)


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether the client has these bytes already (RFC 9110 §13.1.2)."""
    if not if_none_match:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def disposition(name: str, *, is_shown: bool) -> str:
    """Content-Disposition (RFC 6266): plain ASCII for old clients, the name itself in UTF-8."""
    how = "inline" if is_shown else "attachment"
    plain = _NOT_PLAIN.sub("_", name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTRIBUTE)}"
