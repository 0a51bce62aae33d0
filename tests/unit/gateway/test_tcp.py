from parlor.model.close import CloseCode
from tests.support.native_connection import NativeHouse, settle


async def test_messages_are_arrays_behind_their_length():
    house = NativeHouse()
    client = house.tcp()
    client.ask(1, "hello", "1:phone", "tab")
    await settle()
    (reply,) = client.messages()
    assert (reply[0], reply[2]) == (1, None)
    user, admin, device, _, endpoint = reply[1][:5]
    assert (user[0], admin, device, endpoint) == ("1", False, "phone", "phone/tab")
    client.ask(2, "heartbeat")
    house.gateway.turn.flush()
    assert client.messages() == [[2, [house.clock.unix_ms()], None]]


async def test_the_reason_of_the_end_is_the_last_message():
    client = NativeHouse().tcp()
    client.connection.data_received(b"\x7f\xff\xff\xff")
    assert client.messages() == [["bye", [CloseCode.TOO_BIG, "too_big"]]]
    assert client.socket.closed
    client.connection.data_received(b"\x00\x00\x00\x01x")
    assert client.messages() == []
