"""Saying something, and reading a conversation's log."""

from __future__ import annotations

from parlor.model.event import Event
from parlor.model.message_state import MessageState
from parlor.wire.native.methods.shape import Method, Params, Result


class MessageSend(Params, frozen=True):
    """Acknowledged only after it is stored. The same `client_id` again is the same event.

    `mentions_all` needs the permission. `silent`: nobody is notified. After `expires_in_s` (0:
    never) what it says is gone, also for those who have not read it. `file` is the id of one that
    the sender has uploaded (by REST); then `text` may be empty.
    """

    conversation_id: str
    client_id: str
    text: str
    reply_to: int = 0
    mentions: tuple[str, ...] = ()
    mentions_all: bool = False
    silent: bool = False
    expires_in_s: int = 0
    file: str = ""


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
    """`more`: there are further events in the direction asked for.

    `states` are of those messages among `events` that something has happened to since, as they
    stand now: perhaps by events that are not on this page.
    """

    events: tuple[Event, ...]
    last_seq: int
    more: bool
    states: tuple[MessageState, ...] = ()


METHODS: dict[str, Method] = {
    "message.send": Method(MessageSend, MessageSendResult),
    "events.list": Method(EventsList, EventsResult),
}
