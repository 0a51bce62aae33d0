"""`parlor trace`: asks a running server what became of a push, and says it in a table.

Plain HTTP from the standard library: no settings and no data folder are needed, the server may be
on another machine.
"""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

TIMEOUT_S = 10.0
_LEG = ("targeted", "unwanted", "closing", "written", "queued", "missed", "slow", "lost")


class TraceFailed(Exception):
    """One line for the person who asked."""


def fetch_trace(url: str, key: str, push_id: str, trust: str = "") -> dict[str, Any]:
    """The reply of `GET /api/v1/trace/{push_id}`. `trust` is a file of certificates to believe.

    Raises TraceFailed.
    """
    where = urlsplit(url)
    if where.scheme not in ("http", "https") or not where.hostname:
        raise TraceFailed(f"--url {url}: not like http://localhost:8080")
    if not key:
        raise TraceFailed("an API key with scope admin is needed: --key, or PARLOR_API_KEY")
    request = urllib.request.Request(  # noqa: S310 (the scheme was looked at)
        f"{url.rstrip('/')}/api/v1/trace/{quote(push_id, safe='')}",
        headers={"Authorization": f"Bearer {key}"},
    )
    try:
        trusted = ssl.create_default_context(cafile=trust) if trust else None
        with urllib.request.urlopen(  # noqa: S310
            request, timeout=TIMEOUT_S, context=trusted
        ) as reply:
            read = json.load(reply)
    except urllib.error.HTTPError as refused:
        raise TraceFailed(_refusal(refused)) from refused
    except urllib.error.URLError as failed:
        raise TraceFailed(f"cannot reach {url}: {failed.reason}") from failed
    except (OSError, ValueError) as failed:
        raise TraceFailed(f"no answer that can be read from {url}: {failed}") from failed
    if not isinstance(read, dict) or "push_id" not in read:
        raise TraceFailed(f"{url} is no Parlor")
    return read


def trace_lines(trace: dict[str, Any]) -> Iterator[str]:
    """The reply for people; times in UTC."""
    targets = ", ".join(trace["targets"])
    more = trace["target_count"] - len(trace["targets"])
    online = "unknown" if trace["online"] is None else trace["online"]
    yield f"push      {trace['push_id']}"
    yield f"accepted  {_when(trace['accepted_at'])} from {trace['by'] or '-'}"
    yield f"to        {trace['audience']} {targets}{f' and {more} more' if more else ''}".rstrip()
    tag = f", tag {trace['tag']}" if trace["tag"] else ""
    yield f"body      {trace['body_bytes']} bytes, {trace['delivery']}{tag}"
    yield f"online    {online}"
    if trace["durable"]:
        yield f"queued    at position {trace['position']} of the durable queue"
    yield f"handed on {_when(trace['handed_at'])}"
    if trace["mail_stored"] or trace["mail"]:
        dropped = trace["mail_dropped"]
        yield f"mail      stored {trace['mail_stored']}, dropped {dropped} older ones for it"
        yield from _table(
            ("USER", "NUMBER", "DEVICE", "ACKNOWLEDGED BY", "WAITS"),
            [
                (
                    one["user"],
                    str(one["number"]),
                    one["device"] or "all",
                    str(one["acknowledged_by"]),
                    "perhaps" if one["waits"] else "no",
                )
                for one in trace["mail"]
            ],
        )
    if trace["legs"]:
        yield "delivered by this process, in connections:"
        yield from _table(
            ("AUDIENCE", *(name.upper() for name in _LEG), "BYTES", "TOOK"),
            [
                (
                    leg["audience"],
                    *(str(leg[name]) for name in _LEG),
                    str(leg["frame_bytes"]),
                    f"{max(0, leg['ended_at'] - leg['began_at'])} ms",
                )
                for leg in trace["legs"]
            ],
        )
    else:
        yield "delivered to nobody by this process (yet)"
    if trace["users"]:
        yield "watched users:"
        yield from _table(
            ("AT", "USER", "DEVICE", "CONNECTION", "STEP"),
            [
                (_when(one["at"]), one["user"], one["device"], one["connection"], one["step"])
                for one in trace["users"]
            ],
        )


def _table(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in (titles, *rows)) for column in range(len(titles))]
    for row in (titles, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  " + "  ".join(cells).rstrip()


def _when(unix_ms: int) -> str:
    if not unix_ms:
        return "not yet"
    moment = datetime.fromtimestamp(unix_ms / 1_000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{unix_ms % 1_000:03d}"


def _refusal(refused: urllib.error.HTTPError) -> str:
    try:
        told = json.load(refused)["error"]
        return f"{told['message']} ({told['code']})"
    except (ValueError, KeyError, TypeError, OSError):
        return f"the server answered {refused.code}"
