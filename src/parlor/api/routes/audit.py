"""What was done with power over others, for administrators of the server."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter

from parlor.api.described import described
from parlor.api.identity import administrator
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import MAX_NUMBER, Limit
from parlor.model.audit import AuditEntry
from parlor.model.errors import Forbidden

_MAX_PAGE = 200

Id = Annotated[
    int, QueryParameter(ge=0, le=MAX_NUMBER, description="Only entries with a smaller id; 0: all.")
]
Subject = Annotated[
    str, QueryParameter(max_length=128, description="Only what was done to this; empty: all.")
]


class AuditPage(msgspec.Struct, frozen=True):
    """Newest first. `before` of the next page is the last entry's id; `more`: there is one."""

    entries: tuple[AuditEntry, ...]
    more: bool


_EXAMPLE = AuditEntry(
    41,
    1_790_000_000_000,
    "6755399441055744",
    "group.remove",
    "8112233445566778",
    '{"seq":7,"members":["5000111222333444"]}',
)


@get(
    "/audit",
    guards=[administrator],
    opt=described(Forbidden, gives=AuditPage((_EXAMPLE,), False)),
)
async def page(
    request: ApiRequest, before: Id = 0, limit: Limit = 50, subject: Subject = ""
) -> AuditPage:
    """The audit log, in pages of at most 200."""
    size = min(limit, _MAX_PAGE)
    found = await request.services.audit.list(before, size + 1, subject=subject)
    return AuditPage(tuple(found[:size]), len(found) > size)


HANDLERS = (page,)
