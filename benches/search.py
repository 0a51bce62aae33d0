"""How fast messages are found by what they say, among very many, in Latin letters and in Chinese.

A person in 50 of 200 conversations looks for one to three words, often ones and seldom ones, and
gets a page of 20 with the messages themselves. Beside it, bare: the database's own full-text index
(FTS5, tsvector, FULLTEXT) of the same words, asked through its driver for the places alone, without
what the person may see at that moment. Both indexes are filled by this program; how fast ours was,
and how large both are, is measured on the way.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

from sqlalchemy import Connection, insert, update

from benches.bare_search import bare_index
from benches.database import KINDS, Place, opened
from benches.figures import Figure, percentile, print_figures, rounded
from benches.server import folder
from parlor.boot.clock import SystemClock
from parlor.drivers.sql.changes import SqlChanges
from parlor.drivers.sql.conversations import SqlConversations
from parlor.drivers.sql.database import OpenDatabase
from parlor.drivers.sql.search import SqlSearch
from parlor.drivers.sql.tables import conversations, events, members, users
from parlor.im.rebuild import rebuild
from parlor.im.search import Filters, Search
from parlor.im.search_settings import SearchSettings
from parlor.model.ids import UserId
from tests.support.databases import open_at

MESSAGES = 100_000
TALKS, OWN_TALKS = 200, 50
QUERIES = 200
PAGE = 20
ME, OTHER = 2**52 + 1, 2**52 + 2
FIRST_TALK = 2**52 + 1_000
NOW_MS = 1_790_000_000_000
_ROWS = 500
_BARE = "its own full-text index"
_WORDS, _CHARS = 20_000, 3_000


class Talkers:
    """Texts whose words are used as often as words are: the nth one a nth as often."""

    def __init__(self) -> None:
        self._random = random.Random(7)
        syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
        self.words = [
            "".join(self._random.choices(syllables, k=self._random.randint(1, 4)))
            for _ in range(_WORDS)
        ]
        self.chars = [chr(0x4E00 + n) for n in self._random.sample(range(20_000), _CHARS)]
        # Kept: adding them up for each text would take all the time.
        self._of_words = _shares(_WORDS)
        self._of_chars = _shares(_CHARS)

    def latin(self) -> str:
        many = self._random.randint(3, 18)
        return " ".join(self._random.choices(self.words, cum_weights=self._of_words, k=many))

    def chinese(self) -> str:
        many = self._random.randint(4, 32)
        return "".join(self._random.choices(self.chars, cum_weights=self._of_chars, k=many))

    def text(self, number: int) -> str:
        return self.chinese() if number % 2 else self.latin()

    def queries(self, *, chinese: bool) -> list[str]:
        """Parts of what was said: often ones of one word, rarer ones of two and three."""
        asked = []
        for number in range(QUERIES):
            size = number % 3 + 1
            if chinese:
                text = self.chinese()
                asked.append(text[: size + 1])
            else:
                asked.append(" ".join(self.latin().split()[:size]))
        return asked


def _shares(many: int) -> list[float]:
    total, shares = 0.0, []
    for number in range(many):
        total += 1 / (number + 2)
        shares.append(total)
    return shares


def measure(kinds: Sequence[str] = KINDS, messages: int = MESSAGES) -> Iterator[Figure]:
    for kind in kinds:
        with folder() as own, opened(kind, own / "data") as place:
            place.data.mkdir(parents=True, exist_ok=True)
            yield from asyncio.run(_on(place, messages))


async def _on(place: Place, messages: int) -> list[Figure]:
    talkers = Talkers()
    async with open_at(place.url, place.data) as database:
        await _fill(database, messages, talkers)
        before, began = place.stored_bytes(), time.perf_counter()
        await rebuild(SqlSearch(database), lambda done, there: None)
        took = time.perf_counter() - began
        ours = place.stored_bytes() - before
        search = Search(
            SqlSearch(database),
            SqlChanges(database),
            SqlConversations(database),
            SearchSettings(),
            SystemClock(),
        )
        async with bare_index(place, _own_talks()) as bare:
            filled = time.perf_counter()
            await bare.fill(_said(messages, Talkers()))
            bare_took = time.perf_counter() - filled
            figures = [
                Figure.beside(
                    f"search.{place.kind}.indexing",
                    messages / took,
                    "messages/s",
                    _BARE,
                    messages / bare_took,
                ),
                Figure.beside(
                    f"search.{place.kind}.size",
                    ours / messages,
                    "bytes/message",
                    _BARE,
                    (place.stored_bytes() - before - ours) / messages,
                ),
            ]
            for name, chinese in (("latin", False), ("chinese", True)):
                asked = talkers.queries(chinese=chinese)

                async def look(text: str) -> object:
                    return await search.messages(UserId(str(ME)), text, Filters(), "", PAGE)

                mine, bares = await _times(asked, look), await _times(asked, bare.find)
                figures.append(
                    Figure.beside(
                        f"search.{place.kind}.{name}",
                        percentile(mine, 0.95),
                        "ms p95",
                        _BARE,
                        percentile(bares, 0.95),
                        p50_ms=rounded(percentile(mine, 0.5)),
                        p99_ms=rounded(percentile(mine, 0.99)),
                        aim="below 50 ms in 1,000,000 messages",
                        note=f"{messages:,} messages; bare, without rights, p50"
                        f" {rounded(percentile(bares, 0.5))} ms",
                    )
                )
    return figures


async def _times(asked: Sequence[str], find: Callable[[str], Awaitable[object]]) -> list[float]:
    """Milliseconds of each, after a few that are not counted."""
    for text in asked[:6]:
        await find(text)
    times = []
    for text in asked:
        began = time.perf_counter()
        await find(text)
        times.append((time.perf_counter() - began) * 1_000)
    return times


def _own_talks() -> list[int]:
    return [FIRST_TALK + number for number in range(OWN_TALKS)]


def _said(messages: int, talkers: Talkers) -> Iterator[tuple[int, int, int, str]]:
    """(conversation, seq, time, text) of each message, in the order of their times."""
    for number in range(messages):
        talk = FIRST_TALK + number % TALKS
        yield talk, number // TALKS + 2, NOW_MS + number, talkers.text(number)


async def _fill(database: OpenDatabase, messages: int, talkers: Talkers) -> None:
    def people(db: Connection) -> None:
        for person in (ME, OTHER):
            named = {"id": person, "name": f"p{person}", "display_name": "P"}
            db.execute(insert(users), {**named, "password_hash": "", "admin": False})
        for number in range(TALKS):
            talk = FIRST_TALK + number
            group = {"id": talk, "kind": "group", "title": "T", "member_count": 2}
            db.execute(insert(conversations), {**group, "last_seq": 1, "active_at": NOW_MS})
            for person in (ME, OTHER) if number < OWN_TALKS else (OTHER,):
                place = {"conversation_id": talk, "user_id": person, "role": "member"}
                db.execute(insert(members), {**place, "joined_seq": 1, "read_seq": 1})
            made = {"conversation_id": talk, "seq": 1, "kind": "created", "sender_id": OTHER}
            db.execute(insert(events), {**made, "sent_at": NOW_MS, "text": ""})

    await database.write(people)
    rows: list[dict[str, object]] = []
    for talk, seq, at_ms, text in _said(messages, talkers):
        place = {"conversation_id": talk, "seq": seq, "kind": "message", "sender_id": OTHER}
        rows.append({**place, "sent_at": at_ms, "text": text})
        if len(rows) == _ROWS:
            await _store(database, rows)
            rows = []
    if rows:
        await _store(database, rows)

    def ends(db: Connection) -> None:
        for number in range(TALKS):
            last = (messages - 1 - number) // TALKS + 2
            db.execute(
                update(conversations)
                .where(conversations.c.id == FIRST_TALK + number)
                .values(last_seq=last, last_said_seq=last, active_at=NOW_MS + messages)
            )

    await database.write(ends)


async def _store(database: OpenDatabase, rows: list[dict[str, object]]) -> None:
    def unit(db: Connection) -> None:
        db.execute(insert(events), rows)

    await database.write(unit)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="one JSON object a line")
    options.add_argument("--database", choices=KINDS, action="append", help="[all]")
    options.add_argument("--messages", type=int, default=MESSAGES, help=f"[{MESSAGES:,}]")
    given = options.parse_args()
    print_figures(measure(given.database or KINDS, given.messages), given)


if __name__ == "__main__":
    main()
