"""One statement for many places: the same query once for each, joined by UNION ALL.

A range of each of fifty conversations is what catching up asks for. As one WHERE with fifty ORs an
engine may give up on the index; as fifty statements each costs a way through the driver. Here every
part uses the index by itself. The text is written once for each size and dialect, as in `by_keys`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, union_all
from sqlalchemy.engine import Dialect

SIZES = (1, 4, 8, 16, 32, 64, 128)
"""How many places a text takes; what is missing is filled up with a place where nothing is."""
MOST = SIZES[-1]
Parameter = Callable[[str], BindParameter[Any]]


class AtPlaces:
    """`query` gets a maker of its bind parameters, which are called `names`.

    `nowhere` are values for them that find no row. Values pass as the driver of the database takes
    and gives them, without SQLAlchemy's types.
    """

    def __init__(
        self,
        query: Callable[[Parameter], Select[*tuple[Any, ...]]],
        names: Sequence[str],
        nowhere: Sequence[object],
    ) -> None:
        self._query = query
        self._names = tuple(names)
        self._nowhere = tuple(nowhere)
        self._texts: dict[tuple[str, int], _Text] = {}

    def rows(
        self, db: Connection, places: Sequence[Sequence[object]]
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """In no order. More than `MOST` places are several statements, none is none."""
        found: list[Row[*tuple[Any, ...]]] = []
        for start in range(0, len(places), MOST):
            some = places[start : start + MOST]
            size = next(size for size in SIZES if size >= len(some))
            text = self._text(db.dialect, size)
            filled = (*some, *[self._nowhere] * (size - len(some)))
            found += db.exec_driver_sql(text.sql, text.parameters(filled)).all()
        return found

    def _text(self, dialect: Dialect, size: int) -> _Text:
        name = (dialect.name, size)
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = _Text(self._query, self._names, size, dialect)
        return text


class _Text:
    def __init__(
        self,
        query: Callable[[Parameter], Select[*tuple[Any, ...]]],
        names: Sequence[str],
        size: int,
        dialect: Dialect,
    ) -> None:
        parts = [
            query(lambda name, number=number: bindparam(f"{name}_{number}"))  # type: ignore[misc]
            for number in range(size)
        ]
        whole = union_all(*parts) if size > 1 else parts[0]
        compiled = whole.compile(dialect=dialect)
        self.sql = str(compiled)
        self._order = compiled.positiontup if compiled.positional else None
        self._wanted = [f"{name}_{number}" for number in range(size) for name in names]

    def parameters(self, places: Sequence[Sequence[object]]) -> Any:
        values = [value for place in places for value in place]
        named = dict(zip(self._wanted, values, strict=True))
        return named if self._order is None else tuple(named[name] for name in self._order)
