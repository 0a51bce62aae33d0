import pytest

from parlor.gateway.longpoll.settings import LongpollSettings
from parlor.gateway.settings import GatewaySettings
from parlor.model.close import Close, CloseCode
from tests.support.http_links import HttpHouse
from tests.support.native_connection import settle

HELLO = {"id": 1, "method": "hello", "params": {"token": "1:phone"}}


async def test_the_answer_to_connect_has_the_hello_reply_and_the_links_secret():
    house = HttpHouse()
    visitor = await house.visitor()
    assert len(visitor.secret) == 32
    (reply,) = visitor.welcome["messages"]
    assert reply["result"]["user"]["id"] == "1"
    assert visitor.welcome["poll_s"] == 25.0
    assert house.gateway.hub.connections() == 1
    assert house.gateway.admission.total == 1


async def test_a_refused_hello_is_answered_like_everywhere_and_the_link_ends():
    house = HttpHouse()
    exchange = await house.ask(
        "POST", "/http/connect", body={**HELLO, "params": {"token": "nobody's"}}
    )
    refusal, bye = exchange.answer["messages"]
    assert refusal["error"]["code"] == "unauthenticated"
    assert bye["data"] == {"code": 4201, "reason": "unauthenticated"}
    assert (len(house.links), house.gateway.admission.total) == (0, 0)


@pytest.mark.parametrize(
    ("draining", "settings", "code"),
    [
        (True, GatewaySettings(), "draining"),
        (False, GatewaySettings(max_connections=1), "overloaded"),
    ],
)
async def test_without_room_a_link_is_refused_with_the_time_to_come_back(draining, settings, code):
    house = HttpHouse(settings)
    await house.visitor()
    house.gateway.draining = draining
    exchange = await house.ask("POST", "/http/connect", body=HELLO)
    assert exchange.error is not None
    assert (exchange.status, exchange.error.code) == (503, code)
    assert exchange.error.retry_after_s > 0
    assert (len(house.links), house.gateway.admission.total) == (1, 1)


async def test_a_client_that_leaves_before_the_answer_leaves_no_link():
    house = HttpHouse()
    exchange = house.begin("POST", "/http/connect", body=b"")
    await settle()
    assert len(house.links) == 1
    exchange.leave()
    await settle()
    assert (len(house.links), house.gateway.admission.total, len(house.gateway.wheel)) == (0, 0, 0)


async def test_a_link_without_a_hello_is_told_so_and_ends():
    house = HttpHouse(GatewaySettings(hello_timeout_s=5))
    exchange = house.begin("POST", "/http/connect", body=b"")
    await settle()
    await house.pass_time(6)
    (bye,) = exchange.answer["messages"]
    assert bye["data"]["code"] == CloseCode.NO_HELLO
    assert len(house.links) == 0


@pytest.mark.parametrize("secret", ["", "x", "A" * 32])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/http/events"), ("POST", "/http/send"), ("POST", "/http/close")]
)
async def test_a_wrong_secret_opens_nothing(method, path, secret):
    house = HttpHouse()
    visitor = await house.visitor()
    exchange = await house.ask(method, path, secret=secret)
    assert exchange.error is not None
    assert (exchange.status, exchange.error.code) == (404, "no_such_link")
    assert visitor.link.link.closing is None


async def test_an_event_source_that_can_set_no_header_says_its_secret_in_the_query():
    house = HttpHouse()
    visitor = await house.visitor()
    exchange = await house.ask("GET", "/http/events", f"poll=1&ack=1&link={visitor.secret}")
    visitor.push("there")
    await settle()
    assert exchange.answer["messages"][0]["data"] == "there"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/http/connect", 405),
        ("GET", "/http/send", 405),
        ("POST", "/http/events", 405),
        ("GET", "/http/", 404),
        ("GET", "/http/nothing", 404),
    ],
)
async def test_other_addresses_and_methods_are_refused(method, path, status):
    assert (await HttpHouse().ask(method, path)).status == status


@pytest.mark.parametrize(
    "query",
    ["ack=-1", "ack=x", "ack=1.5", "ack=99999999999999999999", "ack=99", "ack=0", "a&" * 40],
)
async def test_numbers_that_cannot_be_are_refused(query):
    house = HttpHouse()
    visitor = await house.visitor()
    await visitor.send(b"", "ack=1")
    exchange = await house.ask("GET", "/http/events", query, secret=visitor.secret)
    assert exchange.error is not None
    assert (exchange.status, exchange.error.code) == (400, "bad_request")
    assert visitor.link.http.reader is None


async def test_several_messages_in_one_request_are_answered_each():
    house = HttpHouse()
    visitor = await house.visitor()
    beats = [{"id": number, "method": "heartbeat"} for number in (2, 3, 4)]
    assert (await visitor.send(beats)).status == 204
    replies = visitor.take(await visitor.poll())
    assert [reply["id"] for reply in replies] == [2, 3, 4]


async def test_a_request_that_is_sent_again_is_not_done_again():
    house = HttpHouse()
    visitor = await house.visitor()
    for _ in range(3):
        await visitor.send({"id": 2, "method": "heartbeat"}, "n=1")
    await visitor.send({"id": 3, "method": "heartbeat"}, "n=2")
    replies = visitor.take(await visitor.poll())
    assert [reply["id"] for reply in replies] == [2, 3]


async def test_a_request_that_leaves_others_out_is_refused():
    house = HttpHouse()
    visitor = await house.visitor()
    exchange = await visitor.send({"id": 2, "method": "heartbeat"}, "n=2")
    assert exchange.status == 400
    poll = visitor.begin_poll()
    await settle()
    assert not poll.is_complete


@pytest.mark.parametrize("body", [b"{", b"[{}", b"\xff", b"[1]", b"[" * 5000])
async def test_what_cannot_be_read_closes_the_link(body):
    house = HttpHouse()
    visitor = await house.visitor()
    assert (await visitor.send(body)).status == 204
    (bye,) = visitor.take(await visitor.poll())
    assert bye["data"] == {"code": 4205, "reason": "malformed"}
    assert len(house.links) == 0


async def test_a_message_over_the_limit_closes_the_link_and_one_at_it_does_not():
    house = HttpHouse(GatewaySettings(max_message_bytes=1000))
    visitor = await house.visitor()
    message = b'{"id":2,"method":"heartbeat"}'
    await visitor.send(message + b" " * (1000 - len(message)))
    (reply,) = visitor.take(await visitor.poll())
    assert reply["id"] == 2
    await visitor.send(message + b" " * (1001 - len(message)))
    (bye,) = visitor.take(await visitor.poll())
    assert bye["data"]["code"] == CloseCode.TOO_BIG


async def test_a_body_over_the_limit_is_refused_before_and_while_it_comes():
    house = HttpHouse(longpoll=LongpollSettings(max_body_bytes=100))
    visitor = await house.visitor()
    announced = await house.ask(
        "POST", "/http/send", secret=visitor.secret, headers={"content-length": "101"}
    )
    came = await visitor.send(b" " * 101)
    at_the_limit = await visitor.send(b"[" + b" " * 98 + b"]")
    assert [each.status for each in (announced, came, at_the_limit)] == [413, 413, 204]
    assert visitor.link.link.closing is None


async def test_a_client_that_closes_is_gone_at_once():
    house = HttpHouse()
    visitor = await house.visitor()
    stream = await visitor.stream()
    await house.ask("POST", "/http/close", f"link={visitor.secret}")
    assert stream.is_complete
    assert (house.gateway.hub.connections(), len(house.links)) == (0, 0)
    assert house.gateway.admission.total == 0


async def test_what_is_held_is_counted():
    house = HttpHouse()
    visitor = await house.visitor()
    poll = visitor.begin_poll()
    await settle()
    assert (len(house.links), house.links.readers()) == (1, 1)
    visitor.push("x")
    await settle()
    assert poll.is_complete
    assert house.links.readers() == 0
    assert house.links.unacknowledged_bytes() == len(b'{"push":"test","data":"x"}\n')


async def test_all_are_told_when_the_server_drains():
    house = HttpHouse()
    ada, bob = await house.visitor("1:a"), await house.visitor("2:b")
    poll, stream = ada.begin_poll(), await bob.stream()
    await settle()
    for link in house.gateway.hub.all():
        link.close(Close(CloseCode.DRAINING, 2.5))
    await settle()
    (bye,) = poll.answer["messages"]
    assert bye["data"] == {"code": 4100, "reason": "draining after_s=2.5"}
    assert stream.events()[-1][1] == [bye]
    assert stream.is_complete
    assert house.gateway.deserted.is_set()
