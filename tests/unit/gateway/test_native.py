import asyncio

from parlor.model.close import Close, CloseCode
from tests.support.native_connection import NativeHouse, settle


async def test_a_connection_answers_what_runs_before_it_ends_softly():
    house = NativeHouse()
    client = house.websocket()
    await client.hello()
    hold = house.small.thread.hold = asyncio.Event()
    client.ask(2, "message.send", conversation_id="900", client_id="c", text="t")
    await settle()
    client.connection.link.close_soon(Close(CloseCode.SIGNED_OUT))
    client.ask(3, "heartbeat")
    await settle()
    assert [message["error"]["code"] for message in client.messages()] == ["not_ready"]
    hold.set()
    await settle()
    reply, bye = client.messages()
    assert reply["result"]["event"]["text"] == "t"
    assert bye["data"] == {"code": 4202, "reason": "signed_out"}


async def test_the_end_of_a_connection_cancels_what_only_it_waited_for():
    house = NativeHouse()
    client = house.websocket()
    await client.hello()
    hold = house.small.thread.hold = asyncio.Event()
    client.ask(2, "message.send", conversation_id="900", client_id="c", text="t")
    client.ask(3, "events.list", conversation_id="900")
    client.socket.lose()
    await settle()
    hold.set()
    await house.native.requests.wait_until_done()
    assert len(house.small.thread.events_stored) == 1


async def test_replies_of_one_turn_are_one_write():
    house = NativeHouse()
    client = house.websocket()
    await client.hello()
    for number in range(2, 12):
        client.ask(number, "heartbeat")
    assert client.messages() == []
    house.gateway.turn.flush()
    assert [message["id"] for message in client.messages()] == list(range(2, 12))


async def test_nothing_said_after_the_close_is_looked_at():
    house = NativeHouse()
    client = house.websocket()
    await client.hello()
    client.connection.link.close(Close(CloseCode.DRAINING, 2.5))
    client.ask(2, "message.send", conversation_id="900", client_id="c", text="late")
    await settle()
    (bye,) = client.messages()
    assert bye["data"] == {"code": 4100, "reason": "draining after_s=2.5"}
    assert house.small.thread.events_stored == []
