"""What was done with power over others, for whoever has to answer for it later."""

from __future__ import annotations

import msgspec

from parlor.model.event import Event, EventKind
from parlor.model.group import GroupSettings, Role
from parlor.model.ids import UserId


class AuditEntry(msgspec.Struct, frozen=True):
    """`actor` did `act` to `subject` at `at_ms` (Unix milliseconds); `id` counts upwards.

    `actor` is a user's id, or the name of a key. `act` is a name such as `group.remove`, `subject`
    what it was done to (a conversation, a user), `body` what else is worth knowing as compact
    JSON: ids and numbers, never what people wrote to each other.
    """

    id: int
    at_ms: int
    actor: str
    act: str
    subject: str
    body: str = "{}"


class _Body(msgspec.Struct, frozen=True, omit_defaults=True):
    seq: int
    members: tuple[UserId, ...] = ()
    role: Role | None = None
    until: int = 0
    off: bool = False
    settings: GroupSettings | None = None


def entry_of(event: Event) -> AuditEntry | None:
    """The entry of an act on a group that somebody may ask about later; None for all others."""
    act = _name(event)
    if act is None:
        return None
    body = _Body(event.seq, event.members, event.role, event.until, event.off, event.settings)
    words = msgspec.json.encode(body).decode()
    return AuditEntry(0, event.sent_at, event.sender, act, event.conversation_id, words)


def _name(event: Event) -> str | None:
    if event.kind is EventKind.LEFT:
        return None if event.sender in event.members else "group.remove"
    if event.kind is EventKind.ROLE:
        return "group.transfer" if event.role is Role.OWNER else "group.role"
    return _NAMES.get(event.kind)


_NAMES = {
    EventKind.MUTE: "group.mute",
    EventKind.SETTINGS: "group.settings",
    EventKind.DISSOLVED: "group.dissolve",
}
