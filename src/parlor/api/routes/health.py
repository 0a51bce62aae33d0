"""For those who watch: alive, ready, metrics, the description of the API."""

from __future__ import annotations

import msgspec
from litestar import HttpMethod, MediaType, Response, get, route

from parlor.api.described import described
from parlor.api.identity import local_or_admin_key
from parlor.api.request import ApiRequest


class Alive(msgspec.Struct, frozen=True):
    alive: bool = True


class Ready(msgspec.Struct, frozen=True):
    """`reasons` say what holds this process back; empty when it is ready."""

    ready: bool
    reasons: tuple[str, ...] = ()


_ALIVE = Alive()


@route(
    "/healthz",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    sync_to_thread=False,
    opt=described(gives=_ALIVE),
)
def healthz() -> Alive:
    """The process runs and answers. Says nothing of the database or the bus."""
    return _ALIVE


@route(
    "/readyz",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    sync_to_thread=False,
    opt=described(also={503: "Not ready: starting, draining, or in trouble."}, gives=Ready(True)),
)
def readyz(request: ApiRequest) -> Response[Ready]:
    """Whether this process should get new work."""
    readiness = request.services.readiness
    reply = Ready(readiness.is_ready, readiness.reasons)
    return Response(reply, status_code=200 if reply.ready else 503)


@get(
    "/metrics",
    guards=[local_or_admin_key],
    sync_to_thread=False,
    media_type=MediaType.TEXT,
    opt=described(gives="# HELP parlor_http_requests_total http requests\n"),
)
def metrics(request: ApiRequest) -> Response[bytes]:
    """Counters and gauges in Prometheus' text format; from this machine or with an admin key."""
    body, content_type = request.services.metrics.exposition(request.headers.get("accept", ""))
    return Response(body, headers={"content-type": content_type})


@get("/openapi.json", sync_to_thread=False, include_in_schema=False)
def openapi(request: ApiRequest) -> Response[bytes]:
    return Response(request.description, media_type=MediaType.JSON)


HANDLERS = (healthz, readyz, metrics, openapi)
