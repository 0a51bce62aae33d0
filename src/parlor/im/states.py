"""Reading what has become of messages: their states, earlier versions, reactions, pins.

Whoever reads must be a member and sees nothing from before their history begins. What was
recalled or has expired is nowhere to be read.
"""

from __future__ import annotations

from collections.abc import Sequence

from parlor.im.paging import check_seq, page_size
from parlor.model.conversation import Member
from parlor.model.emoji import check_emoji
from parlor.model.errors import BadRequest, MessageGone, NotFound, NotMember
from parlor.model.event import Event, EventKind, has_expired
from parlor.model.ids import ConversationId, UserId
from parlor.model.message_state import MessageState
from parlor.model.message_views import Reactor, ShownMessage, Version
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.message_states import MessageStates

MAX_PAGE = 200


class States:
    def __init__(self, states: MessageStates, conversations: Conversations, clock: Clock) -> None:
        self._states = states
        self._conversations = conversations
        self._clock = clock

    async def of(
        self, user: UserId, conversation_id: ConversationId, events: Sequence[Event]
    ) -> Sequence[MessageState]:
        """For a page of events that `user` was just given: the states of the messages on it."""
        now = self._clock.unix_ms()
        seqs = [
            event.seq
            for event in events
            if event.kind is EventKind.MESSAGE and not has_expired(event, now)
        ]
        return await self._states.of(conversation_id, seqs, user) if seqs else ()

    async def readable(
        self, user: UserId, conversation_id: ConversationId, seqs: Sequence[int]
    ) -> Sequence[ShownMessage]:
        """These messages, in the order of their seq. One that is not there for `user` is an error.

        Raises NotFound, NotMember, BadRequest (no such message), MessageGone.
        """
        wanted = sorted({check_seq(seq) for seq in seqs})
        member = await self._member(user, conversation_id)
        found = await self._load(user, conversation_id, wanted)
        if len(found) < len(wanted) or (wanted and wanted[0] < member.history_from):
            raise BadRequest("There is no such message.")
        for one in found:
            if one.event.kind is not EventKind.MESSAGE:
                raise BadRequest("There is no such message.")
            if self._is_gone(one):
                raise MessageGone
        return found

    async def pins(
        self, user: UserId, conversation_id: ConversationId, before: int | None, limit: int
    ) -> tuple[Sequence[ShownMessage], int]:
        """(the pinned messages, the latest pin first; where the next page begins, 0 at the end).

        `before` is the number that the page before gave. Raises NotFound, NotMember, BadRequest.
        """
        size = page_size(limit, MAX_PAGE)
        member = await self._member(user, conversation_id)
        upper = None if before is None else check_seq(before)
        found = await self._states.pinned(conversation_id, upper, size + 1)
        page = [seq for _, seq in found[:size] if seq >= member.history_from]
        messages = {
            one.event.seq: one for one in await self._load(user, conversation_id, sorted(page))
        }
        # One that has passed its retention meanwhile is not there any more.
        there = [messages[seq] for seq in page if seq in messages]
        shown = [message for message in there if not self._is_gone(message)]
        return shown, found[size - 1][0] if len(found) > size else 0

    async def history(
        self, user: UserId, conversation_id: ConversationId, seq: int
    ) -> Sequence[Version]:
        """Everything that the message has said, the oldest first. Raises as `readable`."""
        (message,) = await self.readable(user, conversation_id, [seq])
        edits: Sequence[Event] = ()
        if message.state is not None and message.state.edits:
            edits = await self._states.events(conversation_id, message.state.edits)
        return [Version(one.seq, one.sent_at, one.text) for one in (message.event, *edits)]

    async def reactions(
        self,
        user: UserId,
        conversation_id: ConversationId,
        seq: int,
        emoji: str,
        after: int,
        limit: int,
    ) -> tuple[Sequence[Reactor], int]:
        """(who reacted with `emoji`, or with anything when it is empty; where the next page
        begins, 0 at the end). Raises as `readable`, and BadEmoji.
        """
        size = page_size(limit, MAX_PAGE)
        wanted = check_emoji(emoji) if emoji else ""
        await self.readable(user, conversation_id, [seq])
        found = await self._states.reactors(
            conversation_id, seq, wanted, check_seq(after), size + 1
        )
        return found[:size], found[size - 1].at_seq if len(found) > size else 0

    async def _member(self, user: UserId, conversation_id: ConversationId) -> Member:
        member = await self._conversations.member(conversation_id, user)
        if member is None:
            if await self._conversations.get(conversation_id) is None:
                raise NotFound("There is no such conversation.")
            raise NotMember
        return member

    async def _load(
        self, user: UserId, conversation_id: ConversationId, seqs: Sequence[int]
    ) -> Sequence[ShownMessage]:
        if not seqs:
            return ()
        events = await self._states.events(conversation_id, seqs)
        states = {state.seq: state for state in await self._states.of(conversation_id, seqs, user)}
        return [ShownMessage(event, states.get(event.seq)) for event in events]

    def _is_gone(self, message: ShownMessage) -> bool:
        recalled = message.state is not None and message.state.recalled_by != ""
        return recalled or has_expired(message.event, self._clock.unix_ms())
