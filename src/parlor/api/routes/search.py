"""Looking for messages."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from litestar import get
from litestar.params import QueryParameter

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import MAX_NUMBER, Cursor, Limit, Words
from parlor.api.routes.messages import EXAMPLE
from parlor.im.search import filters_of
from parlor.im.shown import hits_result
from parlor.model.errors import NotFound, NotMember
from parlor.model.search_query import SearchKind
from parlor.wire.native.methods.search import Hit, Mark, MessageSearchResult

Where: TypeAlias = Annotated[
    str,
    QueryParameter(name="conversation", max_length=32, description="Empty: in all of one's own."),
]
Sender: TypeAlias = Annotated[
    str, QueryParameter(name="sender", max_length=32, description="Empty: whoever said it.")
]
Kind: TypeAlias = Annotated[
    SearchKind | None, QueryParameter(name="kind", description="Left out: of any kind.")
]
Since: TypeAlias = Annotated[
    int, QueryParameter(name="since", ge=0, le=MAX_NUMBER, description="Unix ms; from then on.")
]
Until: TypeAlias = Annotated[
    int,
    QueryParameter(
        name="until", ge=0, le=MAX_NUMBER, description="Unix ms; before that, 0: whenever."
    ),
]


@get(
    "/search/messages",
    guards=[signed_in],
    opt=described(NotFound, NotMember, gives=MessageSearchResult((Hit(EXAMPLE, (Mark(0, 5),)),))),
)
async def messages(
    request: ApiRequest,
    text: Words = "",
    where: Where = "",
    sender: Sender = "",
    kind: Kind = None,
    since_ms: Since = 0,
    until_ms: Until = 0,
    cursor: Cursor = "",
    limit: Limit = 20,
) -> MessageSearchResult:
    """Messages by what they say, in all conversations one is in or in one, newest first."""
    services = request.services
    filters = filters_of(where, sender, kind, since_ms, until_ms)
    hits, following = await services.search.messages(
        request.user.user, text, filters, cursor, limit
    )
    return await hits_result(hits, following, services.people)


HANDLERS = (messages,)
