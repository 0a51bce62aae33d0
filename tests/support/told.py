"""What an answer says, as a history keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from parlor.model.errors import ParlorError
from parlor.model.event import Event
from parlor.model.message_state import MessageState
from parlor.wire.native import methods as wire
from parlor.wire.native.methods.acts import ForwardResult
from parlor.wire.native.methods.own import EntryResult
from tests.support.doings import Doing
from tests.support.histories import Acknowledged, History, Undone


def keep_answer(history: History, user: str, doing: Doing, answer: wire.Result) -> Sequence[Event]:
    """What was stored and what was not; returns the events."""
    if isinstance(answer, EntryResult):
        if answer.entry is not None:
            history.own.acknowledged.append((user, answer.entry))
        return ()
    events = _events(answer)
    by_place = {(event.conversation_id, event.client_id): event for event in events}
    refused = {}
    if isinstance(answer, ForwardResult):
        refused = {one.conversation_id: one.refused for one in answer.forwarded}
    for draft in doing.drafts:
        event = by_place.get((draft.conversation_id, draft.client_id))
        if event is not None:
            history.acknowledged.append(Acknowledged(draft, event.seq))
        else:
            history.undone.append(Undone(draft, refused.get(draft.conversation_id, "")))
    return events


def keep_refusal(history: History, user: str, doing: Doing, refused: ParlorError) -> None:
    history.refusals[user, refused.code] += 1
    history.undone += [Undone(draft, refused.code) for draft in doing.drafts]


def keep_states(history: History, conversation: str, states: Iterable[MessageState]) -> None:
    history.told.update((conversation, of_nobody(state)) for state in states)


def of_nobody(state: MessageState) -> MessageState:
    """As somebody sees it who has not reacted; of a class that compares with a replay's."""
    plain = msgspec.convert(msgspec.to_builtins(state), MessageState)
    reactions = tuple(msgspec.structs.replace(one, mine=False) for one in plain.reactions)
    return msgspec.structs.replace(plain, reactions=reactions)


def _events(answer: wire.Result) -> Sequence[Event]:
    if isinstance(answer, ForwardResult):
        return [event for one in answer.forwarded for event in one.events]
    event = getattr(answer, "event", None)
    return () if event is None else (event,)
