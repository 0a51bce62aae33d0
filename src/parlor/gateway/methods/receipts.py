"""Acknowledging messages, and who has got and read what."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, page, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.model.ids import ConversationId
from parlor.wire.native.methods import receipts as wire


class Receipts:
    def __init__(self, services: Services) -> None:
        self._services = services

    def bound(self) -> dict[str, Bound]:
        return {
            "delivered.set": bind(wire.DeliveredSet, self.delivered),
            "receipt.list": bind(wire.ReceiptList, self.list),
            "message.readers": bind(wire.MessageReaders, self.readers),
        }

    def delivered(self, caller: Caller, params: wire.DeliveredSet) -> wire.DeliveredResult:
        me = who(caller)
        return wire.DeliveredResult(
            self._services.delivered.note(me.user, me.device, params.positions)
        )

    async def list(self, caller: Caller, params: wire.ReceiptList) -> wire.ReceiptListResult:
        listed = await self._services.receipts.list(
            who(caller).user, ConversationId(params.conversation_id)
        )
        return wire.ReceiptListResult(tuple(listed))

    async def readers(
        self, caller: Caller, params: wire.MessageReaders
    ) -> wire.MessageReadersResult:
        readers, cursor = await self._services.receipts.readers(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.seq,
            params.cursor,
            page(params.limit),
        )
        users = await self._services.people.users([user for user, _ in readers.page])
        return wire.readers_result(
            readers.page,
            users,
            cursor,
            read_count=readers.read_count,
            others_count=readers.others_count,
        )
