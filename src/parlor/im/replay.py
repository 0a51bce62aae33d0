"""A conversation as its log makes it: events in, snapshot out, in plain Python.

The store keeps the same snapshot beside the log and changes it with each event (in SQL:
`drivers.sql.applying`). Both must agree after every event; a stateful test and `parlor restore` ask
this module whether they do. Read positions are no events and not part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from parlor.model.event import Event, EventKind
from parlor.model.group import GroupSettings, Role, Visible
from parlor.model.ids import UserId
from parlor.model.message_state import MessageState, Reaction

NAMED_REACTORS = 5
_NOBODY = UserId("")


class MemberPlace(msgspec.Struct, frozen=True):
    """What the log says of somebody who is in the conversation."""

    role: Role
    joined_seq: int
    history_from: int = 0
    muted_until: int = 0


class Snapshot(msgspec.Struct, frozen=True):
    """`states` has the messages that something has happened to, as nobody in particular sees
    them: no reaction is `mine`."""

    last_seq: int
    active_at: int
    title: str
    settings: GroupSettings
    announcement: str
    avatar: str
    dissolved: bool
    members: Mapping[UserId, MemberPlace]
    states: Mapping[int, MessageState]


def replay(log: Iterable[Event]) -> Snapshot:
    """What a whole log makes, from its first event on. Raises ValueError for one with a gap."""
    standing = _Replaying()
    for event in log:
        if event.seq != standing.last_seq + 1:
            raise ValueError(f"event {event.seq} follows event {standing.last_seq}")
        standing.apply(event)
    return standing.snapshot()


@dataclass(slots=True)
class _Message:
    changed_seq: int = 0
    text: str | None = None
    edits: tuple[int, ...] = ()
    recalled_by: UserId = _NOBODY
    pinned: bool = False
    reactions: dict[str, list[UserId]] = field(default_factory=dict)
    """By emoji in the order they were first given, who gave each in the order they did."""

    def state(self, seq: int) -> MessageState:
        given = tuple(
            Reaction(emoji, len(users), tuple(users[:NAMED_REACTORS]))
            for emoji, users in self.reactions.items()
        )
        return MessageState(
            seq, self.changed_seq, self.text, self.edits, self.recalled_by, self.pinned, given
        )


@dataclass(slots=True)
class _Replaying:
    last_seq: int = 0
    active_at: int = 0
    title: str = ""
    settings: GroupSettings = field(default_factory=GroupSettings)
    announcement: str = ""
    avatar: str = ""
    dissolved: bool = False
    members: dict[UserId, MemberPlace] = field(default_factory=dict)
    gone: dict[UserId, MemberPlace] = field(default_factory=dict)
    """Those who left, as they were: who comes again is muted as long as before."""
    messages: dict[int, _Message] = field(default_factory=dict)

    def apply(self, event: Event) -> None:
        change = _CHANGES.get(event.kind)
        if change is not None:
            change(self, event)
        self.last_seq, self.active_at = event.seq, event.sent_at

    def snapshot(self) -> Snapshot:
        return Snapshot(
            self.last_seq,
            self.active_at,
            self.title,
            self.settings,
            self.announcement,
            self.avatar,
            self.dissolved,
            dict(self.members),
            {seq: message.state(seq) for seq, message in sorted(self.messages.items())},
        )

    def created(self, event: Event) -> None:
        self.title = event.title
        for user in event.members:
            role = Role.OWNER if user == event.sender else Role.MEMBER
            self.members[user] = MemberPlace(role, event.seq)

    def joined(self, event: Event) -> None:
        since = event.seq if self.settings.history is Visible.SINCE_JOINED else 0
        for user in event.members:
            before = self.gone.pop(user, None)
            muted_until = 0 if before is None else before.muted_until
            self.members[user] = MemberPlace(Role.MEMBER, event.seq, since, muted_until)

    def left(self, event: Event) -> None:
        for user in event.members:
            if user in self.members:
                self.gone[user] = self.members.pop(user)

    def role_given(self, event: Event) -> None:
        role = event.role or Role.MEMBER
        if role is Role.OWNER:
            self._change(event.sender, role=Role.ADMINISTRATOR)
        for user in event.members:
            self._change(user, role=role)

    def muted(self, event: Event) -> None:
        if not event.members:
            self.settings = msgspec.structs.replace(self.settings, all_muted=not event.off)
        for user in event.members:
            self._change(user, muted_until=0 if event.off else event.until)

    def titled(self, event: Event) -> None:
        self.title = event.title

    def set_up(self, event: Event) -> None:
        self.settings = event.settings or GroupSettings()

    def announced(self, event: Event) -> None:
        self.announcement = event.text

    def pictured(self, event: Event) -> None:
        self.avatar = event.avatar

    def ended(self, event: Event) -> None:
        self.dissolved = True

    def edited(self, event: Event) -> None:
        message = self._message(event)
        message.text, message.edits = event.text, (*message.edits, event.seq)

    def recalled(self, event: Event) -> None:
        """Nothing else is left of it: no versions, no reactions, no pin."""
        self.messages[event.target] = _Message(event.seq, recalled_by=event.sender)

    def pinned(self, event: Event) -> None:
        self._message(event).pinned = not event.off

    def reacted(self, event: Event) -> None:
        given = self._message(event).reactions
        users = given.setdefault(event.emoji, [])
        if not event.off:
            users.append(event.sender)
        elif event.sender in users:
            users.remove(event.sender)
        if not users:
            del given[event.emoji]

    def _message(self, event: Event) -> _Message:
        message = self.messages.setdefault(event.target, _Message())
        message.changed_seq = event.seq
        return message

    def _change(self, user: UserId, **new: object) -> None:
        if user in self.members:
            self.members[user] = msgspec.structs.replace(self.members[user], **new)


_CHANGES: Mapping[EventKind, Callable[[_Replaying, Event], None]] = MappingProxyType(
    {
        EventKind.CREATED: _Replaying.created,
        EventKind.JOINED: _Replaying.joined,
        EventKind.LEFT: _Replaying.left,
        EventKind.ROLE: _Replaying.role_given,
        EventKind.MUTE: _Replaying.muted,
        EventKind.TITLE: _Replaying.titled,
        EventKind.SETTINGS: _Replaying.set_up,
        EventKind.ANNOUNCEMENT: _Replaying.announced,
        EventKind.AVATAR: _Replaying.pictured,
        EventKind.DISSOLVED: _Replaying.ended,
        EventKind.EDIT: _Replaying.edited,
        EventKind.RECALL: _Replaying.recalled,
        EventKind.PIN: _Replaying.pinned,
        EventKind.REACTION: _Replaying.reacted,
    }
)
"""Messages and call records change nothing but the log."""
