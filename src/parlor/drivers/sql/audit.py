"""The audit log in SQL. Satisfies `ports.audit`; `record` is for the unit of the act itself."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, insert, select

from parlor.drivers.sql.database import AnyRow, Database
from parlor.drivers.sql.group_tables import audit
from parlor.model.audit import AuditEntry


class SqlAudit:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, entry: AuditEntry) -> AuditEntry:
        return await self._database.write(lambda db: record(db, entry))

    async def list(self, before: int, limit: int, *, subject: str = "") -> Sequence[AuditEntry]:
        wanted = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before:
            wanted = wanted.where(audit.c.id < before)
        if subject:
            wanted = wanted.where(audit.c.subject == subject)
        return await self._database.read(lambda db: [_entry(row) for row in db.execute(wanted)])


def record(db: Connection, entry: AuditEntry) -> AuditEntry:
    row = {
        "at_ms": entry.at_ms,
        "actor": entry.actor,
        "act": entry.act,
        "subject": entry.subject,
        "body": entry.body,
    }
    (number,) = db.execute(insert(audit).values(row)).inserted_primary_key or (0,)
    return msgspec.structs.replace(entry, id=number)


def _entry(row: AnyRow) -> AuditEntry:
    return AuditEntry(row.id, row.at_ms, row.actor, row.act, row.subject, row.body)
