"""The index of what was said, in SQL. Satisfies `ports.search.SearchIndex`.

An entry is (conversation, word, time, seq), the key of its table. So the newest messages with a
word in one conversation are the end of a range, and of many conversations each gives its own end
of a range: what is looked at grows with the page and the conversations, never with the messages.
What is not one's own is never looked at.

Looking up takes two steps for at most `_TALKS` conversations at a time, the most recently active
first: which of them have all the words, and where. It ends when what was found is newer than
anything that the others can have. How entries come and go is `drivers.sql.search_entries`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from parlor.drivers.sql.at_places import AtPlaces, Parameter
from parlor.drivers.sql.database import Database
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.search_entries import add_next, renew
from parlor.drivers.sql.search_tables import search_positions, search_words
from parlor.drivers.sql.tables import conversations, events, members
from parlor.model.ids import ConversationId, UserId
from parlor.ports.search import Hints, Indexed, Position, Spot, Wanted

_WORDS = 4
"""So many are looked up; the text decides about the others."""
_TALKS = 16
_ROUNDS = 12
"""Of `_TALKS` conversations each, in one request."""
_WINDOW = 1_000
"""Entries of the first word among which the others are looked for, in all conversations of one
round: some 10 ms."""
_FOREVER = (1 << 53) - 1
_ORDER = "search"
_NONE: ColumnElement[int] = literal_column("0")
"""An offset: for SQLite it is a parameter with a name of its own where none is said."""


class SqlSearch:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, user: UserId, wanted: Wanted, before: Spot | None, limit: int) -> Hints:
        viewer, talk = number_of(user), None
        if wanted.conversation is not None:
            talk = number_of(wanted.conversation)
        if viewer is None or not wanted.words or (wanted.conversation is not None and not talk):
            return Hints((), None)
        search = _Search(viewer, talk, wanted, before or Spot(_FOREVER, _FOREVER, _FOREVER), limit)
        return await self._database.read(search.run)

    async def add(self, conversations: Sequence[ConversationId], max_events: int) -> Indexed:
        numbers = [int(one) for one in conversations]
        item = (tuple(sorted(numbers)), max_events)
        return await self._database.write_together(_add_all, item, order=_ORDER)

    async def positions(self, after: ConversationId | None, limit: int) -> Sequence[Position]:
        start = 0 if after is None else int(after)
        return await self._database.read(lambda db: _positions(db, start, limit))

    async def renew(self, conversations: Sequence[ConversationId]) -> None:
        numbers = tuple(sorted(int(one) for one in conversations))
        await self._database.write_together(_renew_all, numbers, order=_ORDER)

    async def events(self) -> int:
        wanted = select(func.sum(conversations.c.last_seq))
        return await self._database.read(lambda db: int(db.execute(wanted).scalar() or 0))


class _Search:
    """One look, on one snapshot."""

    def __init__(
        self, viewer: int, talk: int | None, wanted: Wanted, before: Spot, limit: int
    ) -> None:
        self._viewer = viewer
        self._talk = talk
        self._words = wanted.words[:_WORDS]
        self._since = wanted.since_ms
        until = Spot(wanted.until_ms, 0, 0) if wanted.until_ms else before
        self._before = min(before, until)
        self._limit = limit

    def run(self, db: Connection) -> Hints:
        found: list[Spot] = []
        # Above it everything is known.
        floors: list[Spot] = []
        after: tuple[int, int] | None = None
        for _ in range(_ROUNDS):
            talks = self._talks(db, after)
            self._look(db, talks[:_TALKS], found, floors)
            if len(talks) <= _TALKS:
                return self._hints(found, floors)
            after = talks[_TALKS - 1][1], talks[_TALKS - 1][0]
            next_at = Spot(talks[_TALKS][1], _FOREVER, _FOREVER)
            floor = max([next_at, *floors])
            if sum(spot >= floor for spot in found) >= self._limit or floor != next_at:
                return self._hints(found, [*floors, next_at])
        return self._hints(found, [*floors, next_at])

    def _hints(self, found: list[Spot], floors: list[Spot]) -> Hints:
        floor = max(floors, default=None)
        known = sorted((one for one in found if floor is None or one >= floor), reverse=True)
        page = tuple(known[: self._limit])
        if len(known) > self._limit:
            return Hints(page, page[-1])
        return Hints(page, floor)

    def _talks(self, db: Connection, after: tuple[int, int] | None) -> Sequence[Any]:
        """(id, active_at, since), those that have every word, one more than `_TALKS` at most."""
        wanted = _talks_with(len(self._words))
        values: dict[str, object] = {"viewer": self._viewer, "from_ms": self._since}
        values |= {f"word_{n}": word for n, word in enumerate(self._words)}
        if self._talk is not None:
            wanted = wanted.where(conversations.c.id == self._talk)
        if after is not None:
            place = tuple_(conversations.c.active_at, conversations.c.id)
            wanted = wanted.where(place < tuple_(*after))
        return db.execute(wanted, values).all()

    def _look(
        self, db: Connection, talks: Sequence[Any], found: list[Spot], floors: list[Spot]
    ) -> None:
        if not talks:
            return
        # One more than asked for says whether there are more.
        most = self._limit + 1
        window = most if len(self._words) == 1 else max(most, _WINDOW // len(talks))
        words = self._rarest_first(db, [talk.id for talk in talks])
        places = [self._place(talk, words, window) for talk in talks]
        streams: dict[int, list[Spot]] = {talk.id: [] for talk in talks}
        for talk, at_ms, seq in _looks(len(self._words)).rows(
            db, [(*place, most) for place in places]
        ):
            streams[talk].append(Spot(at_ms, talk, seq))
        unfinished: list[tuple[object, ...]] = []
        for place, (_, stream) in zip(places, streams.items(), strict=True):
            found += stream
            if len(stream) >= most:
                floors.append(min(stream))
            elif window > most:
                unfinished.append((*place[:-1], window - 1))
        for talk, at_ms, seq in _EDGE.rows(db, [(*place[:2], *place[-4:]) for place in unfinished]):
            floors.append(Spot(at_ms, talk, seq))

    def _rarest_first(self, db: Connection, talks: Sequence[int]) -> Sequence[str]:
        """Among the entries of a seldom word nearly nothing has to be looked through."""
        if len(self._words) == 1:
            return self._words
        counts: dict[str, int] = {
            word: db.execute(_COUNT, {"talks": talks, "word": word}).scalar_one()
            for word in self._words
        }
        return sorted(self._words, key=counts.__getitem__)

    def _place(self, talk: Any, words: Sequence[str], window: int) -> tuple[object, ...]:
        """Values for `_looks` but the last: its conversation, the words, and from when to when."""
        before, number = self._before, talk.id
        if number == before.conversation:
            upto = before.seq
        else:
            upto = _FOREVER if number < before.conversation else 0
        since = max(self._since, talk.since or 0)
        return (number, *words, since, before.at_ms, upto, window)


_ENTRIES = (
    select(search_words.c.seq)
    .where(
        search_words.c.conversation_id.in_(bindparam("talks", expanding=True)),
        search_words.c.word == bindparam("word"),
    )
    .limit(_WINDOW)
)
_COUNT = select(func.count()).select_from(_ENTRIES.subquery())


def _has(word: str) -> Any:
    return exists().where(
        search_words.c.conversation_id == conversations.c.id,
        search_words.c.word == bindparam(word),
        search_words.c.at_ms >= bindparam("from_ms"),
    )


def _seen_since() -> ScalarSelect[int]:
    """When the first event was stored that the member can see; null where they see all."""
    return (
        select(events.c.sent_at)
        .where(
            events.c.conversation_id == conversations.c.id,
            events.c.seq == members.c.history_from,
            members.c.history_from > 1,
        )
        .correlate(members, conversations)
        .scalar_subquery()
    )


@lru_cache(maxsize=_WORDS)
def _talks_with(words: int) -> Select[Any]:
    return (
        select(conversations.c.id, conversations.c.active_at, _seen_since().label("since"))
        .select_from(members.join(conversations))
        .where(
            members.c.user_id == bindparam("viewer"),
            *(_has(f"word_{number}") for number in range(words)),
        )
        .order_by(conversations.c.active_at.desc(), conversations.c.id.desc())
        .limit(_TALKS + 1)
    )


def _entries(parameter: Parameter) -> Select[Any]:
    entry = search_words.c
    return (
        select(entry.conversation_id, entry.at_ms, entry.seq)
        .where(
            entry.conversation_id == parameter("id"),
            entry.word == parameter("word_0"),
            entry.at_ms >= parameter("since"),
            entry.at_ms <= parameter("at"),
            or_(entry.at_ms < parameter("at"), entry.seq < parameter("upto")),
        )
        .order_by(entry.at_ms.desc(), entry.seq.desc())
    )


@lru_cache(maxsize=_WORDS)
def _looks(words: int) -> AtPlaces:
    """The newest entries of the first word that have the others, too."""

    def query(parameter: Parameter) -> Select[Any]:
        window = _entries(parameter).limit(parameter("window")).offset(_NONE).subquery()
        found = select(window.c.conversation_id, window.c.at_ms, window.c.seq)
        for number in range(1, words):
            other = search_words.alias()
            found = found.where(
                exists().where(
                    other.c.conversation_id == parameter("id"),
                    other.c.word == parameter(f"word_{number}"),
                    other.c.at_ms == window.c.at_ms,
                    other.c.seq == window.c.seq,
                )
            )
        newest = (
            found.order_by(window.c.at_ms.desc(), window.c.seq.desc())
            .limit(parameter("most"))
            .offset(_NONE)
            .subquery()
        )
        return select(newest)

    names = ["id", *(f"word_{n}" for n in range(words)), "since", "at", "upto", "window", "most"]
    nowhere = [0, *[""] * words, 0, 0, 0, 0, 0]
    return AtPlaces(query, names, nowhere)


def _edge(parameter: Parameter) -> Select[Any]:
    last = _entries(parameter).limit(literal_column("1")).offset(parameter("passed")).subquery()
    return select(last)


_EDGE = AtPlaces(_edge, ("id", "word_0", "since", "at", "upto", "passed"), (0, "", 0, 0, 0, 0))
"""Where a window ends that is full: what is older was not looked at."""


def _add_all(db: Connection, items: Sequence[tuple[tuple[int, ...], int]]) -> Sequence[Indexed]:
    return [_add(db, numbers, max_events) for numbers, max_events in items]


def _add(db: Connection, numbers: Sequence[int], max_events: int) -> Indexed:
    events_passed, left = 0, []
    for number in numbers:
        passed, more = add_next(db, number, max_events)
        events_passed += passed
        if more:
            left.append(ConversationId(str(number)))
    return Indexed(events_passed, tuple(left))


def _renew_all(db: Connection, items: Sequence[tuple[int, ...]]) -> Sequence[None]:
    for number in sorted({number for numbers in items for number in numbers}):
        renew(db, number)
    return [None] * len(items)


def _positions(db: Connection, after: int, limit: int) -> Sequence[Position]:
    position = func.coalesce(search_positions.c.seq, 0)
    same = search_positions.c.conversation_id == conversations.c.id
    rows = db.execute(
        select(conversations.c.id, conversations.c.last_seq, position)
        .select_from(conversations.outerjoin(search_positions, same))
        .where(conversations.c.id > after)
        .order_by(conversations.c.id)
        .limit(limit)
    )
    return [Position(ConversationId(str(number)), *seqs) for number, *seqs in rows]
