"""Sending, and reading a conversation's log."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, page, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.model.ids import ConversationId, UserId
from parlor.wire.native import methods as wire


class Messages:
    def __init__(self, services: Services) -> None:
        self._services = services

    def bound(self) -> dict[str, Bound]:
        return {
            "message.send": bind(wire.MessageSend, self.send, finishes=True),
            "events.list": bind(wire.EventsList, self.events),
        }

    async def send(self, caller: Caller, params: wire.MessageSend) -> wire.MessageSendResult:
        event, created = await self._services.send.text(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.client_id,
            params.text,
            reply_to=params.reply_to,
            mentions=[UserId(user) for user in params.mentions],
            mentions_all=params.mentions_all,
            silent=params.silent,
            expires_in_s=params.expires_in_s,
            file=params.file,
            not_to=caller.link.key,
        )
        return wire.MessageSendResult(event, created)

    async def events(self, caller: Caller, params: wire.EventsList) -> wire.EventsResult:
        user, conversation = who(caller).user, ConversationId(params.conversation_id)
        events, last_seq, more = await self._services.sync.events(
            user, conversation, params.after, params.before, page(params.limit)
        )
        # Read after the events: it is never older than they are.
        states = await self._services.states.of(user, conversation, events)
        return wire.EventsResult(tuple(events), last_seq, more, tuple(states))
