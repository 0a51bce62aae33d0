import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.websocket import parse_request
from parlor.wire.websocket.request import MAX_FIELDS

HEAD = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade:websocket \r\nConnection:\tkeep-alive, Upgrade\r\n\r\n"
)
LIMIT = 65_536


def test_a_browsers_request_is_read_with_the_length_of_its_head():
    request = parse_request(HEAD + b"\x81\x80abcd", b"/ws", LIMIT)
    assert request is not None
    assert request.headers == [
        (b"host", b"x"),
        (b"upgrade", b"websocket"),
        (b"connection", b"keep-alive, Upgrade"),
    ]
    assert request.size == len(HEAD)


@pytest.mark.parametrize("target", [b"/ws", b"/ws?", b"/ws?token=1&x=%20/?", b"/ws?a'b"])
def test_a_query_may_follow_the_path(target):
    assert parse_request(HEAD.replace(b"/ws", target), b"/ws", LIMIT) is not None


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace(b"GET", b"POST"),
        HEAD.replace(b"GET", b"get"),
        HEAD.replace(b"/ws", b"/wss"),
        HEAD.replace(b"/ws", b"/ws/"),
        HEAD.replace(b"/ws", b"//ws"),
        HEAD.replace(b"/ws", b"http://x/ws"),
        HEAD.replace(b"/ws", b"/ws#here"),
        HEAD.replace(b"/ws", b'/ws?"'),
        HEAD.replace(b"/ws", b"/ws?\xc3\xa4"),
        HEAD.replace(b"GET ", b"GET  "),
        HEAD.replace(b" HTTP", b"  HTTP"),
        HEAD.replace(b"1.1", b"1.0"),
        HEAD.replace(b"1.1\r", b"1.1 \r"),
        HEAD.replace(b"\r\n", b"\n"),
        HEAD.replace(b"Host: x", b"Host : x"),
        HEAD.replace(b"Host: x", b"Host: x\r\n folded"),
        HEAD.replace(b"Host: x", b" Host: x"),
        HEAD.replace(b"Host: x", b": x"),
        HEAD.replace(b"Host: x", b"Host"),
        HEAD.replace(b"Host: x", b"Host: x\x00"),
        HEAD.replace(b"Host: x", b"Host: x\ry"),
        HEAD.replace(b"Host: x", b"Host: x\nEvil: y"),
        HEAD.replace(b"Host: x", b"Host: x\x7f"),
        HEAD.replace(b"Host: x", b"Content-Length: 0"),
        HEAD.replace(b"Host: x", b"transfer-ENCODING: chunked"),
        HEAD.replace(b"Host: x", b"Expect: 100-continue"),
        HEAD.replace(b"Host: x", b"\r\n".join([b"X: y"] * MAX_FIELDS)),
        b"GET /ws HTTP/1.1\r\n\r\n",
        b"\r\n" + HEAD,
        b"",
    ],
)
def test_whatever_is_not_to_the_letter_is_left_to_an_http_parser(head):
    assert parse_request(head, b"/ws", LIMIT) is None


def test_a_head_over_the_limit_is_left_to_an_http_parser():
    assert parse_request(HEAD, b"/ws", len(HEAD)) is not None
    assert parse_request(HEAD, b"/ws", len(HEAD) - 1) is None


def test_every_cut_of_a_head_is_none():
    assert all(parse_request(HEAD[:end], b"/ws", LIMIT) is None for end in range(len(HEAD)))


class Seen:
    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))


NAMES = st.sampled_from([b"Host", b"Upgrade", b"X-A", b"content-length", b"a b", b"", b"\xff"])
VALUES = st.one_of(
    st.sampled_from([b"x", b" x\t", b"websocket", b"Upgrade", b""]), st.binary(max_size=6)
)
LINES = st.lists(st.tuples(NAMES, st.sampled_from([b":", b" :", b": "]), VALUES), max_size=5)


@given(LINES, st.sampled_from([b"/ws", b"/ws?x=1", b"/wsx"]), st.binary(max_size=8))
def test_whatever_it_takes_an_http_parser_reads_the_same_way(lines, target, rest):
    fields = b"".join(name + colon + value + b"\r\n" for name, colon, value in lines)
    data = b"GET " + target + b" HTTP/1.1\r\n" + fields + b"\r\n" + rest
    request = parse_request(data, b"/ws", LIMIT)
    if request is None:
        return
    seen = Seen()
    httptools.HttpRequestParser(seen).feed_data(data[: request.size])
    assert seen.url == target
    assert [(name, value.strip(b" \t")) for name, value in seen.headers] == request.headers
    assert data[request.size :] == rest


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_none(data):
    for start in (b"", b"GET /ws", b"GET /ws HTTP/1.1\r\n", HEAD[:-2]):
        request = parse_request(start + data, b"/ws", LIMIT)
        assert request is None or request.size <= len(start + data)
