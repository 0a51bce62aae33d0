"""Looking inside: what became of a push, whom to watch, what the process does right now."""

from __future__ import annotations

import msgspec
from litestar import MediaType, Response, get, put
from litestar.params import FromPath, JSONBody

from parlor.api.described import described
from parlor.api.identity import KeyWith, administrator
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import Seconds
from parlor.model.account import Scope
from parlor.model.errors import Forbidden, NotFound, ProfileRunning
from parlor.model.ids import DeviceId, PushId, UserId
from parlor.model.push import Delivery
from parlor.model.trace import Leg, Line, Mail, Trace


class Watched(msgspec.Struct, frozen=True):
    """Users whose connections the log tells step by step."""

    users: tuple[str, ...]


_EXAMPLE = Trace(
    PushId("5f0cb1946ac98d01e7aa2f3c"),
    1_790_000_000_000,
    "scores",
    "users",
    ("101",),
    1,
    19,
    Delivery.MUST_ARRIVE,
    "",
    1,
    handed_at=1_790_000_000_002,
    mail_stored=1,
    mail=(Mail(UserId("101"), 7, acknowledged_by=1, waits=False),),
    legs=[Leg("mail at once", 1, queued=1, began_at=1_790_000_000_003, ended_at=1_790_000_000_003)],
    users=[Line(1_790_000_000_003, UserId("101"), DeviceId("phone"), "9b1f", "written")],
)


@get(
    "/trace/{push_id:str}",
    guards=[KeyWith(Scope.ADMIN)],
    sync_to_thread=False,
    opt=described(NotFound, gives=_EXAMPLE),
)
def trace(request: ApiRequest, push_id: FromPath[str]) -> Trace:
    """What became of a push: of the last `trace.keep`, since this process started."""
    return request.services.inside.look(push_id)


@get(
    "/watched",
    guards=[KeyWith(Scope.ADMIN)],
    sync_to_thread=False,
    opt=described(gives=Watched(("101",))),
)
def watched(request: ApiRequest) -> Watched:
    """Whose connections are watched."""
    return Watched(tuple(sorted(request.services.inside.watching.users)))


@put(
    "/watched",
    guards=[KeyWith(Scope.ADMIN)],
    opt=described(asks=Watched(("101",)), gives=Watched(("101",))),
)
async def watch(request: ApiRequest, data: JSONBody[Watched]) -> Watched:
    """Watch these users and no others, from now on; the next start begins with `trace.users`."""
    request.services.inside.watching.set(data.users)
    return Watched(tuple(sorted(request.services.inside.watching.users)))


@get(
    "/debug/stacks",
    guards=[administrator],
    sync_to_thread=False,
    media_type=MediaType.TEXT,
    opt=described(Forbidden, gives="12 tasks\n"),
)
def stacks(request: ApiRequest) -> str:
    """Where every task and thread is, without values. For administrators."""
    return request.services.inside.debug.stacks()


@get(
    "/debug/profile",
    guards=[administrator],
    media_type=MediaType.TEXT,
    opt=described(Forbidden, ProfileRunning, gives="5.00 run_forever\n"),
)
async def profile(request: ApiRequest, seconds: Seconds = 5.0) -> Response[str]:
    """Where the process spends its time, sampled for so long. For administrators.

    Text, or a page of its own with `Accept: text/html`.
    """
    html = "text/html" in request.headers.get("accept", "")
    report = await request.services.inside.debug.profile(seconds, html=html)
    if not html:
        return Response(report, media_type=MediaType.TEXT)
    saved = {"content-disposition": 'attachment; filename="parlor-profile.html"'}
    return Response(report, media_type=MediaType.HTML, headers=saved)


HANDLERS = (trace, watched, watch)
DEBUG_HANDLERS = (stacks, profile)
