"""The log of what is each person's own, in SQL: one row per key, the newest value wins.

`put` runs inside the unit of whatever changes the thing itself, so that both are stored or
neither is.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from parlor.drivers.sql.self_tables import self_entries, self_logs
from parlor.model.ids import UserId
from parlor.model.self_log import Change, Entry

_LAST = (
    select(self_logs.c.user_id, self_logs.c.last_seq)
    .where(self_logs.c.user_id.in_(bindparam("users", expanding=True)))
    .order_by(self_logs.c.user_id)
    .with_for_update()
)
_ADVANCE = (
    update(self_logs)
    .where(self_logs.c.user_id == bindparam("user"))
    .values(last_seq=bindparam("last"))
)
_FORGET = delete(self_entries).where(
    self_entries.c.user_id == bindparam("user"), self_entries.c.key == bindparam("old")
)


def put(db: Connection, changes: Sequence[Change], at_ms: int) -> Sequence[Entry]:
    """Store `changes`, of any users, in their order; returns them with their seqs.

    A constant number of statements. The users exist.
    """
    users = {int(change.user_id) for change in changes}
    if not users:
        return []
    last = {row.user_id: row.last_seq for row in db.execute(_LAST, {"users": list(users)})}
    new = users - last.keys()
    entries: list[Entry] = []
    for change in changes:
        number = int(change.user_id)
        last[number] = last.get(number, 0) + 1
        entries.append(
            Entry(UserId(str(number)), change.key, last[number], change.kind, change.body, at_ms)
        )
    newest = {(entry.user_id, entry.key): entry for entry in entries}
    keys = [{"user": int(user), "old": key} for user, key in newest]
    db.execute(_FORGET, keys)
    db.execute(
        insert(self_entries),
        [
            {
                "user_id": int(entry.user_id),
                "key": entry.key,
                "seq": entry.seq,
                "kind": entry.kind.value,
                "body": entry.body,
                "at_ms": entry.at_ms,
                "gone_at": entry.at_ms if entry.body is None else None,
            }
            for entry in newest.values()
        ],
    )
    if new:
        rows = [{"user_id": user, "last_seq": last[user], "floor_seq": 0} for user in new]
        db.execute(insert(self_logs), rows)
    if known := users - new:
        db.execute(_ADVANCE, [{"user": user, "last": last[user]} for user in known])
    return entries
