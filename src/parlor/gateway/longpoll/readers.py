"""The responses that carry what a link has to say: an event stream, or the answer to one poll.

Both read the link's tail from the number that their client has. A number counts as received by
the client's next request that names it, never by having been written. Called by `app`, one
reader for each response.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from parlor.gateway.longpoll.connection import HttpLink
from parlor.model.errors import ReaderReplaced
from parlor.wire.native.codec import ErrorBody

# ASGI's own types; messages are dicts of anything by its specification.
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_COMMENT = b":\n\n"
_JSON = (b"content-type", b"application/json")
_EVENT_STREAM = [
    (b"content-type", b"text/event-stream"),
    # nginx and what learned from it hold a response back until it ends, unless told not to.
    (b"x-accel-buffering", b"no"),
]


class ResponseReader:
    """An open response. `has` is the number its client has."""

    __slots__ = ("_has", "_is_replaced", "_link", "_send", "_writing", "is_over")

    def __init__(self, link: HttpLink, send: Send, has: int) -> None:
        self._link = link
        self._send = send
        self._has = has
        self.is_over = False
        """The whole response was handed over."""
        self._is_replaced = False
        self._writing: asyncio.Task[None] | None = None

    @abstractmethod
    def check_time(self, now: float) -> float:
        """As `transport.Reader` says."""

    @abstractmethod
    async def _write(self) -> bool:
        """Write what there is. False when there was nothing, and when the response is over."""

    async def run(self, receive: Receive) -> None:
        """Until the response is over or the client has gone; then the link has no reader.

        Raises BadRequest, with nothing sent, when the tail has not what this client lacks.
        """
        self._link.attach(self, self._has)
        try:
            await self._begin()
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._link.detach(self)
            if self._writing is not None:
                # Whoever was to read it has gone.
                self._writing.cancel()
                await asyncio.wait([self._writing])

    def on_more(self) -> None:
        # A task for each burst: none is kept for a response that has nothing to say.
        if self._writing is None and not self.is_over:
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    def on_replaced(self) -> None:
        self._is_replaced = True
        self.on_more()

    async def _begin(self) -> None:
        """Send what comes before anything else."""

    async def _write_all(self) -> None:
        try:
            while await self._write():
                pass
        finally:
            self._writing = None

    def _take(self) -> list[bytes]:
        """What the client does not have yet; from now on it counts as written."""
        tail = self._link.http.tail
        pieces = tail.after(max(self._has, tail.gone))
        self._has = tail.last
        return pieces

    async def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _end(self, body: bytes = b"") -> None:
        self.is_over = True
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
        if self._link.http.is_closing() and not self._is_replaced:
            self._link.http.abort()


class EventStream(ResponseReader):
    """Server-Sent Events: `id` is the number, each line of `data` one message.

    The first comment leaves at once: a client that does not see it soon is behind something that
    holds responses back, and polls instead.
    """

    __slots__ = ("_comment_s", "_owes_comment", "_written_at")

    def __init__(self, link: HttpLink, send: Send, has: int, comment_s: float) -> None:
        super().__init__(link, send, has)
        self._comment_s = comment_s
        self._owes_comment = True
        self._written_at = link.heard_at

    def check_time(self, now: float) -> float:
        if now >= self._written_at + self._comment_s:
            self._owes_comment = True
            self._written_at = now
            self.on_more()
        return self._written_at + self._comment_s

    async def _begin(self) -> None:
        await self._start(200, _EVENT_STREAM)
        self.on_more()

    async def _write(self) -> bool:
        if self.is_over:
            return False
        if self._is_replaced:
            await self._end()
            return False
        if pieces := self._take():
            self._owes_comment = False
            self._written_at = self._link.gateway.wheel.now
            await self._send_part(_as_events(pieces, self._has + 1 - len(pieces)))
            return True
        if self._link.http.is_closing():
            await self._end()
            return False
        if self._owes_comment:
            self._owes_comment = False
            await self._send_part(_COMMENT)
            return True
        return False

    async def _send_part(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})


class Poll(ResponseReader):
    """One JSON object: `messages`, and the number `upto` which the next request acknowledges.

    Answered as soon as there is something, and after `poll_s` with nothing. `added` goes before
    the rest, as `"name":value,`.
    """

    __slots__ = ("_added", "_by", "_poll_s")

    def __init__(
        self, link: HttpLink, send: Send, has: int, poll_s: float, added: bytes = b""
    ) -> None:
        super().__init__(link, send, has)
        self._added = added
        self._poll_s = poll_s
        self._by = link.gateway.wheel.now + poll_s

    def check_time(self, now: float) -> float:
        if now >= self._by:
            self.on_more()
            return now + self._poll_s
        return self._by

    async def _write(self) -> bool:
        if self.is_over:
            return False
        if self._is_replaced:
            error = ReaderReplaced()
            await self._answer(error.status, msgspec.json.encode({"error": ErrorBody.of(error)}))
            return False
        pieces = self._take()
        if pieces or self._link.http.is_closing() or self._link.gateway.wheel.now >= self._by:
            messages = b",".join([piece[:-1].replace(b"\n", b",") for piece in pieces])
            body = b'{%b"upto":%d,"messages":[%b]}' % (self._added, self._has, messages)
            await self._answer(200, body)
        return False

    async def _answer(self, status: int, body: bytes) -> None:
        # Before the first await: what comes from now on is for the next poll.
        self.is_over = True
        await self._start(status, [_JSON, (b"content-length", str(len(body)).encode())])
        await self._end(body)


def _as_events(pieces: list[bytes], first: int) -> bytes:
    """A piece is lines, the last one ended too."""
    return b"".join(
        [
            b"id: %d\ndata: %b\n\n" % (number, piece[:-1].replace(b"\n", b"\ndata: "))
            for number, piece in enumerate(pieces, first)
        ]
    )
