"""What the operator's own programs are told of, and asked before."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class HookKind(StrEnum):
    CONNECT = "connect"
    DISCONNECT = "disconnect"
    PUBLISH = "publish"


class HookEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that a connection did, or asks to do.

    `id` and `at` (Unix milliseconds) are filled in by whoever sends it on. `device` and `user`
    are empty for an anonymous connection. `room`, `body` and `push_id` belong to `publish`,
    `reason` (a close code's name) to `disconnect`.
    """

    kind: HookKind
    id: str = ""
    at: int = 0
    user: str = ""
    device: str = ""
    connection: str = ""
    address: str = ""
    room: str = ""
    body: str = ""
    push_id: str = ""
    reason: str = ""
