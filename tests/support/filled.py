"""A conversation that is long from the start: messages put into the file of a server at rest."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

_FILL = """
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?)
    INSERT INTO events (conversation_id, seq, kind, sender_id, sent_at, text)
    SELECT ?, n + 2, 'message', ?, ? - (? - n) * 60000, 'message ' || n FROM numbers
"""
_END = "UPDATE conversations SET last_seq = ?, last_said_seq = ? WHERE id = ?"
_READ = "UPDATE members SET read_seq = ? WHERE conversation_id = ?"


def fill(data: Path, talk: str, sender: str, count: int, read: int) -> None:
    """`sender` says "message 0" and so on, a minute apart; the others have seen `read` of them.

    The conversation has nothing but its first event; the server in `data` does not run.
    """
    now = int(time.time() * 1000)
    with sqlite3.connect(data / "parlor.db") as link:
        link.execute(_FILL, (count, int(talk), int(sender), now, count))
        link.execute(_END, (count + 1, count + 1, int(talk)))
        link.execute(_READ, (read + 1, int(talk)))
    link.close()


def say_at(data: Path, talk: str, sender: str, said: Sequence[tuple[int, str]]) -> None:
    """As `fill`, with times (Unix ms) and texts; nobody has read them."""
    with sqlite3.connect(data / "parlor.db") as link:
        link.executemany(
            "INSERT INTO events (conversation_id, seq, kind, sender_id, sent_at, text)"
            " VALUES (?, ?, 'message', ?, ?, ?)",
            [(int(talk), n, int(sender), *one) for n, one in enumerate(said, 2)],
        )
        link.execute(_END, (len(said) + 1, len(said) + 1, int(talk)))
    link.close()
