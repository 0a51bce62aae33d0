"""What the stores say of a conversation, in the shape in which replaying its log says it."""

from __future__ import annotations

from parlor.im.replay import MemberPlace, Snapshot
from parlor.model.event import Event
from parlor.model.ids import ConversationId, UserId
from parlor.model.stretch import Stretch
from tests.support.storage import Stores

_NOBODY = UserId("0")


async def whole_log(stores: Stores, id: ConversationId) -> list[Event]:
    events, _ = await stores.messages.events(id, 0, None, 100_000)
    return list(events)


async def stored_snapshot(stores: Stores, id: ConversationId) -> Snapshot:
    """Raises LookupError where the stores disagree with themselves."""
    conversation = await stores.conversations.get(id)
    assert conversation is not None
    members = await stores.conversations.members(id, None, 100_000)
    if conversation.member_count != len(members):
        raise LookupError(f"{len(members)} members are counted as {conversation.member_count}")
    pieces = await stores.changes.pieces(_NOBODY, [Stretch(id, 0, conversation.last_seq)])
    active_at = pieces[id].events[-1].sent_at
    for member in members[:1]:
        view = await stores.conversations.view(id, member.user_id)
        assert view is not None
        active_at = view.active_at
    return Snapshot(
        last_seq=conversation.last_seq,
        active_at=active_at,
        title=conversation.title,
        settings=conversation.settings,
        announcement=conversation.announcement,
        avatar=conversation.avatar,
        dissolved=conversation.dissolved,
        members={
            one.user_id: MemberPlace(one.role, one.joined_seq, one.history_from, one.muted_until)
            for one in members
        },
        states={state.seq: state for state in pieces[id].states},
    )
