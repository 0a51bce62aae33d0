import json
import socket

import msgspec

from parlor.load.publisher import (
    Audience,
    Order,
    Publisher,
    build_request,
    content_length,
    refusal,
)
from parlor.load.stamps import find_stamps, latencies_ms

NATIVE = Order("h", 1, "native", "plk_key", (), 1.0, 100, 1)
GOIM = Order("h", 1, "goim", "", (), 1.0, 100, 1)


def parts(request):
    head, _, body = request.partition(b"\r\n\r\n")
    assert content_length(head) == len(body)
    return head.decode(), body


def test_a_push_carries_the_time_at_which_it_was_due():
    head, body = parts(build_request(NATIVE, Audience("r", 3), 5_000_000))
    assert head.startswith("POST /api/v1/push HTTP/1.1\r\n")
    assert "Authorization: Bearer plk_key" in head
    said = json.loads(body)
    assert said["to"] == {"room": "r"}
    assert len(said["body"]) == 100
    assert latencies_ms(find_stamps(body), 6_000_000) == [1.0]


def test_no_room_is_everybody():
    assert json.loads(parts(build_request(NATIVE, Audience("", 3), 1))[1])["to"] == {"all": True}
    assert "/goim/push/all?" in parts(build_request(GOIM, Audience("", 3), 1))[0]


def test_goim_is_pushed_to_in_its_own_way():
    head, body = parts(build_request(GOIM, Audience("live://7", 3), 1))
    assert head.startswith("POST /goim/push/room?operation=1000&type=live&room=7 HTTP/1.1\r\n")
    assert "Authorization" not in head
    assert len(body) == 100


def test_only_what_was_accepted_is_expected():
    assert refusal(NATIVE, 202, b'{"push_id":"x","to":3}') == ""
    assert refusal(NATIVE, 429, b"{}") == "HTTP 429"
    assert refusal(GOIM, 200, b'{"code":0,"message":""}') == ""
    assert refusal(GOIM, 200, b'{"code":-400,"message":"no"}') == "goim code -400"


def test_links_that_one_poll_finds_broken_are_lost_together():
    """The first takes the others with it; what the same poll said of those is out of date."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        at = {"host": "127.0.0.1", "port": server.getsockname()[1], "links": 3}
        publisher = Publisher(msgspec.structs.replace(NATIVE, **at))
        ends = [server.accept()[0] for _ in range(3)]
    for end in ends:
        end.close()
    for fd in list(publisher.links):
        publisher.on_ready(fd)
    assert "refused" in publisher.pushed.lost
    assert publisher.links == {}
