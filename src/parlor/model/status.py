"""How somebody is there: what they chose, and what another person gets to see of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.ids import UserId
from parlor.model.people import Privacy


class State(StrEnum):
    """FREE, AWAY, LONG_AWAY and BUSY are chat, away, xa and dnd of RFC 6121 §4.7.2.1. OFFLINE is
    nobody's choice; whoever is INVISIBLE looks like it."""

    ONLINE = "online"
    FREE = "free"
    AWAY = "away"
    LONG_AWAY = "long_away"
    BUSY = "busy"
    INVISIBLE = "invisible"
    OFFLINE = "offline"


class Status(msgspec.Struct, frozen=True):
    """What a person chose, for all their devices. It stays while they are away."""

    state: State = State.ONLINE
    text: str = ""


class Presence(msgspec.Struct, frozen=True):
    """What one person sees of another. `last_seen` is Unix milliseconds; 0 when it is not told,
    or they are there."""

    user_id: UserId
    state: State = State.OFFLINE
    text: str = ""
    last_seen: int = 0


class Sight(msgspec.Struct, frozen=True):
    """What the store knows of `user_id`, and how much of it one viewer may see."""

    user_id: UserId
    status: Status = Status()
    last_seen: int = 0
    sees_presence: bool = False
    sees_last_seen: bool = False

    def seen_at(self, at_ms: int) -> Sight:
        """They were there until then."""
        return msgspec.structs.replace(self, last_seen=at_ms)

    def presence(self, viewer: UserId, *, online: bool) -> Presence:
        """`online`: the user has a connection somewhere. One's own invisible state is shown."""
        chosen = self.status.state
        is_shown = chosen is not State.INVISIBLE or viewer == self.user_id
        if online and is_shown and self.sees_presence:
            return Presence(self.user_id, chosen, self.status.text)
        # The same whether they are there or not: to leave it out would tell.
        return Presence(self.user_id, last_seen=self.last_seen if self.sees_last_seen else 0)


def sight_of(
    viewer: UserId,
    user: UserId,
    status: Status,
    last_seen: int,
    privacy: Privacy,
    *,
    contact: bool,
    blocked: bool,
) -> Sight:
    """`contact`: the viewer is one of the user's. `blocked`: by either. One sees oneself."""
    is_self = viewer == user
    return Sight(
        user,
        status,
        last_seen,
        sees_presence=is_self or (not blocked and privacy.presence.includes(contact=contact)),
        sees_last_seen=is_self or (not blocked and privacy.last_seen.includes(contact=contact)),
    )
