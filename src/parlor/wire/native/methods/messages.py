"""Saying something, and reading a conversation's log."""

from __future__ import annotations

from parlor.model.event import Event
from parlor.wire.native.methods.shape import Method, Params, Result


class MessageSend(Params, frozen=True):
    """Acknowledged only after it is stored. The same `client_id` again is the same event."""

    conversation_id: str
    client_id: str
    text: str
    reply_to: int = 0
    mentions: tuple[str, ...] = ()


class MessageSendResult(Result, frozen=True):
    event: Event
    created: bool


class EventsList(Params, frozen=True):
    """Events with `after < seq` (from the oldest) or `seq < before` (the newest of them).

    Always in ascending seq. Neither given: the newest `limit`. Both: the range between.
    """

    conversation_id: str
    after: int | None = None
    before: int | None = None
    limit: int = 50


class EventsResult(Result, frozen=True):
    """`more`: there are further events in the direction asked for."""

    events: tuple[Event, ...]
    last_seq: int
    more: bool


METHODS: dict[str, Method] = {
    "message.send": Method(MessageSend, MessageSendResult),
    "events.list": Method(EventsList, EventsResult),
}
