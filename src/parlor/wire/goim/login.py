"""What a goim client says of itself in its first frame (goim §2.3)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from parlor.model.close import CloseCode
from parlor.model.errors import WireError
from parlor.wire.goim.ops import INT32_MAX, INT32_MIN

_Int32 = Annotated[int, msgspec.Meta(ge=INT32_MIN, le=INT32_MAX)]
_Int64 = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]


class Login(msgspec.Struct, frozen=True):
    """`mid` 0 is anonymous. Empty `key`: the server makes one up. Empty `room_id`: no room.

    Unknown fields are ignored. `token` is Parlor's own addition; goim ignores it in turn.
    """

    mid: int
    key: str
    room_id: str
    platform: str
    accepts: tuple[int, ...]
    token: str


class _Body(msgspec.Struct):
    # Go reads null as "leave it at its zero", so each field may be null.
    mid: _Int64 | None = None
    key: str | None = None
    room_id: str | None = None
    platform: str | None = None
    accepts: tuple[_Int32, ...] | None = None
    token: str | None = None


_decoder = msgspec.json.Decoder(_Body)


def parse_login(body: bytes) -> Login:
    """Raises WireError for anything but a JSON object whose known fields have their types."""
    try:
        said = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as unreadable:
        raise WireError(
            "The login is not the JSON that goim takes.", close=CloseCode.MALFORMED
        ) from unreadable
    return Login(
        mid=said.mid or 0,
        key=said.key or "",
        room_id=said.room_id or "",
        platform=said.platform or "",
        accepts=said.accepts or (),
        token=said.token or "",
    )
