"""What is one person's own, the same on all their devices, and catching up with everything."""

from __future__ import annotations

import msgspec

from parlor.model.account import User
from parlor.model.conversation import ConversationView
from parlor.model.event import Event
from parlor.model.message_state import MessageState
from parlor.model.own import Notify
from parlor.wire.native.methods.shape import Method, Params, Result
from parlor.wire.native.pushes import SelfEntry


class SelfList(Params, frozen=True):
    """The entries of one's self log after number `after`, in their order.

    `cursor` goes on where the last page ended, with the same `after`.
    """

    after: int = 0
    cursor: str = ""
    limit: int = 200


class SelfResult(Result, frozen=True):
    """Apply `entries` by key. Once `cursor` is empty there are no more, and `last_seq` is the
    `after` of the next time.

    `reset`: some of what is gone since `after` is not told any more. Forget every entry that one
    has first; these are from the beginning.
    """

    entries: tuple[SelfEntry, ...]
    last_seq: int
    cursor: str = ""
    reset: bool = False


class ConversationSet(Params, frozen=True):
    """How a conversation is shown to oneself; what is left out stays as it is.

    `hidden` holds until the next message or call. `unread_mark` until something is read there.
    """

    conversation_id: str
    pinned: bool | None = None
    notify: Notify | None = None
    hidden: bool | None = None
    unread_mark: bool | None = None


class EntryResult(Result, frozen=True):
    """The entry as it is now; null where there was none and nothing to take away."""

    entry: SelfEntry | None


class DraftSet(Params, frozen=True):
    """What is written but not sent. Neither `text` nor `reply_to`: there is no draft.

    With `seen`, the seq of the entry that the device knows (0: none), that takes away this draft,
    an older one or one that the device wrote itself. What another device has written since stays,
    and is the answer: what empties the composer, sending, may have happened long before.
    """

    conversation_id: str
    text: str
    reply_to: int = 0
    seen: int | None = None


class SettingSet(Params, frozen=True):
    """A setting of the person, which clients agree on. `value` is JSON text; null: none."""

    name: str
    value: str | None


class StarSet(Params, frozen=True):
    """Keep a message in one's list of stars, or take it off."""

    conversation_id: str
    seq: int
    on: bool = True


class StarList(Params, frozen=True):
    """The last starred first; `cursor` from the last page, empty at first."""

    cursor: str = ""
    limit: int = 50


class Star(Result, frozen=True):
    """`starred_at` is Unix milliseconds. `state` as in `EventsResult`."""

    event: Event
    starred_at: int
    state: MessageState | None = None


class StarsResult(Result, frozen=True):
    """Those that can be read now; a page may therefore hold fewer than asked for."""

    stars: tuple[Star, ...]
    users: tuple[User, ...] = ()
    cursor: str = ""


class SyncChanges(Params, frozen=True):
    """What happened since: `have` is the last seq that this device has of each conversation that
    it knows, `self_seq` the last of the self log. A new device says nothing.

    `cursor` goes on where the last page ended, with `have` as it is by then; leaving it out at any
    time is right too. `self_cursor` is that of `own`. `limit` is how many events a page has at
    most.
    """

    have: dict[str, int] = msgspec.field(default_factory=dict)
    self_seq: int = 0
    self_cursor: str = ""
    cursor: str = ""
    limit: int = 200


class Change(Result, frozen=True):
    """`events` follow what the device has, and bring it up to `upto`; there may be `more` by then,
    which the next request gives, or `events.list`.

    `reset`: they do not follow. What the device has of this conversation is to be dropped: some
    that it lacks is not kept any more. A conversation that is new to the device has its newest
    events only; `conversation.history_from` is the first that can be read.
    """

    conversation: ConversationView
    upto: int
    events: tuple[Event, ...] = ()
    states: tuple[MessageState, ...] = ()
    more: bool = False
    reset: bool = False


class SyncResult(Result, frozen=True):
    """Conversations in which something has happened, the newest first.

    `cursor`: there are others; empty when the device was told of each. It has everything once
    such a page holds no `more`. `gone`: conversations that are not this person's any more, told
    with the first page. `users` are those to be shown with them.
    """

    changes: tuple[Change, ...]
    own: SelfResult
    cursor: str = ""
    gone: tuple[str, ...] = ()
    users: tuple[User, ...] = ()


class EventsAt(Params, frozen=True):
    """Where in a conversation's log a time is. `at_ms` is Unix milliseconds."""

    conversation_id: str
    at_ms: int


class EventsAtResult(Result, frozen=True):
    """The first event from then on, for `events.list` with `after` one less, or `before` it; one
    more than the last when there is none."""

    seq: int


METHODS: dict[str, Method] = {
    "self.list": Method(SelfList, SelfResult),
    "conversation.set": Method(ConversationSet, EntryResult),
    "draft.set": Method(DraftSet, EntryResult),
    "setting.set": Method(SettingSet, EntryResult),
    "star.set": Method(StarSet, EntryResult),
    "star.list": Method(StarList, StarsResult),
    "events.at": Method(EventsAt, EventsAtResult),
    "sync.changes": Method(SyncChanges, SyncResult),
}
