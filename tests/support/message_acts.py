"""Acts on messages, states, forwarding, schedules: in memory, for the layers above them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parlor.model.emoji import check_emoji
from parlor.model.errors import NotFound
from parlor.model.event import Event, EventKind
from parlor.model.ids import ConnectionKey, ConversationId, UserId, event_id
from parlor.model.message_state import MessageState
from parlor.model.message_views import ForwardedTo, Reactor, ShownMessage, Version
from parlor.model.scheduled import Said, Scheduled
from parlor.model.text import check_text

Check = Callable[[ConversationId, UserId], object]


class MessageActs:
    """`check` raises what somebody hears who may not look into a conversation.

    The acts that were done are in `done`, by client_id.
    """

    def __init__(self, check: Check) -> None:
        self._check = check
        self.done: dict[str, Event] = {}
        self.waiting: dict[tuple[UserId, str], Scheduled] = {}

    async def edit(
        self,
        user: UserId,
        conversation_id: ConversationId,
        seq: int,
        client_id: str,
        text: str,
        *,
        mentions: Sequence[UserId] = (),
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event | None, bool]:
        said = {"text": check_text(text), "mentions": tuple(mentions)}
        return self._do(user, conversation_id, seq, client_id, EventKind.EDIT, **said)

    async def recall(
        self,
        user: UserId,
        conversation_id: ConversationId,
        seq: int,
        client_id: str,
        *,
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event | None, bool]:
        return self._do(user, conversation_id, seq, client_id, EventKind.RECALL)

    async def react(
        self,
        user: UserId,
        conversation_id: ConversationId,
        seq: int,
        client_id: str,
        emoji: str,
        *,
        off: bool = False,
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event | None, bool]:
        given = {"emoji": check_emoji(emoji), "off": off}
        return self._do(user, conversation_id, seq, client_id, EventKind.REACTION, **given)

    async def pin(
        self,
        user: UserId,
        conversation_id: ConversationId,
        seq: int,
        client_id: str,
        *,
        off: bool = False,
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event | None, bool]:
        """Unpinning finds nothing to do."""
        if off:
            self._check(conversation_id, user)
            return None, False
        return self._do(user, conversation_id, seq, client_id, EventKind.PIN)

    async def of(
        self, user: UserId, conversation_id: ConversationId, events: Sequence[Event]
    ) -> Sequence[MessageState]:
        return [
            MessageState(done.target, done.seq, text=done.text)
            for done in self.done.values()
            if done.kind is EventKind.EDIT and done.target in {event.seq for event in events}
        ]

    async def pins(
        self, user: UserId, conversation_id: ConversationId, before: int | None, limit: int
    ) -> tuple[Sequence[ShownMessage], int]:
        """One page of two, then none."""
        self._check(conversation_id, user)
        pinned = self._event(user, conversation_id, EventKind.MESSAGE, "", text="pinned")
        shown = [ShownMessage(pinned, MessageState(pinned.seq, 9, pinned=True))]
        return (shown, 8) if before is None else ([ShownMessage(pinned)], 0)

    async def history(
        self, user: UserId, conversation_id: ConversationId, seq: int
    ) -> Sequence[Version]:
        self._check(conversation_id, user)
        return [Version(seq, 1, "before"), Version(seq + 1, 2, "after")]

    async def reactions(
        self,
        user: UserId,
        conversation_id: ConversationId,
        seq: int,
        emoji: str,
        after: int,
        limit: int,
    ) -> tuple[Sequence[Reactor], int]:
        self._check(conversation_id, user)
        return [Reactor(user, emoji or "👍", after + 1)], after + 1

    async def forward(
        self,
        user: UserId,
        source: ConversationId,
        seqs: Sequence[int],
        targets: Sequence[ConversationId],
        client_id: str,
        *,
        merged: bool = False,
        text: str = "",
    ) -> Sequence[ForwardedTo]:
        self._check(source, user)
        said = text if merged else "one by one"
        return [
            ForwardedTo(to, (self._event(user, to, EventKind.MESSAGE, client_id, text=said),))
            if to == source
            else ForwardedTo(to, (), NotFound.code)
            for to in targets
        ]

    async def put(
        self,
        user: UserId,
        conversation_id: ConversationId,
        client_id: str,
        at_ms: int,
        said: Said,
    ) -> tuple[Scheduled, bool]:
        self._check(conversation_id, user)
        known = self.waiting.get((user, client_id))
        if known is not None:
            return known, False
        kept = Scheduled(user, conversation_id, client_id, at_ms, said)
        self.waiting[user, client_id] = kept
        return kept, True

    async def page(self, user: UserId, cursor: str, limit: int) -> tuple[Sequence[Scheduled], str]:
        mine = [one for (whose, _), one in self.waiting.items() if whose == user]
        return mine[:limit], "more" if len(mine) > limit else ""

    async def cancel(self, user: UserId, client_id: str) -> bool:
        return self.waiting.pop((user, client_id), None) is not None

    def _do(
        self,
        user: UserId,
        conversation: ConversationId,
        target: int,
        client_id: str,
        kind: EventKind,
        **fields: object,
    ) -> tuple[Event, bool]:
        self._check(conversation, user)
        if client_id in self.done:
            return self.done[client_id], False
        event = self._event(user, conversation, kind, client_id, target=target, **fields)
        self.done[client_id] = event
        return event, True

    def _event(
        self,
        user: UserId,
        conversation: ConversationId,
        kind: EventKind,
        client_id: str,
        **fields: object,
    ) -> Event:
        seq = 100 + len(self.done)
        named = event_id(conversation, seq)
        return Event(conversation, seq, named, kind, user, 1, client_id, **fields)  # type: ignore[arg-type]
