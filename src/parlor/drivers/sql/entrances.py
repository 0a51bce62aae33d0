"""Links into groups and requests to be let in, in SQL. Satisfies `ports.entrances`.

What belongs to an act on the conversation itself (the facts before, the use of a link after) is
called by `acts` in its transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from parlor.drivers.sql.audit import record
from parlor.drivers.sql.database import AnyRow, Database
from parlor.drivers.sql.group_tables import group_links, join_requests
from parlor.drivers.sql.numbers import number_of
from parlor.drivers.sql.standings import existing, standing_of
from parlor.model.audit import AuditEntry
from parlor.model.errors import LimitReached, NotFound
from parlor.model.group_link import GroupLink, JoinRequest
from parlor.model.ids import ConversationId, UserId
from parlor.ports.entrances import Check, Choose


class SqlEntrances:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def make_link(
        self, link: GroupLink, client_id: str, most: int, check: Check
    ) -> GroupLink:
        def unit(db: Connection) -> GroupLink:
            standing = standing_of(db, link.conversation_id, link.made_by)
            check(standing)
            conversation, maker = int(link.conversation_id), int(link.made_by)
            known = db.execute(
                select(group_links).where(
                    group_links.c.conversation_id == conversation,
                    group_links.c.made_by == maker,
                    group_links.c.client_id == client_id,
                )
            ).first()
            if known is not None:
                return _link(known)
            alive = _alive(conversation, link.made_at)
            if db.execute(select(func.count()).where(*alive)).scalar_one() >= most:
                raise LimitReached
            row = {
                "code": link.code,
                "conversation_id": conversation,
                "made_by": maker,
                "client_id": client_id,
                "made_at": link.made_at,
                "expires_at": link.expires_at,
                "max_uses": link.max_uses,
                "uses": 0,
                "ended": False,
            }
            db.execute(insert(group_links), row)
            record(db, _about(link.conversation_id, link.made_by, "link_made", link.made_at))
            return link

        return await self._database.write(unit)

    async def links(self, conversation: ConversationId, now_ms: int) -> Sequence[GroupLink]:
        number = number_of(conversation) or 0

        def query(db: Connection) -> Sequence[GroupLink]:
            found = db.execute(
                select(group_links)
                .where(*_alive(number, now_ms))
                .order_by(group_links.c.made_at.desc(), group_links.c.code)
            )
            return [_link(row) for row in found]

        return await self._database.read(query)

    async def link(self, code: str) -> GroupLink | None:
        return await self._database.read(lambda db: link_of(db, code))

    async def end_link(
        self, conversation: ConversationId, code: str, actor: UserId, at_ms: int, check: Check
    ) -> bool:
        def unit(db: Connection) -> bool:
            check(standing_of(db, conversation, actor))
            link = link_of(db, code)
            if link is None or link.conversation_id != conversation:
                raise NotFound("There is no such link.")
            if link.ended:
                return False
            db.execute(update(group_links).where(group_links.c.code == code).values(ended=True))
            record(db, _about(conversation, actor, "link_revoked", at_ms))
            return True

        return await self._database.write(unit)

    async def ask(self, request: JoinRequest, code: str, most: int, check: Check) -> bool:
        def unit(db: Connection) -> bool:
            link = link_of(db, code) if code else None
            check(standing_of(db, request.conversation_id, request.user_id, link=link))
            conversation = int(request.conversation_id)
            of_user = _request_of(conversation, number_of(request.user_id))
            known = db.execute(delete(join_requests).where(*of_user)).rowcount > 0
            _keep(db, conversation, [request], most, is_new=not known)
            return not known

        return await self._database.write(unit)

    async def ask_for(
        self, wanted: Sequence[JoinRequest], inviter: UserId, most: int, choose: Choose
    ) -> Sequence[tuple[JoinRequest, bool]]:
        def unit(db: Connection) -> Sequence[tuple[JoinRequest, bool]]:
            about = [request.user_id for request in wanted]
            standing = standing_of(db, wanted[0].conversation_id, inviter, about=about)
            chosen = choose(standing)
            waiting = [request for request in wanted if request.user_id in chosen]
            if not waiting:
                return []
            existing(db, [request.user_id for request in waiting])
            conversation = int(standing.conversation.id)
            known = asking_of(db, conversation, chosen)
            new = [request for request in waiting if request.user_id not in known]
            if new:
                _keep(db, conversation, new, most, is_new=True)
            return [(request, request.user_id not in known) for request in waiting]

        return await self._database.write(unit)

    async def asking(self, conversation: ConversationId, user: UserId) -> JoinRequest | None:
        wanted = _request_of(number_of(conversation), number_of(user))

        def query(db: Connection) -> JoinRequest | None:
            found = db.execute(select(join_requests).where(*wanted)).first()
            return None if found is None else _request(found)

        return await self._database.read(query)

    async def requests(
        self, conversation: ConversationId, after: UserId | None, limit: int
    ) -> Sequence[JoinRequest]:
        number, last = number_of(conversation), number_of(after or "0") or 0

        def query(db: Connection) -> Sequence[JoinRequest]:
            found = db.execute(
                select(join_requests)
                .where(join_requests.c.conversation_id == number, join_requests.c.user_id > last)
                .order_by(join_requests.c.user_id)
                .limit(limit)
            )
            return [_request(row) for row in found]

        return await self._database.read(query)

    async def refuse(
        self,
        conversation: ConversationId,
        user: UserId,
        actor: UserId,
        at_ms: int,
        check: Check,
    ) -> bool:
        def unit(db: Connection) -> bool:
            check(standing_of(db, conversation, actor))
            of_user = _request_of(number_of(conversation), number_of(user))
            gone = db.execute(delete(join_requests).where(*of_user)).rowcount > 0
            if gone:
                record(db, _about(conversation, actor, "request_refused", at_ms, user))
            return gone

        return await self._database.write(unit)


def link_of(db: Connection, code: str) -> GroupLink | None:
    found = db.execute(select(group_links).where(group_links.c.code == code)).first()
    return None if found is None else _link(found)


def use_link(db: Connection, code: str) -> None:
    """Somebody has come in by it."""
    used = {"uses": group_links.c.uses + 1}
    db.execute(update(group_links).where(group_links.c.code == code).values(used))


def asking_of(db: Connection, conversation: int, who: Collection[UserId]) -> frozenset[UserId]:
    """Those of `who` that ask to come in."""
    numbers = [number_of(user) for user in who]
    found = db.execute(
        select(join_requests.c.user_id).where(
            join_requests.c.conversation_id == conversation, join_requests.c.user_id.in_(numbers)
        )
    )
    return frozenset(UserId(str(number)) for number in found.scalars())


def _keep(
    db: Connection, conversation: int, requests: Sequence[JoinRequest], most: int, *, is_new: bool
) -> None:
    """Raises LimitReached when more than `most` would wait then."""
    here = select(func.count()).where(join_requests.c.conversation_id == conversation)
    if is_new and db.execute(here).scalar_one() + len(requests) > most:
        raise LimitReached
    rows = [
        {
            "conversation_id": conversation,
            "user_id": int(request.user_id),
            "text": request.text,
            "at_ms": request.at_ms,
            "invited_by": int(request.invited_by or 0),
        }
        for request in requests
    ]
    db.execute(insert(join_requests), rows)


def _alive(conversation: int, now_ms: int) -> tuple[ColumnElement[bool], ...]:
    """As `GroupLink.works`."""
    links = group_links.c
    return (
        links.conversation_id == conversation,
        links.ended.is_(False),
        or_(links.expires_at == 0, links.expires_at > now_ms),
        or_(links.max_uses == 0, links.uses < links.max_uses),
    )


def _request_of(conversation: int | None, user: int | None) -> tuple[ColumnElement[bool], ...]:
    return join_requests.c.conversation_id == conversation, join_requests.c.user_id == user


def _about(
    conversation: ConversationId, actor: UserId, act: str, at_ms: int, user: UserId | None = None
) -> AuditEntry:
    body = "{}" if user is None else f'{{"members":["{user}"]}}'
    return AuditEntry(0, at_ms, actor, f"group.{act}", conversation, body)


def _link(row: AnyRow) -> GroupLink:
    return GroupLink(
        code=row.code,
        conversation_id=ConversationId(str(row.conversation_id)),
        made_by=UserId(str(row.made_by)),
        made_at=row.made_at,
        expires_at=row.expires_at,
        max_uses=row.max_uses,
        uses=row.uses,
        ended=bool(row.ended),
    )


def _request(row: AnyRow) -> JoinRequest:
    return JoinRequest(
        ConversationId(str(row.conversation_id)),
        UserId(str(row.user_id)),
        row.text,
        row.at_ms,
        UserId(str(row.invited_by)) if row.invited_by else None,
    )
