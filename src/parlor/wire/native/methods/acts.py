"""What people do with messages that are there, and reading what has become of them."""

from __future__ import annotations

from parlor.model.event import Event
from parlor.model.message_state import MessageState
from parlor.model.message_views import ForwardedTo, Reactor, Version
from parlor.wire.native.methods.shape import Method, Params, Result


class MessageEdit(Params, frozen=True):
    """One's own message says `text` from now on. What it said stays in its history."""

    conversation_id: str
    seq: int
    client_id: str
    text: str
    mentions: tuple[str, ...] = ()


class MessageRecall(Params, frozen=True):
    """Take a message back, for everybody: one's own for a while, as an administrator any."""

    conversation_id: str
    seq: int
    client_id: str


class MessageReact(Params, frozen=True):
    """Give a message one emoji, or with `off` take it back."""

    conversation_id: str
    seq: int
    client_id: str
    emoji: str
    off: bool = False


class MessagePin(Params, frozen=True):
    """Put a message where everybody finds it, or with `off` no longer."""

    conversation_id: str
    seq: int
    client_id: str
    off: bool = False


class ActResult(Result, frozen=True):
    """`event` is null when the message was that way already: nothing was stored."""

    event: Event | None
    created: bool


class MessagePins(Params, frozen=True):
    """The latest pin first; `before` is `next` of the page before, left out at first."""

    conversation_id: str
    before: int | None = None
    limit: int = 50


class PinsResult(Result, frozen=True):
    """The pinned messages, and the states of those that something has happened to since.

    `next` is 0 when there is no more. A page may hold fewer than asked although there is more.
    """

    events: tuple[Event, ...]
    states: tuple[MessageState, ...]
    next: int = 0


class MessageHistory(Params, frozen=True):
    """What a message has said."""

    conversation_id: str
    seq: int


class HistoryResult(Result, frozen=True):
    """The oldest first; the last is what the message says now."""

    versions: tuple[Version, ...]


class MessageReactions(Params, frozen=True):
    """Who has reacted, with `emoji` or with anything; `after` is `next` of the page before."""

    conversation_id: str
    seq: int
    emoji: str = ""
    after: int = 0
    limit: int = 50


class ReactionsResult(Result, frozen=True):
    """In the order they came. `next` is 0 when there is no more."""

    reactions: tuple[Reactor, ...]
    next: int = 0


class MessageForward(Params, frozen=True):
    """Say messages again in other conversations: one by one, or `merged` into one with `text`.

    The copies tell who said it and when, and not where. What expires cannot be forwarded. After
    an error with `retry`, ask again with the same `client_id`: some may have been sent.
    """

    conversation_id: str
    seqs: tuple[int, ...]
    to: tuple[str, ...]
    client_id: str
    merged: bool = False
    text: str = ""


class ForwardResult(Result, frozen=True):
    """One entry for each conversation, in the order they were given."""

    forwarded: tuple[ForwardedTo, ...]


METHODS: dict[str, Method] = {
    "message.edit": Method(MessageEdit, ActResult),
    "message.recall": Method(MessageRecall, ActResult),
    "message.react": Method(MessageReact, ActResult),
    "message.pin": Method(MessagePin, ActResult),
    "message.pins": Method(MessagePins, PinsResult),
    "message.history": Method(MessageHistory, HistoryResult),
    "message.reactions": Method(MessageReactions, ReactionsResult),
    "message.forward": Method(MessageForward, ForwardResult),
}
