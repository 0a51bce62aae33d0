"""Sending: what a person says becomes the next event of a conversation, exactly once.

The sender is who the caller has authenticated; nothing in the request names one. Called by the
gateway and the API with the same rules, and by calls to record how they ended.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parlor.im.announce import Announcements
from parlor.im.members import Rosters
from parlor.im.said import check_said, draft_of
from parlor.im.settings import ImSettings
from parlor.model.client_id import check_client_id
from parlor.model.event import CallRecord, Draft, Event, EventKind
from parlor.model.file import AttachedFile, check_file_id
from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.model.scheduled import Said
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
        mentions_all: bool = False,
        silent: bool = False,
        expires_in_s: int = 0,
        file: str = "",
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event, bool]:
        """Store a message and return it once it is durable; then tell all members.

        `file`: the id of one that the sender has uploaded; then `text` may be empty.

        `not_to`: the sender's own connection, which learns of it by the answer.

        The same `client_id` again returns the first event and False, and tells everybody again,
        who know it by its seq. After StorageFailed, Overloaded or cancellation the sender may
        send again with the same `client_id`: it is one message, whatever had happened. A
        cancelled call may have stored the message without telling anybody. Messages are stored in
        the order of the calls.

        Raises EmptyText, TextTooLong, BadText, BadRequest (client_id, reply_to, mentions,
        expires_in_s), Forbidden, NotFound (also of the file), NotMember.
        """
        said = check_said(
            Said(text, reply_to, tuple(mentions), mentions_all, silent, expires_in_s),
            max_mentions=self._settings.max_mentions,
            max_expiry_s=self._settings.max_expiry_s,
            has_file=bool(file),
        )
        named = check_client_id(client_id)
        now = self._clock.unix_ms()
        draft = draft_of(said, conversation_id, sender, named, now)
        if file:
            # The store knows the rest of it.
            draft = msgspec.structs.replace(
                draft, file=AttachedFile(check_file_id(file), "", 0, "")
            )
        return await self._append(draft, by_member=True, not_to=not_to)

    async def store(self, draft: Draft) -> tuple[Event, bool]:
        """As `text`, for what was checked before."""
        return await self._append(draft, by_member=True)

    async def stored(
        self, conversation: ConversationId, sender: UserId, client_ids: Sequence[str]
    ) -> Sequence[Event]:
        """Those of them that are stored already, in their order."""
        return await self._messages.said(conversation, sender, client_ids)

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
        self,
        draft: Draft,
        *,
        by_member: bool,
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event, bool]:
        # Nothing may be awaited before the append: what one person sends at once keeps its order.
        event, created = await self._messages.append(
            draft, self._clock.unix_ms(), by_member=by_member
        )
        # Also when it was stored before: whoever stored it may have died before telling them.
        await self._announcements.tell_members(
            self._rosters.of, EventPush(event), about=event.conversation_id, not_to=not_to
        )
        return event, created
