"""What is one's own, has changed or was found, as clients get it over the gateway and REST."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from parlor.im.changes import Change, ChangesPage
from parlor.im.own import OwnPage
from parlor.im.search import Hit
from parlor.im.stars import StarredMessage
from parlor.model.account import User
from parlor.model.ids import UserId
from parlor.model.self_log import Entry
from parlor.wire.native.methods import own as wire
from parlor.wire.native.methods import search as search_wire
from parlor.wire.native.pushes import self_entry

MAX_SHOWN = 100
"""People named with a page; who else is in it can be asked for by id."""


class Profiles(Protocol):
    async def users(self, ids: Sequence[UserId]) -> Sequence[User]:
        """In the order asked; those that do not exist are left out. At most 100 at once."""


def entry_result(entry: Entry | None) -> wire.EntryResult:
    return wire.EntryResult(None if entry is None else self_entry(entry))


def self_result(page: OwnPage) -> wire.SelfResult:
    entries = tuple(map(self_entry, page.entries))
    return wire.SelfResult(entries, page.last_seq, page.cursor, page.reset)


async def stars_result(
    stars: Sequence[StarredMessage], cursor: str, profiles: Profiles
) -> wire.StarsResult:
    shown = tuple(wire.Star(one.event, one.starred_at, one.state) for one in stars)
    users = await _users((one.event.sender for one in stars), profiles)
    return wire.StarsResult(shown, users, cursor)


async def hits_result(
    hits: Sequence[Hit], cursor: str, profiles: Profiles
) -> search_wire.MessageSearchResult:
    shown = tuple(
        search_wire.Hit(one.event, tuple(search_wire.Mark(*mark) for mark in one.marks), one.state)
        for one in hits
    )
    users = await _users((one.event.sender for one in hits), profiles)
    return search_wire.MessageSearchResult(shown, users, cursor)


async def changes_result(page: ChangesPage, profiles: Profiles) -> wire.SyncResult:
    changes = tuple(
        wire.Change(one.view, one.upto, one.events, one.states, one.more, one.reset)
        for one in page.changes
    )
    users = await _users(_people_of(page.changes), profiles)
    return wire.SyncResult(changes, self_result(page.own), page.cursor, page.gone, users)


def _people_of(changes: Sequence[Change]) -> Iterable[UserId]:
    """Whom a list of conversations names first, then who spoke on the page."""
    for change in changes:
        if change.view.peer is not None:
            yield change.view.peer
    for change in changes:
        if change.view.last_event is not None:
            yield change.view.last_event.sender
    for change in changes:
        for event in change.events:
            yield event.sender


async def _users(ids: Iterable[UserId], profiles: Profiles) -> tuple[User, ...]:
    wanted = tuple(dict.fromkeys(ids))[:MAX_SHOWN]
    return tuple(await profiles.users(wanted)) if wanted else ()
