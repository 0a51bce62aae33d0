"""Forwarding: saying again elsewhere what one has read, in the name of who said it.

One by one, each message is said again by itself; merged, one message carries them all. Only what
the forwarder may read now goes on, as it reads now. Where it was said stays behind: the readers
of the copy may not know that conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from parlor.im.message_settings import MessageSettings
from parlor.im.send import Send
from parlor.im.states import States
from parlor.model.client_id import check_client_id
from parlor.model.errors import BadRequest, Forbidden, LimitReached, ParlorError
from parlor.model.event import Draft, Event, EventKind, Forwarded
from parlor.model.ids import ConversationId, UserId
from parlor.model.message_views import ForwardedTo, ShownMessage
from parlor.model.text import check_text


class Forwarding:
    def __init__(self, states: States, send: Send, settings: MessageSettings) -> None:
        self._states = states
        self._send = send
        self._settings = settings

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
        """Say the messages `seqs` of `source` again in each of `targets`, in their order.

        `text` goes with merged ones and may be empty. The same `client_id` again is the same
        messages. One target that refuses hinders no other; a failure of the server (StorageFailed,
        Overloaded) is no refusal and is raised: what was sent is not known, so ask again.

        Raises NotFound, NotMember, MessageGone, BadRequest, Forbidden (it is to expire),
        LimitReached, TextTooLong, BadText: then nothing was sent.
        """
        check_client_id(client_id)
        self._check_numbers(seqs, targets, merged=merged)
        said = check_text(text) if text.strip() else ""
        there = tuple(dict.fromkeys(targets))
        try:
            messages = await self._states.readable(user, source, seqs)
            if any(message.event.expires_at for message in messages):
                raise Forbidden("A message that is to expire cannot be forwarded.")
            drafts = [self._merge(said, messages)] if merged else [_copy(one) for one in messages]
        except ParlorError as refusal:
            names = _names(client_id, 1 if merged else len(set(seqs)))
            return await self._before(user, there, names, refusal)
        return [await self._to_one(user, target, drafts, client_id) for target in there]

    async def _before(
        self,
        user: UserId,
        targets: Sequence[ConversationId],
        names: Sequence[str],
        refusal: ParlorError,
    ) -> Sequence[ForwardedTo]:
        """What an earlier request of the same name has stored, whose answer was lost: the source
        may be gone since. Raises `refusal` when that is nothing."""
        stored = [await self._send.stored(target, user, names) for target in targets]
        if not any(stored):
            raise refusal
        return [
            ForwardedTo(target, tuple(events), "" if len(events) == len(names) else refusal.code)
            for target, events in zip(targets, stored, strict=True)
        ]

    def _check_numbers(
        self, seqs: Sequence[int], targets: Sequence[ConversationId], *, merged: bool
    ) -> None:
        settings = self._settings
        if not seqs or not targets:
            raise BadRequest("Forwarding needs messages and conversations.")
        copies = len(seqs) * len(targets)
        if (
            len(seqs) > settings.max_forward
            or len(targets) > settings.max_forward_targets
            or (not merged and copies > settings.max_forward_copies)
        ):
            raise LimitReached(
                f"At most {settings.max_forward} messages to {settings.max_forward_targets}"
                f" conversations, {settings.max_forward_copies} copies in all."
            )

    def _merge(self, text: str, messages: Sequence[ShownMessage]) -> Draft:
        settings = self._settings
        snapshots = tuple(snapshot for one in messages for snapshot in _snapshots(one))
        if len(snapshots) > settings.max_forward:
            raise LimitReached(f"One message carries at most {settings.max_forward} others.")
        if sum(len(snapshot.text) for snapshot in snapshots) > settings.max_merged_chars:
            raise LimitReached(
                f"One message carries at most {settings.max_merged_chars} characters of others."
            )
        return Draft(_NOWHERE, EventKind.MESSAGE, _NOBODY, text=text, merged=snapshots)

    async def _to_one(
        self, user: UserId, target: ConversationId, drafts: Sequence[Draft], client_id: str
    ) -> ForwardedTo:
        named = [
            msgspec.structs.replace(
                draft,
                conversation_id=target,
                sender=user,
                client_id=name,
            )
            for draft, name in zip(drafts, _names(client_id, len(drafts)), strict=True)
        ]
        # The first by itself: whoever may not write here writes nothing, and the members are known
        # by then, so that the others, which share a commit, are announced in their order.
        outcomes = [*await self._store(named[:1])]
        if not isinstance(outcomes[0], BaseException):
            outcomes += await self._store(named[1:])
        refused = ""
        events: list[Event] = []
        for outcome in outcomes:
            if isinstance(outcome, ParlorError) and outcome.status < _OF_THE_SERVER:
                refused = refused or outcome.code
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                events.append(outcome[0])
        return ForwardedTo(target, tuple(events), refused)

    async def _store(self, drafts: Sequence[Draft]) -> Sequence[tuple[Event, bool] | BaseException]:
        return await asyncio.gather(*map(self._send.store, drafts), return_exceptions=True)


_OF_THE_SERVER = 500
"""From this status on an error says nothing about the conversation, nor what was stored in it."""
_NOWHERE, _NOBODY = ConversationId(""), UserId("")
"""Set when it is known where a copy goes."""


def _names(client_id: str, count: int) -> Sequence[str]:
    """What the copies are called. No client can say this: theirs are printable."""
    return [f"{client_id}\n{number}" for number in range(count)]


def _copy(message: ShownMessage) -> Draft:
    event = message.event
    origin = event.forwarded or Forwarded(event.sender, event.sent_at)
    return Draft(
        _NOWHERE,
        EventKind.MESSAGE,
        _NOBODY,
        text=message.text,
        forwarded=origin,
        merged=event.merged,
        file=event.file,
    )


def _snapshots(message: ShownMessage) -> Sequence[Forwarded]:
    """A message that is merged itself is taken apart: nothing lies deeper than one level."""
    event = message.event
    said: list[Forwarded] = []
    if message.text or event.file is not None:
        said = [Forwarded(event.sender, event.sent_at, message.text, event.file)]
    if event.forwarded is not None and not event.merged:
        said = [msgspec.structs.replace(event.forwarded, text=message.text, file=event.file)]
    return [*said, *event.merged]
