"""Whole messages over plain HTTP, from the client's side: posts up, events or polls down.

A response that breaks is asked for again with the number of what arrived, a post whose answer got
lost is sent again with the number it had: nothing is lost or doubled while the link lives.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from ssl import SSLContext
from typing import Literal
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp.http import HttpProcessingError

from parlor.client.transports import Closed
from parlor.model.close import CloseCode
from parlor.wire.native.codec import JSON, Codec

TRIES = 5
PAUSE_S = 0.2
ACKNOWLEDGE_BYTES = 16_384
_CUT = 1006
_CODES = {"draining": CloseCode.DRAINING, "overloaded": CloseCode.OVERLOADED}
_ID, _DATA = b"id: ", b"data: "


class _Answer(msgspec.Struct):
    upto: int
    messages: list[msgspec.Raw]
    link: str = ""


class _Refusal(msgspec.Struct):
    code: str
    retry_after_s: float = 0.0


class _Refused(msgspec.Struct):
    error: _Refusal


class HttpTransport:
    """`kind`: `events` for one long response, `poll` for one answer after the other.

    The first message sent opens the link.
    """

    def __init__(
        self, session: aiohttp.ClientSession, kind: Literal["events", "poll"], max_bytes: int
    ) -> None:
        self.codec: Codec = JSON
        self._session = session
        self._kind = kind
        self._max_bytes = max_bytes
        self._headers: dict[str, str] = {}
        self._posting = asyncio.Lock()
        self._posts = 0
        self._has = 0
        self._unacknowledged_bytes = 0
        self._arrived: asyncio.Queue[bytes | Closed] = asyncio.Queue()
        self._reading: asyncio.Task[None] | None = None
        self._acknowledging: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, url: str, *, max_bytes: int, context: SSLContext | None) -> HttpTransport:
        """`http+sse://host:port`, `http+poll://`, or the same with `https`."""
        parts = urlsplit(url)
        scheme, _, kind = parts.scheme.partition("+")
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
        session = aiohttp.ClientSession(
            f"{scheme}://{parts.netloc}",
            connector=aiohttp.TCPConnector(ssl=context or True),
            timeout=timeout,
            read_bufsize=max_bytes,
        )
        return cls(session, "events" if kind == "sse" else "poll", max_bytes)

    async def send(self, message: bytes) -> None:
        async with self._posting:
            if self._reading is None:
                await self._connect(message)
            else:
                await self._post(message)

    async def receive(self) -> bytes | str:
        arrived = await self._arrived.get()
        if isinstance(arrived, Closed):
            self._arrived.put_nowait(arrived)
            raise arrived
        return arrived

    async def close(self) -> None:
        tasks = [task for task in (self._reading, self._acknowledging) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if self._headers and not self._session.closed:
            try:
                async with self._session.post("/http/close", headers=self._headers):
                    pass
            except (aiohttp.ClientError, TimeoutError):
                # The server finds out by itself.
                pass
        await self._session.close()
        self._arrived.put_nowait(Closed(CloseCode.NORMAL, ""))

    async def _connect(self, message: bytes) -> None:
        try:
            async with self._session.post("/http/connect", data=message) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as broken:
            raise Closed(_CUT, str(broken)) from broken
        answer = _parse(response.status, body)
        self._headers = {"Authorization": f"Bearer {answer.link}"}
        self._take(answer.upto, [bytes(each) for each in answer.messages])
        self._reading = asyncio.create_task(self._read())

    async def _post(self, body: bytes) -> None:
        self._posts += 1
        query = {"n": str(self._posts), "ack": str(self._has)}
        self._unacknowledged_bytes = 0
        for attempt in range(TRIES):
            try:
                async with self._session.post(
                    "/http/send", params=query, data=body, headers=self._headers
                ) as response:
                    if response.status == HTTPStatus.NO_CONTENT:
                        return
                    raise _refusal(response.status, await response.read())
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(PAUSE_S * attempt)
        raise Closed(_CUT, "the server cannot be reached")

    async def _read(self) -> None:
        """Until the link has ended; a broken response is asked for again a few times."""
        broken = 0
        now = asyncio.get_running_loop().time
        try:
            while broken < TRIES:
                had, asked_at = self._has, now()
                try:
                    await (self._stream() if self._kind == "events" else self._poll())
                    # Who has nothing to say waits with it: this was somebody on the way.
                    was_whole = now() - asked_at >= PAUSE_S
                except (aiohttp.ClientError, HttpProcessingError, TimeoutError, ValueError):
                    # Also a line that is too long, and an id that is no number.
                    was_whole = False
                broken = 0 if was_whole or self._has > had else broken + 1
                await asyncio.sleep(PAUSE_S * broken)
            self._arrived.put_nowait(Closed(_CUT, "the server cannot be reached"))
        except Closed as closed:
            self._arrived.put_nowait(closed)

    async def _poll(self) -> None:
        query = {"poll": "1", "ack": str(self._has)}
        async with self._session.get("/http/events", params=query, headers=self._headers) as answer:
            said = _parse(answer.status, await answer.read())
        self._take(said.upto, [bytes(each) for each in said.messages])

    async def _stream(self) -> None:
        headers = {**self._headers, "Last-Event-ID": str(self._has)}
        async with self._session.get("/http/events", headers=headers) as answer:
            if answer.status != HTTPStatus.OK:
                raise _refusal(answer.status, await answer.read())
            async for number, messages in _events(answer.content):
                self._take(number, messages)
                if self._unacknowledged_bytes >= ACKNOWLEDGE_BYTES and self._acknowledging is None:
                    self._acknowledging = asyncio.create_task(self._acknowledge())

    async def _acknowledge(self) -> None:
        try:
            await self.send(b"")
        except Closed:
            # Whoever reads hears of it, too.
            return
        finally:
            self._acknowledging = None

    def _take(self, number: int, messages: list[bytes]) -> None:
        if number <= self._has:
            return
        self._has = number
        for message in messages:
            self._unacknowledged_bytes += len(message)
            self._arrived.put_nowait(message)


async def _events(content: aiohttp.StreamReader) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Whole Server-Sent Events as (id, lines of data); comments are skipped."""
    number, lines = 0, list[bytes]()
    while line := await content.readline():
        if line.startswith(_ID):
            number = int(line[len(_ID) :])
        elif line.startswith(_DATA):
            lines.append(line[len(_DATA) : -1])
        elif line == b"\n" and lines:
            yield number, lines
            lines = []


def _parse(status: int, body: bytes) -> _Answer:
    """Raises Closed for a refusal, and for what is no answer of Parlor's."""
    if status != HTTPStatus.OK:
        raise _refusal(status, body)
    try:
        return msgspec.json.decode(body, type=_Answer)
    except msgspec.MsgspecError as broken:
        raise Closed(_CUT, "not an answer of Parlor's") from broken


def _refusal(status: int, body: bytes) -> Closed:
    """What an HTTP error means for the link."""
    try:
        error = msgspec.json.decode(body, type=_Refused).error
    except msgspec.MsgspecError:
        return Closed(_CUT, f"HTTP status {status}")
    reason = f"{error.code} after_s={error.retry_after_s:g}" if error.retry_after_s else error.code
    return Closed(_CODES.get(error.code, _CUT), reason)
