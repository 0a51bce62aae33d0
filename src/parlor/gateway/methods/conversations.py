"""Conversations, their members, read positions."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, page, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.model.ids import ConversationId, UserId
from parlor.wire.native import methods as wire


class Conversations:
    def __init__(self, services: Services) -> None:
        self._services = services

    def bound(self) -> dict[str, Bound]:
        return {
            "conversation.create": bind(wire.ConversationCreate, self.create, finishes=True),
            "conversation.get": bind(wire.ConversationGet, self.conversation),
            "conversation.list": bind(wire.ConversationList, self.conversations),
            "conversation.members": bind(wire.ConversationMembers, self.members),
            "read.set": bind(wire.ReadSet, self.read, finishes=True),
        }

    async def create(
        self, caller: Caller, params: wire.ConversationCreate
    ) -> wire.ConversationResult:
        view, created = await self._services.threads.create(
            who(caller).user,
            params.kind,
            [UserId(user) for user in params.members],
            params.title,
            client_id=params.client_id,
        )
        return wire.ConversationResult(view, created)

    async def conversation(
        self, caller: Caller, params: wire.ConversationGet
    ) -> wire.ConversationResult:
        view = await self._services.threads.get(
            who(caller).user, ConversationId(params.conversation_id)
        )
        return wire.ConversationResult(view)

    async def conversations(
        self, caller: Caller, params: wire.ConversationList
    ) -> wire.ConversationListResult:
        limit = page(params.limit)
        views, cursor = await self._services.threads.page(who(caller).user, params.cursor, limit)
        return wire.ConversationListResult(tuple(views), cursor)

    async def members(self, caller: Caller, params: wire.ConversationMembers) -> wire.MembersResult:
        listed = await self._services.groups.members.page(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.cursor,
            page(params.limit),
            query=params.query,
            since=params.version,
        )
        users = await self._services.people.users([member.user_id for member in listed.members])
        return wire.MembersResult(
            listed.members, tuple(users), listed.cursor, listed.version, listed.left
        )

    async def read(self, caller: Caller, params: wire.ReadSet) -> wire.ReadResult:
        read_seq, unread = await self._services.reading.set(
            who(caller).user, ConversationId(params.conversation_id), params.seq
        )
        return wire.ReadResult(read_seq, unread)
