"""What people do with messages that are there: edit, recall, react, pin.

Each act is decided by a pure function (`edit`, `recall`, `react`, `pin`) inside the store's
transaction, stored as an event, and announced to all members like any other. Called by the
gateway and the API with the same rules.
"""

from __future__ import annotations

from collections.abc import Sequence

from parlor.im.announce import Announcements
from parlor.im.edit import decide_edit
from parlor.im.members import Rosters
from parlor.im.message_settings import MessageSettings
from parlor.im.paging import check_seq
from parlor.im.pin import decide_pin
from parlor.im.react import decide_reaction
from parlor.im.recall import decide_recall
from parlor.im.said import check_mentions
from parlor.im.settings import ImSettings
from parlor.model.client_id import check_client_id
from parlor.model.emoji import check_emoji
from parlor.model.event import Event, EventKind
from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.model.standing import Act, Decide
from parlor.model.text import check_text
from parlor.ports.clock import Clock
from parlor.ports.messages import Messages
from parlor.wire.native.pushes import EventPush


class Acts:
    """Every method gives (the event, whether it is new), and (None, False) when the message was
    that way already. The same `client_id` again is the same event. `not_to` is the actor's own
    connection, which learns of the event by the answer.

    All raise NotFound, NotMember, Forbidden, NotWanted, GroupDissolved, MessageGone (recalled or
    expired) and BadRequest.
    """

    def __init__(
        self,
        messages: Messages,
        rosters: Rosters,
        announcements: Announcements,
        settings: MessageSettings,
        im: ImSettings,
        clock: Clock,
    ) -> None:
        self._messages = messages
        self._rosters = rosters
        self._announcements = announcements
        self._settings = settings
        self._im = im
        self._clock = clock

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
        """`user`'s message says `text` from now on; what it said stays in its history.

        Raises also TooLate, LimitReached, and for the text what `Send.text` raises.
        """
        settings, now = self._settings, self._clock.unix_ms()
        said = check_text(text)
        mentioned = check_mentions(mentions, self._im.max_mentions)
        act = _act(EventKind.EDIT, user, conversation_id, seq, client_id, about=mentioned)
        return await self._do(
            act, lambda standing: decide_edit(act, said, standing, now, settings), now, not_to
        )

    async def recall(
        self,
        user: UserId,
        conversation_id: ConversationId,
        seq: int,
        client_id: str,
        *,
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event | None, bool]:
        """Take the message back: what it said, and all it said before, is gone for everybody.

        Raises also TooLate.
        """
        settings, now = self._settings, self._clock.unix_ms()
        act = _act(EventKind.RECALL, user, conversation_id, seq, client_id)
        return await self._do(
            act, lambda standing: decide_recall(act, standing, now, settings), now, not_to
        )

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
        """Give the message an emoji, or take it back. Raises also BadEmoji, LimitReached."""
        settings, now, given = self._settings, self._clock.unix_ms(), check_emoji(emoji)
        act = _act(EventKind.REACTION, user, conversation_id, seq, client_id)
        return await self._do(
            act,
            lambda standing: decide_reaction(act, given, standing, now, settings, off=off),
            now,
            not_to,
        )

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
        """Put the message where everybody finds it, or no longer. Raises also LimitReached."""
        settings, now = self._settings, self._clock.unix_ms()
        act = _act(EventKind.PIN, user, conversation_id, seq, client_id)
        return await self._do(
            act, lambda standing: decide_pin(act, standing, now, settings, off=off), now, not_to
        )

    async def _do(
        self, act: Act, decide: Decide, at_ms: int, not_to: ConnectionKey | None
    ) -> tuple[Event | None, bool]:
        event, created = await self._messages.act(act, decide, at_ms)
        if event is not None:
            # Also when it was stored before: whoever stored it may have died before telling.
            await self._announcements.tell_members(
                self._rosters.of, EventPush(event), about=event.conversation_id, not_to=not_to
            )
        return event, created


def _act(
    kind: EventKind,
    user: UserId,
    conversation_id: ConversationId,
    seq: int,
    client_id: str,
    *,
    about: tuple[UserId, ...] = (),
) -> Act:
    named, target = check_client_id(client_id), check_seq(seq)
    return Act(conversation_id, user, named, about, target, kind=kind)
