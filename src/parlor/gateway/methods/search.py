"""Looking for messages."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.im.search import filters_of
from parlor.im.shown import hits_result
from parlor.wire.native.methods import search as wire


class Search:
    def __init__(self, services: Services) -> None:
        self._search = services.search
        self._people = services.people

    def bound(self) -> dict[str, Bound]:
        return {"message.search": bind(wire.MessageSearch, self.messages)}

    async def messages(
        self, caller: Caller, params: wire.MessageSearch
    ) -> wire.MessageSearchResult:
        filters = filters_of(
            params.conversation_id, params.sender, params.kind, params.since_ms, params.until_ms
        )
        hits, cursor = await self._search.messages(
            who(caller).user, params.text, filters, params.cursor, params.limit
        )
        return await hits_result(hits, cursor, self._people)
