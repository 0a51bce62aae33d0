"""The durable log in SQL. Satisfies `ports.log.Log`; one object for each log, by name.

Appends that wait for the same commit are stored together, whatever their number. What waits is
counted by subtraction: positions are dense, and every entry knows the bytes before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.locks import lock_rows
from parlor.drivers.sql.tables import log_asides, log_entries, log_groups, log_keys, logs
from parlor.model.errors import LogFull, ParlorError
from parlor.ports.log import Appended, Backlog, Entry, LogLimits

RETRY_AFTER_S = 2.0


@dataclass(slots=True, frozen=True)
class _Append:
    body: bytes
    at_ms: int
    key: str
    answer: bytes


class SqlLog:
    def __init__(self, database: Database, name: str, limits: LogLimits) -> None:
        self._database = database
        self._name = name
        self._limits = limits

    async def append(
        self, body: bytes, at_ms: int, *, key: str = "", answer: bytes = b""
    ) -> Appended:
        item = _Append(body, at_ms, key, answer)
        return await self._database.write_together(self._append_all, item)

    async def read(self, group: str, after: int | None, limit: int) -> Sequence[Entry]:
        def query(db: Connection) -> Sequence[Entry]:
            start = self._place(db, group)[0] if after is None else after
            wanted = (
                select(log_entries.c.position, log_entries.c.body)
                .where(log_entries.c.log == self._name, log_entries.c.position > start)
                .order_by(log_entries.c.position)
                .limit(limit)
            )
            return [Entry(row.position, row.body) for row in db.execute(wanted)]

        return await self._database.read(query)

    async def acknowledge(self, group: str, position: int) -> None:
        await self._database.write(lambda db: self._acknowledge(db, group, position))

    async def set_aside(self, position: int, reason: str, at_ms: int) -> None:
        await self._database.write(lambda db: self._set_aside(db, position, reason, at_ms))

    async def backlog(self, group: str) -> Backlog:
        def query(db: Connection) -> Backlog:
            last, total = self._head(db)
            position, done = self._place(db, group)
            return Backlog(position, last - position, total - done)

        return await self._database.read(query)

    async def sweep(self, before_ms: int, limit: int) -> int:
        return await self._database.write(lambda db: self._sweep(db, before_ms, limit))

    def _append_all(
        self, db: Connection, appends: Sequence[_Append]
    ) -> Sequence[Appended | ParlorError]:
        lock_rows(db, logs.c.name, [self._name])
        last, total = self._head(db)
        done, done_total = self._floor(db)
        known = self._known(db, [append.key for append in appends if append.key])
        outcomes: list[Appended | ParlorError] = []
        entries: list[Mapping[str, object]] = []
        keys: list[Mapping[str, object]] = []
        for append in appends:
            first = known.get(append.key) if append.key else None
            if first is not None:
                outcomes.append(first)
                continue
            grown = total + len(append.body)
            is_full = grown - done_total > self._limits.max_bytes
            if is_full or last - done >= self._limits.max_entries:
                outcomes.append(LogFull(retry_after_s=RETRY_AFTER_S))
                continue
            last, total = last + 1, grown
            entries.append(
                {"log": self._name, "position": last, "total": total, "body": append.body}
            )
            if append.key:
                known[append.key] = Appended(last, append.answer)
                keys.append(
                    {
                        "log": self._name,
                        "key": append.key,
                        "position": last,
                        "put_at": append.at_ms,
                        "answer": append.answer,
                    }
                )
            outcomes.append(Appended(last))
        if entries:
            db.execute(insert(log_entries), entries)
            self._grow(db, last, total)
        if keys:
            db.execute(insert(log_keys), keys)
        return outcomes

    def _head(self, db: Connection) -> tuple[int, int]:
        row = db.execute(select(logs).where(logs.c.name == self._name)).first()
        return (row.last, row.total) if row else (0, 0)

    def _grow(self, db: Connection, last: int, total: int) -> None:
        grown = update(logs).where(logs.c.name == self._name).values(last=last, total=total)
        if db.execute(grown).rowcount == 0:
            db.execute(insert(logs), {"name": self._name, "last": last, "total": total})

    def _place(self, db: Connection, group: str) -> tuple[int, int]:
        """What `group` has acknowledged: position, and the bytes up to there."""
        wanted = select(log_groups).where(
            log_groups.c.log == self._name, log_groups.c.name == group
        )
        row = db.execute(wanted).first()
        return (row.position, row.total) if row else (0, 0)

    def _floor(self, db: Connection) -> tuple[int, int]:
        """What all groups have acknowledged."""
        wanted = select(func.min(log_groups.c.position), func.min(log_groups.c.total)).where(
            log_groups.c.log == self._name
        )
        position, total = db.execute(wanted).one()
        return position or 0, total or 0

    def _known(self, db: Connection, keys: Sequence[str]) -> dict[str, Appended]:
        if not keys:
            return {}
        wanted = select(log_keys).where(log_keys.c.log == self._name, log_keys.c.key.in_(keys))
        return {row.key: Appended(row.position, row.answer) for row in db.execute(wanted)}

    def _acknowledge(self, db: Connection, group: str, position: int) -> None:
        old, _ = self._place(db, group)
        at = select(log_entries.c.position, log_entries.c.total).where(
            log_entries.c.log == self._name,
            log_entries.c.position <= position,
            log_entries.c.position > old,
        )
        newest = db.execute(at.order_by(log_entries.c.position.desc()).limit(1)).first()
        if newest is None:
            return
        place = {"position": newest.position, "total": newest.total}
        moved = update(log_groups).where(log_groups.c.log == self._name, log_groups.c.name == group)
        if db.execute(moved.values(place)).rowcount == 0:
            db.execute(insert(log_groups), {"log": self._name, "name": group, **place})
        done, _ = self._floor(db)
        db.execute(
            delete(log_entries).where(
                log_entries.c.log == self._name, log_entries.c.position <= done
            )
        )

    def _set_aside(self, db: Connection, position: int, reason: str, at_ms: int) -> None:
        wanted = select(log_entries.c.body).where(
            log_entries.c.log == self._name, log_entries.c.position == position
        )
        body = db.execute(wanted).scalar()
        there = select(log_asides.c.position).where(
            log_asides.c.log == self._name, log_asides.c.position == position
        )
        if body is None or db.execute(there).first():
            return
        row = {"log": self._name, "position": position, "put_at": at_ms, "reason": reason}
        db.execute(insert(log_asides), {**row, "body": body})
        kept = (
            select(log_asides.c.position)
            .where(log_asides.c.log == self._name)
            .order_by(log_asides.c.position.desc())
            .offset(self._limits.max_aside)
            .limit(1)
        )
        oldest = db.execute(kept).scalar()
        if oldest is not None:
            db.execute(
                delete(log_asides).where(
                    log_asides.c.log == self._name, log_asides.c.position <= oldest
                )
            )

    def _sweep(self, db: Connection, before_ms: int, limit: int) -> int:
        done, _ = self._floor(db)
        mine = (log_keys.c.log == self._name, log_keys.c.position <= done)
        count = db.execute(select(func.count()).select_from(log_keys).where(*mine)).scalar() or 0
        going = min(limit, count - self._limits.max_keys)
        oldest = select(log_keys.c.key, log_keys.c.put_at).where(*mine)
        rows = db.execute(oldest.order_by(log_keys.c.position).limit(limit)).all()
        names = [row.key for n, row in enumerate(rows) if n < going or row.put_at < before_ms]
        if names:
            db.execute(
                delete(log_keys).where(log_keys.c.log == self._name, log_keys.c.key.in_(names))
            )
        return len(names)
