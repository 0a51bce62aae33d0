"""Sending: what a person says becomes the next event of a conversation, exactly once.

The sender is who the caller has authenticated; nothing in the request names one. Called by the
gateway and the API with the same rules, and by calls to record how they ended.
"""

from __future__ import annotations

from collections.abc import Sequence

from parlor.im.announce import Announcements
from parlor.im.members import Rosters
from parlor.im.settings import ImSettings
from parlor.model.client_id import check_client_id
from parlor.model.errors import BadRequest
from parlor.model.event import CallRecord, Draft, Event, EventKind
from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.model.text import check_text
from parlor.ports.clock import Clock
from parlor.ports.messages import Messages
from parlor.wire.native.pushes import EventPush


class Send:
    def __init__(
        self,
        messages: Messages,
        rosters: Rosters,
        announcements: Announcements,
        settings: ImSettings,
        clock: Clock,
    ) -> None:
        self._messages = messages
        self._rosters = rosters
        self._announcements = announcements
        self._settings = settings
        self._clock = clock

    async def text(
        self,
        sender: UserId,
        conversation_id: ConversationId,
        client_id: str,
        text: str,
        *,
        reply_to: int = 0,
        mentions: Sequence[UserId] = (),
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event, bool]:
        """Store a message and return it once it is durable; then tell all members.

        `not_to`: the sender's own connection, which learns of it by the answer.

        The same `client_id` again returns the first event and False, and tells nobody. After
        StorageFailed, Overloaded or cancellation the sender may send again with the same
        `client_id`: it is one message, whatever had happened. A cancelled call may have stored
        the message without telling anybody. Messages are stored in the order of the calls.

        Raises EmptyText, TextTooLong, BadText, BadRequest (client_id, reply_to, mentions),
        NotFound, NotMember.
        """
        mentioned = tuple(dict.fromkeys(mentions))
        if len(mentioned) > self._settings.max_mentions:
            raise BadRequest(f"A message mentions at most {self._settings.max_mentions} people.")
        draft = Draft(
            conversation_id=conversation_id,
            kind=EventKind.MESSAGE,
            sender=sender,
            client_id=check_client_id(client_id),
            text=check_text(text),
            reply_to=reply_to,
            mentions=mentioned,
        )
        return await self._append(draft, by_member=True, not_to=not_to)

    async def record_call(self, conversation_id: ConversationId, record: CallRecord) -> Event:
        """Store how a call ended, once per call, and tell all members. Raises NotFound."""
        draft = Draft(
            conversation_id=conversation_id,
            kind=EventKind.CALL,
            sender=record.caller,
            # No client can say this: theirs are printable.
            client_id=f"call\n{record.call_id}",
            call=record,
        )
        event, _ = await self._append(draft, by_member=False)
        return event

    async def _append(
        self, draft: Draft, *, by_member: bool, not_to: ConnectionKey | None = None
    ) -> tuple[Event, bool]:
        # Nothing may be awaited before the append: what one person sends at once keeps its order.
        event, created = await self._messages.append(
            draft, self._clock.unix_ms(), by_member=by_member
        )
        if created:
            await self._announcements.tell_members(
                self._rosters.of, EventPush(event), about=event.conversation_id, not_to=not_to
            )
        return event, created
