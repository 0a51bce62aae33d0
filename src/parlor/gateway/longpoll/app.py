"""The four addresses of links over HTTP, as a bare ASGI application.

Owns which link a request is for and what its query says. Origins, paces of addresses, headers
that all replies have and the shape of errors are those of whoever calls it (`api.front`): a
refusal is raised as a ParlorError before anything is sent.
"""

from __future__ import annotations

import asyncio
import base64
import re
from urllib.parse import parse_qs

import msgspec

from parlor.gateway.longpoll.connection import HttpLink
from parlor.gateway.longpoll.readers import EventStream, Message, Poll, Receive, Send
from parlor.gateway.longpoll.settings import LongpollSettings
from parlor.gateway.native import Native
from parlor.model.close import Close, CloseCode
from parlor.model.errors import (
    BadRequest,
    BodyTimedOut,
    Draining,
    MethodNotAllowed,
    NoSuchLink,
    NotFound,
    Overloaded,
    TooLarge,
)

PREFIX = "/http/"
SECRET_BYTES = 24
_NUMBER = re.compile(r"[0-9]{1,15}\Z", re.ASCII)


class _ClientGone(Exception):
    """The client went away before its request was whole: there is nobody to answer."""


class HttpLinks:
    """All links over HTTP of one process."""

    def __init__(self, native: Native, settings: LongpollSettings) -> None:
        self._native = native
        self._settings = settings
        self._links: dict[str, HttpLink] = {}
        self._routes = {
            PREFIX + "connect": ("POST", self._connect),
            PREFIX + "events": ("GET", self._events),
            PREFIX + "send": ("POST", self._take),
            PREFIX + "close": ("POST", self._close),
        }

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        route = self._routes.get(scope["path"])
        if route is None:
            raise NotFound("There are connect, events, send and close here.")
        method, handle = route
        if scope["method"] != method:
            raise MethodNotAllowed(f"This address takes {method}.")
        # For whoever counts requests: a bounded set of names.
        scope["path_template"] = scope["path"]
        try:
            await handle(scope, receive, send)
        except _ClientGone:
            return

    def __len__(self) -> int:
        return len(self._links)

    def readers(self) -> int:
        """Open responses."""
        return sum(link.http.reader is not None for link in self._links.values())

    def unacknowledged_bytes(self) -> int:
        return sum(link.http.tail.waiting_bytes for link in self._links.values())

    async def _connect(self, scope: Message, receive: Receive, send: Send) -> None:
        """A link, if there is room for one; answered when there is something to read on it,
        which the reply to the hello is."""
        body = await self._body(scope, receive)
        gateway, settings = self._native.gateway, self._settings
        client = scope.get("client")
        secret = base64.urlsafe_b64encode(gateway.entropy.token_bytes(SECRET_BYTES)).decode()
        address = client[0] if client else ""
        link = HttpLink(self._native, settings, address, secret, self._forget)
        link.open(link.http)
        if link.link.closing is not None:
            link.http.abort()
            raise _refusal(link.link.closing)
        self._links[secret] = link
        gateway.meter.count("http_links_opened_total")
        link.on_body(body, None)
        told = {"link": secret, "poll_s": settings.poll_s, "comment_s": settings.comment_s}
        added = msgspec.json.encode(told)[1:-1] + b","
        first = Poll(link, send, 0, settings.poll_s, added)
        await first.run(receive)
        if not first.is_over:
            # Nobody has heard the secret.
            link.link.close(Close(CloseCode.GOING_AWAY))
            link.http.abort()

    async def _events(self, scope: Message, receive: Receive, send: Send) -> None:
        query = _query(scope)
        link = self._find(scope, query)
        last_event = _header(scope, b"last-event-id")
        has = _number("Last-Event-ID", last_event) if last_event else _ask(query, "ack") or 0
        if query.get("poll"):
            await Poll(link, send, has, self._settings.poll_s).run(receive)
        else:
            await EventStream(link, send, has, self._settings.comment_s).run(receive)

    async def _take(self, scope: Message, receive: Receive, send: Send) -> None:
        query = _query(scope)
        link = self._find(scope, query)
        number, acknowledged = _ask(query, "n"), _ask(query, "ack")
        body = await self._body(scope, receive)
        if acknowledged is not None:
            link.http.acknowledge(acknowledged)
        link.on_body(body, number)
        await _answer_nothing(send)

    async def _close(self, scope: Message, receive: Receive, send: Send) -> None:
        link = self._find(scope, _query(scope))
        link.link.close(Close(CloseCode.NORMAL))
        link.http.abort()
        await _answer_nothing(send)

    def _find(self, scope: Message, query: dict[str, str]) -> HttpLink:
        """By the `Authorization` header or, for an `EventSource`, which sends none, `link` in the
        query. Raises NoSuchLink."""
        scheme, _, secret = _header(scope, b"authorization").partition(" ")
        if scheme.lower() != "bearer":
            secret = query.get("link", "")
        link = self._links.get(secret.strip())
        if link is None:
            self._native.gateway.meter.count("http_links_unknown_total")
            raise NoSuchLink
        return link

    def _forget(self, link: HttpLink) -> None:
        self._links.pop(link.secret, None)

    async def _body(self, scope: Message, receive: Receive) -> bytes:
        """The whole of it. Raises TooLarge as soon as that is known, BodyTimedOut, _ClientGone."""
        most = self._settings.max_body_bytes
        length = _header(scope, b"content-length")
        if length and _number("Content-Length", length) > most:
            raise TooLarge(f"A request has at most {most} bytes.")
        parts = bytearray()
        try:
            async with asyncio.timeout(self._settings.body_timeout_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _ClientGone
                    parts += message.get("body", b"")
                    if len(parts) > most:
                        raise TooLarge(f"A request has at most {most} bytes.")
                    if not message.get("more_body", False):
                        return bytes(parts)
        except TimeoutError as late:
            raise BodyTimedOut from late


def _refusal(close: Close) -> Draining | Overloaded:
    kind = Draining if close.code is CloseCode.DRAINING else Overloaded
    return kind(retry_after_s=close.after_s)


def _header(scope: Message, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return ""


def _query(scope: Message) -> dict[str, str]:
    """The first value of each name. Raises BadRequest."""
    try:
        values = parse_qs(scope["query_string"].decode("ascii"), max_num_fields=16)
    except ValueError as unreadable:
        raise BadRequest("The query cannot be read.") from unreadable
    return {name: each[0] for name, each in values.items()}


def _ask(query: dict[str, str], name: str) -> int | None:
    return _number(name, query[name]) if name in query else None


def _number(name: str, text: str) -> int:
    if not _NUMBER.match(text):
        raise BadRequest(f"{name} is not a number.")
    return int(text)


async def _answer_nothing(send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
