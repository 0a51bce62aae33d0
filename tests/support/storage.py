"""Every storing driver, opened for a test: the suites in `tests/contracts` run against each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import Connection, func, insert, select

from parlor.drivers.sql.accounts import SqlAccounts
from parlor.drivers.sql.audit import SqlAudit
from parlor.drivers.sql.changes import SqlChanges
from parlor.drivers.sql.conversations import SqlConversations
from parlor.drivers.sql.database import Database
from parlor.drivers.sql.deliveries import SqlDeliveries
from parlor.drivers.sql.devices import SqlDevices
from parlor.drivers.sql.entrances import SqlEntrances
from parlor.drivers.sql.keys import SqlKeys
from parlor.drivers.sql.members import SqlMembers
from parlor.drivers.sql.message_states import SqlMessageStates
from parlor.drivers.sql.messages import SqlMessages
from parlor.drivers.sql.pictures import SqlPictures
from parlor.drivers.sql.profiles import SqlProfiles
from parlor.drivers.sql.relations import SqlRelations
from parlor.drivers.sql.retention import SqlRetention
from parlor.drivers.sql.revocations import SqlRevocations
from parlor.drivers.sql.scheduled import SqlSchedule
from parlor.drivers.sql.schema import metadata
from parlor.drivers.sql.search import SqlSearch
from parlor.drivers.sql.self_logs import SqlSelfLog
from parlor.drivers.sql.sessions import SqlSessions
from parlor.drivers.sql.tables import users
from parlor.drivers.sqlite.database import open_database
from parlor.drivers.sqlite.settings import SqliteSettings
from parlor.model.account import User
from parlor.model.conversation import ConversationKind
from parlor.model.event import Draft, Event, EventKind
from parlor.model.ids import ConversationId, UserId
from parlor.ports.accounts import Accounts, Devices, Keys, Revocations, Sessions
from parlor.ports.audit import Audit
from parlor.ports.changes import Changes, Retention
from parlor.ports.conversations import Conversations
from parlor.ports.deliveries import Deliveries
from parlor.ports.entrances import Entrances
from parlor.ports.members import Members
from parlor.ports.message_states import MessageStates
from parlor.ports.messages import Messages
from parlor.ports.pictures import Pictures
from parlor.ports.profiles import Profiles
from parlor.ports.relations import Relations
from parlor.ports.scheduled import Schedule
from parlor.ports.search import SearchIndex
from parlor.ports.self_log import SelfLog
from tests.support.steady import CountingMeter

ANN, BOB, CEM, DAN = (UserId(str(2**52 + n)) for n in (1, 2, 3, 4))
NOBODY = UserId(str(2**52 + 99))
TALK = ConversationId(str(2**52 + 1_000))
NOWHERE = ConversationId(str(2**52 + 9_999))


@dataclass(frozen=True)
class Stores:
    accounts: Accounts
    sessions: Sessions
    revocations: Revocations
    keys: Keys
    messages: Messages
    conversations: Conversations
    devices: Devices
    deliveries: Deliveries
    states: MessageStates
    schedule: Schedule
    self_log: SelfLog
    changes: Changes
    retention: Retention
    relations: Relations
    profiles: Profiles
    pictures: Pictures
    members: Members
    entrances: Entrances
    audit: Audit
    search: SearchIndex
    database: Database

    async def add_crowd(self, count: int) -> list[UserId]:
        """As many people with ids from 1 on, at once."""

        def unit(db: Connection) -> None:
            rows = [
                {
                    "id": n,
                    "name": f"crowd{n}",
                    "display_name": f"Person {n}",
                    "password_hash": "",
                    "admin": False,
                }
                for n in range(1, count + 1)
            ]
            db.execute(insert(users), rows)

        await self.database.write(unit)
        return [UserId(str(n)) for n in range(1, count + 1)]

    async def rows(self) -> dict[str, int]:
        """How many rows each table has."""

        def query(db: Connection) -> dict[str, int]:
            tables = metadata.sorted_tables
            return {
                table.name: db.execute(select(func.count()).select_from(table)).scalar_one()
                for table in tables
            }

        return await self.database.read(query)

    async def add_people(self, *people: UserId) -> None:
        for person in people:
            await self.accounts.add_user(User(person, f"user{person}", "Somebody"), "", admin=False)

    async def add_talk(
        self,
        id: ConversationId = TALK,
        people: Sequence[UserId] = (ANN, BOB),
        kind: ConversationKind = ConversationKind.DIRECT,
        at_ms: int = 1,
    ) -> None:
        """A conversation of people that exist; the first one owns it."""
        await self.conversations.create(id, kind, people[0], people[1:], "", at_ms)

    async def say(
        self, text: str, sender: UserId = ANN, talk: ConversationId = TALK, at_ms: int = 5
    ) -> Event:
        event, _ = await self.messages.append(message(text, sender, talk), at_ms)
        return event

    async def read_up_to(self, seq: int, user: UserId, talk: ConversationId = TALK) -> None:
        await self.conversations.set_read(talk, user, seq, 5)

    async def texts(self, talk: ConversationId = TALK) -> list[str]:
        """Every message in order, after checking that seq has no gap."""
        events, last_seq = await self.messages.events(talk, 0, None, 1_000_000)
        assert [event.seq for event in events] == list(range(1, last_seq + 1))
        return [event.text for event in events if event.kind is EventKind.MESSAGE]


def message(
    text: str, sender: UserId = ANN, talk: ConversationId = TALK, client_id: str | None = None
) -> Draft:
    """`client_id` is the text itself unless given."""
    said = text if client_id is None else client_id
    return Draft(talk, EventKind.MESSAGE, sender, client_id=said, text=text)


def stores_in(database: Database) -> Stores:
    return Stores(
        SqlAccounts(database),
        SqlSessions(database),
        SqlRevocations(database),
        SqlKeys(database),
        SqlMessages(database),
        SqlConversations(database),
        SqlDevices(database),
        SqlDeliveries(database),
        SqlMessageStates(database),
        SqlSchedule(database),
        SqlSelfLog(database),
        SqlChanges(database),
        SqlRetention(database),
        SqlRelations(database),
        SqlProfiles(database),
        SqlPictures(database),
        SqlMembers(database),
        SqlEntrances(database),
        SqlAudit(database),
        SqlSearch(database),
        database,
    )


@asynccontextmanager
async def sqlite_stores(
    folder: Path, meter: CountingMeter | None = None, **settings: float
) -> AsyncIterator[Stores]:
    chosen = msgspec.convert(settings, SqliteSettings)
    async with open_database(folder / "parlor.db", chosen, meter or CountingMeter()) as database:
        yield stores_in(database)


def _stores(kind: str) -> Callable[[Path], AbstractAsyncContextManager[Stores]]:
    @asynccontextmanager
    async def opened(folder: Path) -> AsyncIterator[Stores]:
        # The drivers of servers are imported only by tests that ask for every kind.
        from tests.support.databases import DATABASES

        async with DATABASES[kind](folder) as database:
            yield stores_in(database)

    return opened


STORES: dict[str, Callable[[Path], AbstractAsyncContextManager[Stores]]] = {
    kind: _stores(kind) for kind in ("sqlite", "postgres", "mariadb")
}
EMBEDDED = {"sqlite": STORES["sqlite"]}
SERVERS = {kind: opened for kind, opened in STORES.items() if kind not in EMBEDDED}
"""A new database of theirs takes most of a second: for a few examples, not for dozens."""
