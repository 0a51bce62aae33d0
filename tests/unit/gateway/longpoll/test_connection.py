import asyncio

import pytest

from parlor.model.errors import BadRequest
from parlor.model.ids import UserId
from tests.support.http_links import HttpHouse
from tests.support.native_connection import settle


async def test_it_is_a_connection_like_all_others_to_the_hub():
    house = HttpHouse()
    visitor = await house.visitor("7:tablet", instance="tab")
    (link,) = house.gateway.hub.of_user(UserId("7"))
    assert (link.device, link.instance, link.address) == ("tablet", "tab", "198.51.100.9")
    assert link is visitor.link.link


async def test_what_runs_when_the_link_ends_softly_is_answered_before_the_bye():
    house = HttpHouse()
    visitor = await house.visitor()
    hold = house.small.thread.hold = asyncio.Event()
    send = {"conversation_id": "900", "client_id": "c", "text": "t"}
    await visitor.send({"id": 2, "method": "message.send", "params": send})
    poll = visitor.begin_poll()
    await settle()
    visitor.link.link.close_soon(house.gateway.come_back())
    await settle()
    assert not poll.is_complete
    hold.set()
    await settle()
    reply, bye = visitor.take(poll)
    assert reply["result"]["event"]["text"] == "t"
    assert bye["push"] == "bye"


async def test_the_sessions_limits_hold_over_http():
    house = HttpHouse()
    visitor = await house.visitor()
    for number in range(2, 250):
        await visitor.send({"id": number, "method": "heartbeat"})
    messages = visitor.take(await visitor.poll())
    codes = {message.get("error", {}).get("code") for message in messages}
    assert codes == {None, "rate_limited"}


async def test_a_gap_in_the_requests_is_refused_and_a_repetition_is_not():
    house = HttpHouse()
    link = (await house.visitor()).link
    link.on_body(b"", 1)
    link.on_body(b"", 1)
    with pytest.raises(BadRequest):
        link.on_body(b"", 3)
    link.on_body(b"", 2)
