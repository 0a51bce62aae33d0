import asyncio
import gc
import weakref

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlor.gateway.tls.transport import TlsTransport
from tests.support.fake_socket import FakeSocket
from tests.support.tls_client import TlsClient
from tests.support.tls_listener import Recording, TlsHouse


def opened(tmp_path) -> tuple[TlsHouse, FakeSocket, TlsClient]:
    house = TlsHouse(tmp_path)
    socket = house.accept()
    client = TlsClient(socket, "one.example")
    client.open()
    return house, socket, client


@given(st.lists(st.binary(min_size=1, max_size=70_000), max_size=4), st.integers(1, 20_000))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_bytes_of_any_number_in_segments_of_any_size_arrive_in_order(tmp_path, sent, segment):
    house = TlsHouse(tmp_path)
    client = TlsClient(house.accept(), "one.example", segment=segment)
    client.open()
    for data in sent:
        client.send(data)
        house.above.transport.write(data)
    client.exchange()
    assert b"".join(house.above.heard) == client.received == b"".join(sent)


async def test_one_write_above_is_one_write_below(tmp_path):
    house, socket, _ = opened(tmp_path)
    before = socket.writes
    house.above.transport.write(b"x" * 100_000)
    house.above.transport.writelines([b"a", b"b", b"c"])
    house.above.transport.write(b"")
    assert socket.writes - before == 2


async def test_a_goodbye_of_the_peer_closes_and_is_answered(tmp_path):
    house, socket, client = opened(tmp_path)
    client.say_goodbye()
    client.exchange()
    assert socket.closed
    assert client.ended
    socket.lose()
    assert house.above.happened == ["lost"]


async def test_close_writes_what_was_written_says_goodbye_and_hears_no_more(tmp_path):
    house, socket, client = opened(tmp_path)
    late = client.encrypt(b"too late")
    house.above.transport.write(b"last words")
    house.above.transport.close()
    socket.deliver(late)
    client.exchange()
    assert (client.received, client.ended, socket.closed) == (b"last words", True, True)
    assert house.above.heard == []
    house.above.transport.write(b"nobody hears this")
    house.above.transport.close()


async def test_a_protocol_that_closes_hears_nothing_of_the_rest_of_a_segment(tmp_path):
    house, socket, client = opened(tmp_path)
    house.above.on_data = lambda _: house.above.transport.close()
    socket.deliver(client.encrypt(b"first") + client.encrypt(b"second"))
    assert house.above.heard == [b"first"]


async def test_paused_reading_delivers_nothing_and_loses_nothing(tmp_path):
    house, socket, client = opened(tmp_path)
    house.above.on_data = lambda _: house.above.transport.pause_reading()
    socket.deliver(client.encrypt(b"first") + client.encrypt(b"second"))
    assert house.above.heard == [b"first"]
    assert socket.is_reading_paused
    house.above.on_data = lambda _: None
    house.above.transport.resume_reading()
    await asyncio.sleep(0)
    assert house.above.heard == [b"first", b"second"]
    assert not socket.is_reading_paused


async def test_the_next_protocol_gets_what_follows_in_the_segment(tmp_path):
    house, socket, client = opened(tmp_path)
    next_one = Recording()
    house.above.on_data = lambda _: house.above.transport.set_protocol(next_one)
    socket.deliver(client.encrypt(b"upgrade") + client.encrypt(b"frame"))
    assert (house.above.heard, next_one.heard) == ([b"upgrade"], [b"frame"])


async def test_a_record_that_was_changed_on_the_way_closes_and_reaches_nobody(tmp_path):
    house, socket, client = opened(tmp_path)
    record = bytearray(client.encrypt(b"hello"))
    record[-1] ^= 1
    socket.deliver(bytes(record))
    assert socket.closed
    assert house.above.heard == []
    assert house.broken_records() == 1


async def test_plain_bytes_after_the_handshake_close(tmp_path):
    house, socket, _ = opened(tmp_path)
    socket.deliver(b"GET / HTTP/1.1\r\n\r\n")
    assert socket.closed
    assert house.above.heard == []


async def test_back_pressure_passes_through(tmp_path):
    house, socket, client = opened(tmp_path)
    above = house.above
    above.transport.set_write_buffer_limits(high=0)
    socket.room = 10
    above.transport.write(b"x" * 1_000)
    assert above.happened == ["pause"]
    assert above.transport.get_write_buffer_size() > 900
    socket.drain()
    assert above.happened == ["pause", "resume"]
    client.exchange()
    assert client.received == b"x" * 1_000


async def test_the_end_without_a_goodbye_reaches_the_protocol(tmp_path):
    house, socket, _ = opened(tmp_path)
    above = socket.protocol
    assert isinstance(above, TlsTransport)
    above.eof_received()
    socket.lose(ConnectionResetError())
    assert house.above.happened == ["eof", "lost"]


async def test_who_is_there_is_asked_below_and_that_it_is_tls_here(tmp_path):
    house, socket, _ = opened(tmp_path)
    transport = house.above.transport
    assert transport.get_extra_info("peername") == ("198.51.100.7", 5000)
    assert transport.get_extra_info("sslcontext") is not None
    assert transport.get_extra_info("nothing", 7) == 7
    transport.abort()
    assert socket.aborted
    assert transport.is_closing()


async def test_a_lost_connection_leaves_no_garbage_to_collect(tmp_path):
    house, socket, _ = opened(tmp_path)
    above = weakref.ref(house.above)
    gc.disable()
    try:
        socket.lose()
        house.made.clear()
        assert above() is None
    finally:
        gc.enable()
