"""What somebody is signed in on: the kind of thing, what it is called, where it was seen."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.errors import BadRequest
from parlor.model.ids import DeviceId

MAX_LABEL_CHARS = 64


class Platform(StrEnum):
    """`other` is what nobody has said anything about."""

    WEB = "web"
    DESKTOP = "desktop"
    IOS = "ios"
    ANDROID = "android"
    BOT = "bot"
    OTHER = "other"


class Appearance(msgspec.Struct, frozen=True):
    """What a client says of itself when it signs in. Without a platform or a label, they are
    guessed from its User-Agent (`accounts.appearing`)."""

    platform: Platform | None = None
    label: str = ""
    user_agent: str = ""


UNSEEN = Appearance()


class Device(msgspec.Struct, frozen=True):
    """One of somebody's devices, as that person sees it. Times are Unix milliseconds, 0 when they
    are not known.

    `current` is the one that asks. `connections` are those open now, and `last_seen_at` may be a
    minute old. `behind` counts the events that it has not acknowledged, of the conversations
    where it has acknowledged any.
    """

    device: DeviceId
    platform: Platform
    label: str
    created_at: int
    last_seen_at: int
    address: str
    connections: int = 0
    current: bool = False
    behind: int = 0


def check_label(label: str) -> str:
    """What a device may be called. Raises BadRequest."""
    label = " ".join(label.split())
    if not 0 < len(label) <= MAX_LABEL_CHARS or not label.isprintable():
        raise BadRequest(f"A device's label has 1 to {MAX_LABEL_CHARS} printable characters.")
    return label
