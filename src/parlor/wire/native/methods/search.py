"""Looking for messages."""

from __future__ import annotations

import msgspec

from parlor.model.account import User
from parlor.model.event import Event
from parlor.model.message_state import MessageState
from parlor.model.search_query import SearchKind
from parlor.wire.native.methods.shape import Method, Params, Result


class MessageSearch(Params, frozen=True):
    """Messages that say all of `text`: each part between spaces as it is written, whatever its
    case, accents and width; a word need not be typed to its end.

    In one conversation or, when it is empty, in all; of one `sender`, of one `kind`, from
    `since_ms` on and before `until_ms` (Unix ms, 0: whenever). `text` may be empty when a sender or
    a kind is asked for. `cursor` from the last page, with everything else as it was.
    """

    text: str = ""
    conversation_id: str = ""
    sender: str = ""
    kind: SearchKind | None = None
    since_ms: int = 0
    until_ms: int = 0
    cursor: str = ""
    limit: int = 20


class Mark(msgspec.Struct, frozen=True):
    """From `start` to before `end`, in code points of what the message says now."""

    start: int
    end: int


class Hit(Result, frozen=True):
    """`state` as in `EventsResult`; its text, when there is one, is what `marks` are in."""

    event: Event
    marks: tuple[Mark, ...]
    state: MessageState | None = None


class MessageSearchResult(Result, frozen=True):
    """Newest first. A page may hold fewer than asked for, or none; there is more while there is a
    `cursor`. `users` are those who said them."""

    hits: tuple[Hit, ...]
    users: tuple[User, ...] = ()
    cursor: str = ""


METHODS: dict[str, Method] = {"message.search": Method(MessageSearch, MessageSearchResult)}
