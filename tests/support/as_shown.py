"""What a running server has of a conversation and of a person, as its API shows it."""

from __future__ import annotations

import msgspec

from parlor.im.replay import MemberPlace, Snapshot
from parlor.model.event import Event
from parlor.model.ids import UserId
from parlor.model.message_state import MessageState
from parlor.wire.native import methods as wire
from parlor.wire.native.methods.own import SelfResult
from parlor.wire.native.pushes import SelfEntry
from tests.support.people import Person
from tests.support.told import of_nobody


async def whole_log(person: Person, conversation: str) -> tuple[list[Event], list[MessageState]]:
    """The events, and the states of its messages as nobody in particular sees them."""
    events: list[Event] = []
    states: list[MessageState] = []
    more = True
    while more:
        page = await person.get(
            f"/conversations/{conversation}/events?after={len(events)}&limit=200"
        )
        found = msgspec.convert(page, wire.EventsResult)
        events += found.events
        states += map(of_nobody, found.states)
        more = found.more
    return events, states


async def shown_snapshot(person: Person, conversation: str, states: list[MessageState]) -> Snapshot:
    """Raises LookupError where the server disagrees with itself. Nothing may happen meanwhile."""
    shown = msgspec.convert(
        await person.get(f"/conversations/{conversation}"), wire.ConversationResult
    ).conversation
    members: dict[UserId, MemberPlace] = {}
    cursor = ""
    while True:
        page = msgspec.convert(
            await person.get(f"/conversations/{conversation}/members?cursor={cursor}"),
            wire.MembersResult,
        )
        for one in page.members:
            members[one.user_id] = MemberPlace(
                one.role, one.joined_seq, one.history_from, one.muted_until
            )
        cursor = page.cursor
        if not cursor:
            break
    if shown.member_count != len(members):
        raise LookupError(f"{len(members)} members are counted as {shown.member_count}")
    return Snapshot(
        last_seq=shown.last_seq,
        active_at=shown.active_at,
        title=shown.title,
        settings=shown.settings,
        announcement=shown.announcement,
        avatar=shown.avatar,
        dissolved=shown.dissolved,
        members=members,
        states={state.seq: state for state in states},
    )


async def own_entries(person: Person) -> dict[str, SelfEntry]:
    """The whole self log, by key."""
    entries: dict[str, SelfEntry] = {}
    cursor = ""
    while True:
        page = msgspec.convert(await person.get(f"/me/entries?after=0&cursor={cursor}"), SelfResult)
        entries |= {entry.key: entry for entry in page.entries}
        cursor = page.cursor
        if not cursor:
            return entries
