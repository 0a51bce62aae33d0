"""The bounds of numbers and names in addresses, the same for every route."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from litestar.params import QueryParameter

from parlor.model.errors import BadRequest

MAX_NUMBER = 2**53 - 1
"""The largest integer that every client can hold (RFC 8259 §6)."""

Position: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
"""A seq in a request body."""

Words: TypeAlias = Annotated[str, QueryParameter(name="query", max_length=256)]
Prefix: TypeAlias = Annotated[str, QueryParameter(max_length=256)]
RoomType: TypeAlias = Annotated[
    str, QueryParameter(max_length=256, description="What stands before `://` in a room's name.")
]
Kind: TypeAlias = Annotated[
    str, QueryParameter(max_length=16, description="`contacts` or `requests`.")
]
UserList: TypeAlias = Annotated[
    str, QueryParameter(max_length=8_192, description="Ids, with commas between them.")
]
Cursor: TypeAlias = Annotated[
    str,
    QueryParameter(max_length=512, description="`cursor` of the page before; empty at first."),
]
Version: TypeAlias = Annotated[
    int | None,
    QueryParameter(ge=0, le=MAX_NUMBER, description="Only what has changed after this version."),
]
Offset: TypeAlias = Annotated[
    int,
    QueryParameter(ge=0, le=MAX_NUMBER, description="Where in the file this part begins."),
]
FileName: TypeAlias = Annotated[
    str, QueryParameter(max_length=2_048, description="What the file is called.")
]
Sha256: TypeAlias = Annotated[
    str,
    QueryParameter(max_length=64, description="Of the whole, in hexadecimal; empty: unchecked."),
]
KindOfFile: TypeAlias = Annotated[
    str, QueryParameter(max_length=16, description="`file` or `picture`.")
]
Seconds: TypeAlias = Annotated[float, QueryParameter(description="For how long to look.")]
Limit: TypeAlias = Annotated[
    int,
    QueryParameter(ge=1, le=MAX_NUMBER, description="At most so many; the server may give fewer."),
]
After: TypeAlias = Annotated[
    int | None,
    QueryParameter(ge=0, le=MAX_NUMBER, description="Only what has a larger seq, oldest first."),
]
Before: TypeAlias = Annotated[
    int | None,
    QueryParameter(ge=0, le=MAX_NUMBER, description="Only what has a smaller seq, the newest."),
]


def check_wish(wish: msgspec.Struct) -> None:
    """For what may be changed field by field. Raises BadRequest for a wish for nothing, which is
    a name that was spelled wrong more often than not."""
    if all(value is None for value in msgspec.structs.astuple(wish)):
        raise BadRequest(f"Name something to change: {', '.join(wish.__struct_fields__)}.")
