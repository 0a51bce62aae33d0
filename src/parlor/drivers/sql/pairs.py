"""Two people as the tables have them, and what follows from it for what they may do together.

Used by the drivers of people and of conversations, inside their transactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, and_, case, func, or_, select, update

from parlor.drivers.sql.database import AnyRow
from parlor.drivers.sql.people_tables import blocks, contacts
from parlor.drivers.sql.privacy import privacy_of
from parlor.drivers.sql.tables import conversations, members, users
from parlor.model.errors import NotFound, NotWanted
from parlor.model.people import NO_SIDE, ContactState, Held, Pair, Privacy, Side

_DAY_MS = 86_400_000
CHUNK = 500
"""Ids in one query."""
_tags = msgspec.json.Decoder(tuple[str, ...])
_SENT = (ContactState.ASKED.value, ContactState.ENDED.value)


def load_pair(
    db: Connection, user: int | None, peer: int | None, at_ms: int = 0, *, lock: bool = True
) -> Pair:
    """Seen from `user`. `lock`: both rows of `users`, where an engine locks rows.

    `at_ms` is now, for what was sent since a day ago. Raises NotFound.
    """
    both = (user, peer)
    wanted = select(users.c.id, users.c.privacy).where(users.c.id.in_(both)).order_by(users.c.id)
    # No key changes, so rows that name these users may come meanwhile (PostgreSQL's NO KEY UPDATE).
    found = db.execute(wanted.with_for_update(key_share=True) if lock else wanted)
    privacies = {row.id: privacy_of(row.privacy) for row in found}
    if user is None or peer is None or len(privacies) < 2:
        raise NotFound("There is no such user.")
    sides = _sides(db, user, peer)
    held = _held(db, both, at_ms - _DAY_MS)
    return Pair(sides[user], sides[peer], privacies[user], privacies[peer], held[user], held[peer])


def side_of_row(row: AnyRow) -> Side:
    """A row of `contacts`; whether there is a block is in another table."""
    state = ContactState(row.state)
    return Side(state, row.remark, _tags.decode(row.tags), row.text, row.at_ms)


def check_may_begin(db: Connection, user: int, peer: int) -> None:
    """Raises NotWanted where `user` may not begin to write to `peer`."""
    if not load_pair(db, user, peer).i_may_write:
        raise NotWanted("This person does not want to be written to.")


def check_may_add(db: Connection, adder: int, others: Sequence[int]) -> None:
    """Raises NotWanted, naming them, where some do not let `adder` put them into a group."""
    if refusing := refusing_to_be_added(db, adder, others):
        raise NotWanted(f"These people do not want to be added: {', '.join(map(str, refusing))}.")


def refusing_to_be_added(db: Connection, adder: int, others: Sequence[int]) -> list[int]:
    """Those of `others`, each once, who do not let `adder` put them into a group."""
    refusing: list[int] = []
    for start in range(0, len(others), CHUNK):
        some = others[start : start + CHUNK]
        picky = db.execute(
            select(users.c.id, users.c.privacy).where(users.c.id.in_(some), users.c.privacy != "")
        ).all()
        friends = contacts_of(db, [(row.id, adder) for row in picky])
        barred = blocked_pairs(db, [(adder, other) for other in some])
        refusing += [
            row.id
            for row in picky
            if not privacy_of(row.privacy).groups.includes(contact=(row.id, adder) in friends)
        ]
        refusing += [other for _, other in barred]
    return list(dict.fromkeys(refusing))


def contacts_of(db: Connection, pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those (owner, peer) where the peer is a contact. At most CHUNK pairs of few different
    owners or few different peers: asked by both columns, and matched here."""
    if not pairs:
        return set()
    found = db.execute(
        select(contacts.c.user_id, contacts.c.peer_id).where(
            contacts.c.user_id.in_({owner for owner, _ in pairs}),
            contacts.c.peer_id.in_({peer for _, peer in pairs}),
            contacts.c.state == ContactState.CONTACT.value,
        )
    )
    return {(row.user_id, row.peer_id) for row in found}


def blocked_pairs(db: Connection, pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of `pairs` where either blocks the other; asked as in `contacts_of`."""
    if not pairs:
        return set()
    ones, others = {one for one, _ in pairs}, {other for _, other in pairs}
    found = db.execute(
        select(blocks.c.user_id, blocks.c.blocked_id).where(
            or_(
                and_(blocks.c.user_id.in_(ones), blocks.c.blocked_id.in_(others)),
                and_(blocks.c.user_id.in_(others), blocks.c.blocked_id.in_(ones)),
            )
        )
    )
    there = {(row.user_id, row.blocked_id) for row in found}
    return {pair for pair in pairs if pair in there or (pair[1], pair[0]) in there}


def bar(db: Connection, user: int, peer: int, pair: Pair) -> None:
    """Write down in their direct conversation, if they have one, whether each may write."""
    low, high = sorted((user, peer))
    direct = db.execute(
        select(conversations.c.id).where(
            conversations.c.low_user_id == low, conversations.c.high_user_id == high
        )
    ).scalar()
    if direct is not None:
        for number, may in ((user, pair.i_may_write), (peer, pair.they_may_write)):
            _set_barred(db, [(direct, number)], barred=not may)


def bar_all(db: Connection, user: int, privacy: Privacy) -> None:
    """As `bar`, for all who have a direct conversation with `user`, whose privacy is this now.

    Two queries for each CHUNK of them.
    """
    other = case(
        (conversations.c.low_user_id == user, conversations.c.high_user_id),
        else_=conversations.c.low_user_id,
    )
    direct = (
        select(conversations.c.id, other.label("peer"))
        .join_from(members, conversations)
        .where(members.c.user_id == user, conversations.c.low_user_id.is_not(None))
    )
    talks = [(row.id, row.peer) for row in db.execute(direct)]
    for start in range(0, len(talks), CHUNK):
        some = talks[start : start + CHUNK]
        friends = contacts_of(db, [(user, peer) for _, peer in some])
        barred = blocked_pairs(db, [(user, peer) for _, peer in some])
        for is_barred in (False, True):
            there = [
                (talk, peer)
                for talk, peer in some
                if is_barred
                is not (
                    (user, peer) not in barred
                    and privacy.write.includes(contact=(user, peer) in friends)
                )
            ]
            _set_barred(db, there, barred=is_barred)


def _set_barred(db: Connection, places: Iterable[tuple[int, int]], *, barred: bool) -> None:
    """`places` are (direct conversation, member)."""
    wanted = list(places)
    if wanted:
        db.execute(
            update(members)
            .where(
                members.c.conversation_id.in_([talk for talk, _ in wanted]),
                members.c.user_id.in_({user for _, user in wanted}),
            )
            .values(barred=barred)
        )


def _sides(db: Connection, user: int, peer: int) -> Mapping[int, Side]:
    both = (user, peer)
    sides = dict.fromkeys(both, NO_SIDE)
    for row in db.execute(
        select(contacts).where(contacts.c.user_id.in_(both), contacts.c.peer_id.in_(both))
    ):
        sides[row.user_id] = side_of_row(row)
    for row in db.execute(
        select(blocks).where(blocks.c.user_id.in_(both), blocks.c.blocked_id.in_(both))
    ):
        sides[row.user_id] = msgspec.structs.replace(sides[row.user_id], blocked_at=row.at_ms)
    return sides


def _held(db: Connection, both: Sequence[int | None], since_ms: int) -> Mapping[int, Held]:
    recent = func.sum(case((contacts.c.at_ms > since_ms, 1), else_=0))
    counted = db.execute(
        select(contacts.c.user_id, contacts.c.state, func.count(), recent)
        .where(contacts.c.user_id.in_(both))
        .group_by(contacts.c.user_id, contacts.c.state)
    )
    numbers: dict[int, dict[str, int]] = {user: {} for user in both if user is not None}
    for user, state, count, sent in counted:
        held = numbers[user]
        if state == ContactState.CONTACT.value:
            held["contacts"] = count
        elif state == ContactState.ASKS.value:
            held["asking"] = count
        if state in _SENT:
            held["asked"] = held.get("asked", 0) + int(sent)
    for user, count in db.execute(
        select(blocks.c.user_id, func.count())
        .where(blocks.c.user_id.in_(both))
        .group_by(blocks.c.user_id)
    ):
        numbers[user]["blocks"] = count
    return {user: Held(**held) for user, held in numbers.items()}
