"""Catching up with everything at once: what a device lacks of all its conversations, in pages.

A device says how far it has got in each conversation, and is given what follows, the most
recently active conversation first. What it has already applied is all that the server needs to
know, so a device may be interrupted anywhere and ask again; a cursor only saves looking at the
same conversations twice. Every page costs the same few queries, whatever the account's size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from parlor.im.membership import check_member
from parlor.im.own import Own, OwnPage
from parlor.im.paging import check_seq, page_size
from parlor.im.settings import ImSettings
from parlor.model.conversation import ConversationView
from parlor.model.errors import BadRequest
from parlor.model.event import Event, has_expired, readable
from parlor.model.ids import ConversationId, UserId
from parlor.model.message_state import MessageState
from parlor.model.stretch import Head, Portions, Stretch, stretch_for
from parlor.ports.changes import Changes, Piece
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations

_CURSOR = re.compile(r"([0-9]{1,16})-([0-9]{1,16})\Z")
_Before = tuple[int, ConversationId]
_NOTHING = Piece()
_encode = msgspec.json.encode


class Change(msgspec.Struct, frozen=True):
    """What one page gives of one conversation. See `wire.native.methods.own.Change`."""

    view: ConversationView
    upto: int
    events: tuple[Event, ...]
    states: tuple[MessageState, ...]
    more: bool
    reset: bool


class ChangesPage(msgspec.Struct, frozen=True):
    changes: tuple[Change, ...]
    own: OwnPage
    cursor: str
    gone: tuple[ConversationId, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """`before` is where the next page goes on, None at the end."""

    stretches: list[Stretch]
    before: _Before | None


class CatchUp:
    def __init__(
        self,
        changes: Changes,
        conversations: Conversations,
        own: Own,
        settings: ImSettings,
        clock: Clock,
    ) -> None:
        self._changes = changes
        self._conversations = conversations
        self._own = own
        self._settings = settings
        self._clock = clock

    async def page(
        self,
        user: UserId,
        have: Mapping[ConversationId, int],
        self_seq: int,
        *,
        self_cursor: str = "",
        cursor: str = "",
        limit: int,
    ) -> ChangesPage:
        """The next page for a device that has of each conversation what `have` says.

        At most `limit` events in all, of one conversation at most `sync_events_each`, and about
        `max_sync_bytes`. Raises BadRequest.
        """
        settings = self._settings
        size = page_size(limit, settings.max_sync_events)
        if len(have) > settings.max_have:
            raise BadRequest(f"`have` names at most {settings.max_have:,} conversations.")
        checked = {talk: check_seq(seq) for talk, seq in have.items()}
        before = _parse_cursor(cursor) if cursor else None
        own = await self._own.list(user, self_seq, self_cursor, settings.max_page_entries)

        gone: tuple[ConversationId, ...] = ()
        if checked:
            most = settings.max_heads
            heads = await self._changes.heads(user, before, most)
            plan = self._plan(heads, checked, size, whole=len(heads) < most)
            ids = [stretch.id for stretch in plan.stretches]
            views = await self._changes.views(user, ids) if ids else {}
            if before is None and len(heads) < most:
                gone = tuple(checked.keys() - {head.id for head in heads})
        else:
            # A new device lacks every conversation: the first page of them is its first page.
            most = settings.max_page_conversations
            newest = await self._conversations.views(user, before, most)
            views = {view.id: view for view in newest}
            heads = [_head(view) for view in newest]
            plan = self._plan(heads, {}, size, whole=len(heads) < most)
        there = [stretch for stretch in plan.stretches if stretch.id in views]
        pieces = await self._changes.pieces(user, [one for one in there if len(one)])
        now = self._clock.unix_ms()
        views = {talk: view_readable(view, now) for talk, view in views.items()}
        pieces = {talk: _piece_readable(piece, now) for talk, piece in pieces.items()}
        changes, cut = _within(there, views, pieces, settings.max_sync_bytes)
        following = plan.before
        if cut:
            last = changes[-1].view.id
            following = next((head.active_at, head.id) for head in heads if head.id == last)
        return ChangesPage(changes, own, _cursor(following), gone)

    async def seq_at(self, user: UserId, conversation_id: ConversationId, at_ms: int) -> int:
        """The first event in the log from `at_ms` on, one more than the last when there is none.

        Raises NotFound, NotMember, BadRequest.
        """
        found = await self._changes.seq_at(user, conversation_id, check_seq(at_ms))
        if found is None:
            await check_member(self._conversations, user, conversation_id)
            return 1
        return found

    def _plan(
        self, heads: Sequence[Head], have: Mapping[ConversationId, int], size: int, *, whole: bool
    ) -> _Plan:
        """What of `heads` goes on the page. `whole`: there are no others after them."""
        settings = self._settings
        portions = Portions(settings.sync_events_each, settings.first_sync_events)
        stretches: list[Stretch] = []
        before: _Before | None = None
        for head in heads:
            wanted = stretch_for(head, have.get(head.id), portions)
            if wanted is not None:
                if size == 0 or len(stretches) == settings.max_page_conversations:
                    return _Plan(stretches, before)
                stretches.append(wanted.cut(size))
                size -= len(stretches[-1])
            before = head.active_at, head.id
        return _Plan(stretches, None if whole else before)


def _head(view: ConversationView) -> Head:
    return Head(view.id, view.last_seq, max(view.history_from, 1), view.active_at)


def view_readable(view: ConversationView, now_ms: int) -> ConversationView:
    """`view` without what its last event said, when that has expired."""
    last = view.last_event
    if last is None or not has_expired(last, now_ms):
        return view
    return msgspec.structs.replace(view, last_event=readable(last, now_ms))


def _piece_readable(piece: Piece, now_ms: int) -> Piece:
    expired = {event.seq for event in piece.events if has_expired(event, now_ms)}
    if not expired:
        return piece
    return Piece(
        tuple(readable(event, now_ms) for event in piece.events),
        tuple(state for state in piece.states if state.seq not in expired),
    )


def _within(
    stretches: Sequence[Stretch],
    views: Mapping[ConversationId, ConversationView],
    pieces: Mapping[ConversationId, Piece],
    max_bytes: int,
) -> tuple[tuple[Change, ...], bool]:
    """As much of `pieces` as fits, one event at least; and whether that is not all."""
    changes: list[Change] = []
    room = max_bytes
    for stretch in stretches:
        view, piece = views[stretch.id], pieces.get(stretch.id, _NOTHING)
        events: list[Event] = []
        for event in piece.events:
            room -= len(_encode(event))
            if room < 0 and (changes or events):
                break
            events.append(event)
        else:
            changes.append(_change(view, stretch, piece, piece.events, stretch.upto))
            continue
        if events:
            changes.append(_change(view, stretch, piece, tuple(events), events[-1].seq))
        return tuple(changes), True
    return tuple(changes), False


def _change(
    view: ConversationView, stretch: Stretch, piece: Piece, events: tuple[Event, ...], upto: int
) -> Change:
    given = {event.seq for event in events}
    states = tuple(state for state in piece.states if state.seq in given)
    return Change(view, upto, events, states, upto < view.last_seq, stretch.reset)


def _cursor(before: _Before | None) -> str:
    return "" if before is None else f"{before[0]}-{before[1]}"


def _parse_cursor(cursor: str) -> _Before:
    found = _CURSOR.match(cursor)
    if found is None:
        raise BadRequest("This is not a cursor of changes.")
    return int(found[1]), ConversationId(found[2])
