import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from parlor.gateway.settings import GatewaySettings
from parlor.gateway.state.outbox import Frame
from parlor.gateway.walk import Walk
from parlor.model.close import Close, CloseCode
from parlor.model.push import Delivery
from tests.support.fake_socket import (
    FakeSocket,
    PlainStream,
    advance,
    make_gateway,
    open_stream,
)


def _frame(data: bytes, delivery: Delivery = Delivery.MUST_ARRIVE) -> Frame:
    return Frame(data, delivery)


async def _opened(config: GatewaySettings | None = None, room: int | None = None):
    gateway, clock = make_gateway(config)
    stream, socket = PlainStream(gateway), FakeSocket(room)
    open_stream(stream, socket)
    return gateway, clock, stream, socket


async def test_what_is_put_in_one_turn_leaves_in_one_write():
    gateway, _, stream, socket = await _opened()
    for part in (b"a", b"b", b"c"):
        stream.link.put(_frame(part))
    assert socket.received == b""
    gateway.turn.flush()
    assert (socket.received, socket.direct_writes) == (b"abc", 1)


async def test_nothing_is_written_directly_while_the_transport_holds_bytes():
    gateway, _, stream, socket = await _opened(room=2)
    stream.link.put(_frame(b"first"))
    gateway.turn.flush()
    stream.link.put(_frame(b" second"))
    gateway.turn.flush()
    assert socket.received == b"fi"
    assert len(stream.link.outbox) == 1
    socket.drain()
    gateway.turn.flush()
    assert socket.received == b"first second"


def _put_alone(stream, socket, data):
    walk = Walk(lambda _: _frame(data), write_descriptor=socket.write_descriptor)
    walk.put([stream.link], alone=True)


async def test_a_full_kernel_is_no_error():
    gateway, _, stream, socket = await _opened(room=0)
    stream.link.put(_frame(b"later"))
    gateway.turn.flush()
    socket.drain()
    assert socket.received == b"later"


@settings(max_examples=200, deadline=None)
@given(st.data())
async def test_bytes_arrive_once_and_in_order_whatever_the_kernel_takes(data):
    gateway, _, stream, socket = await _opened()
    expected = b""
    for number in range(data.draw(st.integers(1, 25))):
        match data.draw(st.sampled_from(["put", "put", "turn", "write", "alone", "drain"])):
            case "put":
                expected += b"<%d>" % number
                stream.link.put(_frame(b"<%d>" % number))
            case "turn":
                gateway.turn.flush()
            case "alone":
                expected += b"(%d)" % number
                _put_alone(stream, socket, b"(%d)" % number)
            case "write" if not stream.link.outbox:
                expected += b"[%d]" % number
                stream.write(b"[%d]" % number)
            case _:
                socket.drain(data.draw(st.one_of(st.none(), st.integers(0, 9))))
    socket.drain()
    gateway.turn.flush()
    socket.drain()
    assert socket.received == expected
    assert socket.get_write_buffer_size() == 0


async def test_partial_writes_at_every_byte_keep_the_order():
    message = b"0123456789"
    for taken in range(len(message) + 1):
        gateway, _, stream, socket = await _opened(room=taken)
        stream.link.put(_frame(message))
        gateway.turn.flush()
        assert socket.received == message[:taken]
        stream.link.put(_frame(b"next"))
        gateway.turn.flush()
        socket.drain()
        gateway.turn.flush()
        assert socket.received == message + b"next"


async def test_what_goes_out_alone_never_overtakes_what_waits():
    gateway, _, stream, socket = await _opened(room=5)
    _put_alone(stream, socket, b"one")
    assert socket.received == b"one"
    stream.link.put(_frame(b"two"))
    _put_alone(stream, socket, b"three")
    assert socket.received == b"one"
    gateway.turn.flush()
    assert socket.received == b"onetw"
    _put_alone(stream, socket, b"four")
    assert len(stream.link.outbox) == 1
    socket.drain()
    gateway.turn.flush()
    assert socket.received == b"onetwothreefour"
    _put_alone(stream, socket, b"five")
    assert socket.received == b"onetwothreefourfive"
    assert (socket.direct_writes, len(stream.link.outbox)) == (4, 0)


async def test_what_the_kernel_takes_half_of_when_it_goes_out_alone_arrives_whole():
    _, _, stream, socket = await _opened(room=2)
    _put_alone(stream, socket, b"word")
    _put_alone(stream, socket, b" and more")
    socket.drain()
    await asyncio.sleep(0)
    assert socket.received == b"word and more"


async def test_what_goes_out_alone_waits_where_the_kernel_takes_nothing():
    gateway, _, stream, socket = await _opened(room=0)
    _put_alone(stream, socket, b"word")
    gateway.turn.flush()
    socket.drain()
    assert socket.received == b"word"


async def test_nothing_goes_out_alone_once_the_connection_ends():
    _, _, stream, socket = await _opened()
    stream.link.close(Close(CloseCode.IDLE))
    _put_alone(stream, socket, b"late")
    assert socket.received == b"<bye>"


async def test_a_burst_within_one_turn_is_written_and_not_dropped():
    gateway, _, stream, socket = await _opened(GatewaySettings(outbox_frames=4))
    for number in range(50):
        stream.link.put(_frame(b"%02d" % number, Delivery.LOSSY))
    gateway.turn.flush()
    assert socket.received == b"".join(b"%02d" % number for number in range(50))


async def test_a_slow_reader_is_told_what_it_missed_before_what_it_gets():
    gateway, _, stream, socket = await _opened(GatewaySettings(outbox_frames=2), room=0)
    for number in range(5):
        stream.link.put(_frame(b"%d" % number, Delivery.LOSSY))
        gateway.turn.flush()
    socket.drain()
    gateway.turn.flush()
    assert socket.received == b"0<missed 2>34"


async def test_a_slow_reader_of_what_must_arrive_is_closed_without_it():
    gateway, _, stream, socket = await _opened(GatewaySettings(outbox_frames=2), room=0)
    for number in range(5):
        stream.link.put(_frame(b"%d" % number))
        gateway.turn.flush()
    assert stream.link.closing == Close(CloseCode.SLOW_READER)
    assert stream.ends == 1
    socket.drain()
    assert socket.received == b"0<bye>"


async def test_closing_writes_what_waits_then_the_farewell():
    _, _, stream, socket = await _opened()
    stream.link.put(_frame(b"last "))
    stream.link.close(Close(CloseCode.DRAINING, 2.0))
    stream.link.put(_frame(b"too late"))
    stream.link.close(Close(CloseCode.IDLE))
    assert socket.received == b"last <bye>"
    assert stream.link.closing == Close(CloseCode.DRAINING, 2.0)
    assert socket.closed


async def test_after_a_close_nothing_is_written_to_the_descriptor():
    gateway, _, stream, socket = await _opened()
    stream.link.put(_frame(b"a"))
    stream.link.close(Close(CloseCode.IDLE))
    written = socket.direct_writes
    gateway.turn.flush()
    socket.lose()
    gateway.turn.flush()
    assert socket.direct_writes == written


async def test_a_broken_pipe_ends_the_connection():
    gateway, _, stream, socket = await _opened()

    def broken(descriptor: int, data: bytes) -> int:
        raise BrokenPipeError

    stream.write_descriptor = broken
    stream.link.put(_frame(b"a"))
    gateway.turn.flush()
    assert socket.aborted


async def test_silence_for_two_heartbeats_closes_and_traffic_does_not():
    gateway, clock, stream, socket = await _opened(GatewaySettings(heartbeat_s=10))
    for _ in range(4):
        advance(gateway, clock, 15)
        stream.data_received(b"x")
    assert socket.received == b""
    advance(gateway, clock, 21)
    assert stream.link.closing == Close(CloseCode.IDLE)
    assert socket.received == b"<bye>"


async def test_a_reader_that_takes_nothing_is_closed_as_stalled_and_cut_off():
    config = GatewaySettings(heartbeat_s=10, stall_timeout_s=15, close_timeout_s=3)
    gateway, clock, stream, socket = await _opened(config, room=0)
    stream.link.put(_frame(b"unread"))
    gateway.turn.flush()
    for _ in range(3):
        stream.data_received(b"still talking")
        advance(gateway, clock, 8)
    assert stream.link.closing == Close(CloseCode.STALLED)
    advance(gateway, clock, 4)
    assert socket.aborted


async def test_a_reader_that_takes_a_little_is_not_stalled():
    config = GatewaySettings(heartbeat_s=10, stall_timeout_s=15)
    gateway, clock, stream, socket = await _opened(config, room=0)
    stream.link.put(_frame(b"x" * 100))
    gateway.turn.flush()
    for _ in range(10):
        socket.drain(1)
        stream.data_received(b"reading")
        advance(gateway, clock, 8)
    assert stream.link.closing is None


async def test_every_end_releases_what_the_connection_held():
    gateway, _, stream, socket = await _opened()
    gateway.hub.add(stream.link)
    assert gateway.admission.total == 1
    socket.lose(ConnectionResetError())
    assert (gateway.admission.total, gateway.hub.connections(), stream.ends) == (0, 0, 1)
    assert len(gateway.wheel) == 0
    assert gateway.deserted.is_set()


async def test_a_connection_too_many_is_told_so_and_counts_for_nothing():
    gateway, _, _, _ = await _opened(GatewaySettings(max_connections=1))
    stream, socket = PlainStream(gateway), FakeSocket()
    open_stream(stream, socket, b"hello ")
    assert socket.received == b"hello <bye>"
    assert stream.link.closing is not None
    assert stream.link.closing.code == CloseCode.OVERLOADED
    socket.lose()
    assert gateway.admission.total == 1
