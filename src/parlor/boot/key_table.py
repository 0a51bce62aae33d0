"""API keys as `parlor key list` shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from parlor.model.account import KeyRecord

_TITLES = ("ID", "NAME", "SCOPES", "CREATED", "EXPIRES", "LAST USED")


def table_lines(records: Sequence[KeyRecord], now_s: float) -> list[str]:
    """One line a key under a line of titles; times in UTC, to the minute."""
    rows = [_TITLES, *(_row(record, now_s) for record in records)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _row(record: KeyRecord, now_s: float) -> tuple[str, ...]:
    grant = record.grant
    expires = _when(grant.expires_at, "never")
    if 0 < grant.expires_at <= now_s:
        expires += " (expired)"
    return (
        grant.id,
        grant.name,
        ",".join(sorted(grant.scopes)),
        _when(record.created_at, "-"),
        expires,
        _when(record.last_used_at, "-"),
    )


def _when(unix_s: float, otherwise: str) -> str:
    return f"{datetime.fromtimestamp(unix_s, UTC):%Y-%m-%d %H:%M}" if unix_s else otherwise
