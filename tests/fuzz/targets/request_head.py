"""The quick way in: whatever it takes, an HTTP parser reads the same way."""

from __future__ import annotations

import httptools

from parlor.wire.websocket import parse_request

SEEDS = [
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: a, Upgrade\r\n\r\n\x81\x80",
    b"GET /ws?token=1&x=%20 HTTP/1.1\r\nhost:x\r\nx-a:\t b \t\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc",
    b"GET /ws HTTP/1.1\r\nhost: x\r\n folded: y\r\n\r\n",
]


class _Seen:
    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.strip(b" \t")))


def check(data: bytes) -> None:
    request = parse_request(data, b"/ws", 65_536)
    if request is None:
        return
    seen = _Seen()
    parser = httptools.HttpRequestParser(seen)
    # Where the other one stops for an upgrade is where frames begin.
    stopped = request.size
    try:
        parser.feed_data(data[: request.size])
    except httptools.HttpParserUpgrade as upgrade:
        stopped = upgrade.args[0]
    assert stopped == request.size
    assert parser.get_method() == b"GET"
    assert seen.url.partition(b"?")[0] == b"/ws"
    assert seen.headers == request.headers
