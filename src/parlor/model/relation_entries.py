"""What a change between two people puts into their self logs, so that all devices agree.

Pure; the drivers call it inside the transaction that stores the pair. A contact and a request
have keys of their own: a request that is agreed to is gone as one and there as the other.
"""

from __future__ import annotations

import msgspec

from parlor.model.ids import UserId
from parlor.model.people import Blocked, ContactState, Pair, Side, contact_of
from parlor.model.self_log import Change, SelfKind, key_of

PRIVACY = "@privacy"
STATUS = "@status"
"""Names of settings that the server itself puts; clients read them like any other.

No client can say these: theirs have no such first character."""
_KINDS = {
    ContactState.ASKED: SelfKind.REQUEST,
    ContactState.ASKS: SelfKind.REQUEST,
    ContactState.CONTACT: SelfKind.CONTACT,
}
_encode = msgspec.json.Encoder().encode


def changes_between(user: UserId, peer: UserId, before: Pair, after: Pair) -> list[Change]:
    """Both sides' changes; `before` and `after` are seen from `user`."""
    return [
        *_changes_of(user, peer, before.mine, after.mine),
        *_changes_of(peer, user, before.theirs, after.theirs),
    ]


def request_gone(user: UserId, peer: UserId) -> Change:
    """A request that ran out, for one of the two."""
    return Change(user, key_of(SelfKind.REQUEST, peer), SelfKind.REQUEST, None)


def setting_change(name: str, user: UserId, value: msgspec.Struct) -> Change:
    """Something one person has set for all their devices: PRIVACY, STATUS."""
    return Change(user, key_of(SelfKind.SETTING, name), SelfKind.SETTING, _encode(value))


def _changes_of(owner: UserId, peer: UserId, before: Side, after: Side) -> list[Change]:
    changes: list[Change] = []
    was, now = contact_of(peer, before), contact_of(peer, after)
    if was != now:
        old, new = _KINDS.get(was.state), _KINDS.get(now.state)
        if old is not None and old is not new:
            changes.append(Change(owner, key_of(old, peer), old, None))
        if new is not None:
            changes.append(Change(owner, key_of(new, peer), new, _encode(now)))
    if before.blocked_at != after.blocked_at:
        kind = SelfKind.BLOCK
        body = _encode(Blocked(peer, after.blocked_at)) if after.blocks else None
        changes.append(Change(owner, key_of(kind, peer), kind, body))
    return changes
