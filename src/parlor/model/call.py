"""What the participants of a call see of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.event import CallOutcome
from parlor.model.ids import CallId, ConversationId, UserId


class Media(StrEnum):
    AUDIO = "audio"
    VIDEO = "video"


class CallState(StrEnum):
    INVITED = "invited"
    """No device of the callee has shown it yet."""
    RINGING = "ringing"
    ACTIVE = "active"
    ENDED = "ended"


class CallView(msgspec.Struct, frozen=True):
    """The whole of a call; pushed to every device concerned at each change.

    `caller_endpoint` and `callee_endpoint` name the device (and tab) that talks:
    `device/instance` as in hello. A device whose endpoint is not one of them stops ringing
    once the call is active. Times are Unix milliseconds, 0 when not yet.
    """

    id: CallId
    conversation_id: ConversationId
    caller: UserId
    callee: UserId
    media: Media
    state: CallState
    invited_at: int
    answered_at: int = 0
    ended_at: int = 0
    caller_endpoint: str = ""
    callee_endpoint: str = ""
    outcome: CallOutcome | None = None


class IceServer(msgspec.Struct, frozen=True, omit_defaults=True):
    """As RTCPeerConnection takes it (W3C WebRTC §4.2.4)."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = ""
