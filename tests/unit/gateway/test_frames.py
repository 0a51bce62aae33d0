import msgspec

from parlor.gateway.frames import TCP_FRAMES, WEBSOCKET_FRAMES
from parlor.model.ids import PushId, RoomId
from parlor.model.push import Delivery, Envelope, Push, ToAll, ToRoom
from parlor.model.room import Priority
from parlor.wire.native.codec import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL
from parlor.wire.native.framing import LengthReader
from parlor.wire.native.pushes import ReadPush
from parlor.wire.websocket import FrameReader, ReaderLimits

JSON_FRAMES = WEBSOCKET_FRAMES[JSON_SUBPROTOCOL]


def _push(body: bytes, delivery: Delivery = Delivery.LOSSY) -> Push:
    return Push(PushId("p"), body, "3", delivery)


def _texts(data: bytes) -> list[object]:
    reader = FrameReader(ReaderLimits(from_client=False))
    return [msgspec.json.decode(event) for event in reader.feed(data) if isinstance(event, str)]


def test_many_pushes_are_one_piece_of_bytes_with_a_message_each_and_nothing_empty_in_it():
    envelope = Envelope(ToRoom(RoomId("r")), (_push(b"one"), _push("二".encode())))
    frame = JSON_FRAMES.pushes(envelope)
    assert frame is not None
    assert frame.messages == 2
    assert _texts(frame.data) == [
        {
            "push": "delivery",
            "data": {"push_id": "p", "room": "r", "body": body, "tag": "3"},
        }
        for body in ("one", "二")
    ]


def test_a_body_that_is_not_text_travels_as_base64():
    frame = JSON_FRAMES.pushes(Envelope(ToAll(), (_push(b"\xff\xfe"),)))
    assert frame is not None
    data = msgspec.convert(_texts(frame.data)[0], dict)["data"]
    assert (data["body"], data["body_base64"], data["room"]) == ("", "//4=", None)


def test_a_frame_is_lossy_only_when_all_its_pushes_are():
    lossy = JSON_FRAMES.pushes(Envelope(ToAll(), (_push(b"a"), _push(b"b"))))
    mixed = JSON_FRAMES.pushes(Envelope(ToAll(), (_push(b"a"), _push(b"b", Delivery.MUST_ARRIVE))))
    assert lossy is not None
    assert mixed is not None
    assert (lossy.lossy, mixed.lossy) == (True, False)


def test_what_the_server_says_must_arrive():
    frame = JSON_FRAMES.notice("read", ReadPush("9", 1, 0))
    assert frame is not None
    assert not frame.lossy
    assert _texts(frame.data)[0] == {
        "push": "read",
        "data": {"conversation_id": "9", "read_seq": 1, "unread": 0},
    }


def test_what_was_missed_is_told_in_a_delivery_of_its_own():
    told = msgspec.convert(_texts(JSON_FRAMES.missed(7))[0], dict)
    assert (told["data"]["push_id"], told["data"]["missed"]) == ("", 7)


def test_tcp_and_binary_websocket_carry_the_same_messages():
    envelope = Envelope(ToAll(), (_push(b"a"), _push(b"b")))
    binary = WEBSOCKET_FRAMES[MSGPACK_SUBPROTOCOL].pushes(envelope)
    tcp = TCP_FRAMES.pushes(envelope)
    assert binary is not None
    assert tcp is not None
    reader = FrameReader(ReaderLimits(from_client=False))
    assert list(reader.feed(binary.data)) == list(LengthReader(1_000).feed(tcp.data))


def test_the_priority_of_a_message_is_said_where_it_is_not_normal():
    pushes = tuple(Push(PushId("p"), b"x", priority=priority) for priority in Priority)
    frame = JSON_FRAMES.pushes(Envelope(ToRoom(RoomId("r")), pushes))
    assert frame is not None
    plain = {"push_id": "p", "room": "r", "body": "x"}
    said = [msgspec.convert(text, dict)["data"] for text in _texts(frame.data)]
    assert said == [{**plain, "priority": "low"}, plain, {**plain, "priority": "high"}]
