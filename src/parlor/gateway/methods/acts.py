"""Doing something with messages that are there."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, page, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.model.ids import ConversationId, UserId
from parlor.wire.native.methods import acts as wire


class Acts:
    def __init__(self, services: Services) -> None:
        self._acts = services.acts
        self._states = services.states
        self._forwarding = services.forwarding

    def bound(self) -> dict[str, Bound]:
        return {
            "message.edit": bind(wire.MessageEdit, self.edit, finishes=True),
            "message.recall": bind(wire.MessageRecall, self.recall, finishes=True),
            "message.react": bind(wire.MessageReact, self.react, finishes=True),
            "message.pin": bind(wire.MessagePin, self.pin, finishes=True),
            "message.pins": bind(wire.MessagePins, self.pins),
            "message.history": bind(wire.MessageHistory, self.history),
            "message.reactions": bind(wire.MessageReactions, self.reactions),
            "message.forward": bind(wire.MessageForward, self.forward, finishes=True),
        }

    async def edit(self, caller: Caller, params: wire.MessageEdit) -> wire.ActResult:
        event, created = await self._acts.edit(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.seq,
            params.client_id,
            params.text,
            mentions=[UserId(user) for user in params.mentions],
            not_to=caller.link.key,
        )
        return wire.ActResult(event, created)

    async def recall(self, caller: Caller, params: wire.MessageRecall) -> wire.ActResult:
        event, created = await self._acts.recall(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.seq,
            params.client_id,
            not_to=caller.link.key,
        )
        return wire.ActResult(event, created)

    async def react(self, caller: Caller, params: wire.MessageReact) -> wire.ActResult:
        event, created = await self._acts.react(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.seq,
            params.client_id,
            params.emoji,
            off=params.off,
            not_to=caller.link.key,
        )
        return wire.ActResult(event, created)

    async def pin(self, caller: Caller, params: wire.MessagePin) -> wire.ActResult:
        event, created = await self._acts.pin(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.seq,
            params.client_id,
            off=params.off,
            not_to=caller.link.key,
        )
        return wire.ActResult(event, created)

    async def pins(self, caller: Caller, params: wire.MessagePins) -> wire.PinsResult:
        shown, following = await self._states.pins(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.before,
            page(params.limit),
        )
        return wire.PinsResult(
            tuple(message.event for message in shown),
            tuple(message.state for message in shown if message.state is not None),
            following,
        )

    async def history(self, caller: Caller, params: wire.MessageHistory) -> wire.HistoryResult:
        versions = await self._states.history(
            who(caller).user, ConversationId(params.conversation_id), params.seq
        )
        return wire.HistoryResult(tuple(versions))

    async def reactions(
        self, caller: Caller, params: wire.MessageReactions
    ) -> wire.ReactionsResult:
        found, following = await self._states.reactions(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.seq,
            params.emoji,
            params.after,
            page(params.limit),
        )
        return wire.ReactionsResult(tuple(found), following)

    async def forward(self, caller: Caller, params: wire.MessageForward) -> wire.ForwardResult:
        forwarded = await self._forwarding.forward(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.seqs,
            [ConversationId(target) for target in params.to],
            params.client_id,
            merged=params.merged,
            text=params.text,
        )
        return wire.ForwardResult(tuple(forwarded))
