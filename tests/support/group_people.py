"""People in a group of a running server, each with a connection, and what they heard there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from parlor.client import Connection, connect
from parlor.model.conversation import ConversationKind
from parlor.model.event import Event
from parlor.wire.native import methods as wire
from parlor.wire.native.pushes import EventPush, PushPayload
from tests.support.people import PATIENCE_S, Person, sign_up
from tests.support.server import ParlorServer

R = TypeVar("R", bound=wire.Result)
P = TypeVar("P", bound=PushPayload)


@dataclass
class Caller:
    person: Person
    connection: Connection

    @property
    def id(self) -> str:
        return self.person.id

    async def ask(self, params: wire.Params, result: type[R]) -> R:
        return await self.connection.request(params, result)

    async def heard(self, kind: type[P]) -> P:
        """The next push of this kind; those of other kinds before it are dropped."""
        async with asyncio.timeout(PATIENCE_S):
            data = (await self.connection.next_push(kind)).data
        assert isinstance(data, kind)
        return data

    async def heard_event(self, event: Event) -> None:
        """`event` reaches this connection, after whatever came before it."""
        while (await self.heard(EventPush)).event != event:
            pass

    async def say(self, conversation: str, text: str) -> Event:
        message = wire.MessageSend(conversation, text, text)
        return (await self.ask(message, wire.MessageSendResult)).event


@asynccontextmanager
async def callers(server: ParlorServer, *names: str) -> AsyncIterator[Sequence[Caller]]:
    """People with these names, each with an account and a connection."""
    async with AsyncExitStack() as stack:
        people = [await sign_up(server.url, name) for name in names]
        yield [
            Caller(
                person,
                await stack.enter_async_context(connect(person.websocket_url, person.token)),
            )
            for person in people
        ]


async def make_group(owner: Caller, *others: Caller, title: str = "Team") -> str:
    members = tuple(other.id for other in others)
    wanted = wire.ConversationCreate(ConversationKind.GROUP, members, title)
    return (await owner.ask(wanted, wire.ConversationResult)).conversation.id
