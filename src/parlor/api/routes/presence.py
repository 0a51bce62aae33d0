"""How people are there. Watching needs a connection; here one asks once."""

from __future__ import annotations

from litestar import get, post
from litestar.params import JSONBody

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import UserList
from parlor.model.errors import BadText, TextTooLong
from parlor.model.ids import UserId
from parlor.model.status import Presence, State, Status
from parlor.wire.native.methods.presence import PresenceResult, PresenceSet, StatusResult

_BOB = Presence(UserId("5000111222333444"), State.BUSY, "Back at three")


@post(
    "/me/presence",
    status_code=200,
    guards=[signed_in],
    opt=described(
        *(TextTooLong, BadText),
        asks=PresenceSet(State.BUSY, "Back at three"),
        gives=StatusResult(Status(State.BUSY, "Back at three")),
    ),
)
async def choose(request: ApiRequest, data: JSONBody[PresenceSet]) -> StatusResult:
    """Choose how to be there, on all one's devices."""
    chosen = await request.services.statuses.set(request.user.user, data.state, data.text)
    return StatusResult(chosen)


@get("/presence", guards=[signed_in], opt=described(gives=PresenceResult((_BOB,))))
async def look(request: ApiRequest, users: UserList) -> PresenceResult:
    """How these people are there now, as far as they let one see it."""
    wanted = [UserId(user) for user in users.split(",") if user]
    return PresenceResult(tuple(await request.services.statuses.seen(request.user.user, wanted)))


HANDLERS = (choose, look)
