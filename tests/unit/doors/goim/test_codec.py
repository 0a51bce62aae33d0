from __future__ import annotations

from parlor.doors.goim.codec import GoimTcpCodec, GoimWebSocketCodec
from parlor.model.ids import PushId, RoomId
from parlor.model.push import Delivery, Envelope, Push, ToRoom
from parlor.wire.native.pushes import ReadPush

HI = "0000001200100001000003e8000000006869"


def _envelope(*pushes: Push) -> Envelope:
    return Envelope(ToRoom(RoomId("live://1")), pushes)


def test_a_push_is_a_plain_frame_over_tcp_and_a_wrapped_one_over_websocket():
    envelope = _envelope(Push(PushId("1"), b"hi", "1000"))
    over_tcp, over_websocket = (
        GoimTcpCodec().pushes(envelope),
        GoimWebSocketCodec().pushes(envelope),
    )
    assert over_tcp is not None
    assert over_tcp.data.hex() == HI
    assert over_websocket is not None
    # 0x82: the final frame of a binary message; 0x22: its 34 bytes.
    assert over_websocket.data.hex() == "8222" + "00000022001000010000000900000000" + HI


def test_a_batch_is_one_message_of_whole_frames_in_order():
    pushes = tuple(Push(PushId(str(i)), str(i).encode(), str(1000 + i)) for i in range(20))
    over_tcp = GoimTcpCodec().pushes(_envelope(*pushes))
    over_websocket = GoimWebSocketCodec().pushes(_envelope(*pushes))
    assert over_tcp is not None
    assert over_websocket is not None
    assert over_websocket.data.endswith(over_tcp.data)
    assert over_tcp.messages == 20


def test_a_batch_is_lossy_only_when_all_of_it_is():
    lossy, kept = Push(PushId("1"), b"", "1"), Push(PushId("2"), b"", "1", Delivery.MUST_ARRIVE)
    for pushes, expected in [((lossy, lossy), True), ((lossy, kept), False), ((kept,), False)]:
        frame = GoimTcpCodec().pushes(_envelope(*pushes))
        assert frame is not None
        assert frame.lossy is expected


def test_what_goim_has_no_form_for_is_left_out():
    assert GoimTcpCodec().notice("read", ReadPush("1", 2, 3)) is None
    assert GoimWebSocketCodec().missed(5) == b""
