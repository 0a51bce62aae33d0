from __future__ import annotations

import pytest

from parlor.doors.goim.codec import GoimTcpCodec
from parlor.doors.goim.dialogue import Dialogue
from parlor.drivers.memory.presence import MemoryPresence
from parlor.gateway.state.hub import Hub
from parlor.gateway.state.link import Link
from parlor.gateway.state.outbox import OutboxLimits
from parlor.model.close import Close
from parlor.model.ids import ConnectionKey, DeviceId, RoomId, UserId
from parlor.wire.goim.frame import Frame, parse_message

LIVE_1, LIVE_2 = RoomId("live://1"), RoomId("live://2")


class NoSocket:
    def wake(self) -> None:
        pass

    def send_rest(self, data: bytes) -> None:
        raise AssertionError(data)

    def end(self, close: Close) -> None:
        pass

    def on_missed(self, count: int) -> None:
        pass

    end_soon = end
    flush = wake


class Room:
    """A hub with some goim links, and the dialogue that answers them."""

    def __init__(self, *, raw_is_answered: bool = False) -> None:
        self.hub = Hub()
        self.dialogue = Dialogue(
            self.hub,
            MemoryPresence(self.hub),
            max_ops=4,
            max_room_bytes=20,
            raw_is_answered=raw_is_answered,
        )

    def enter(self, key: str, room: str = "", tags: frozenset[str] = frozenset()) -> Link:
        link = Link(
            ConnectionKey(key),
            UserId(key),
            DeviceId(""),
            "127.0.0.1",
            GoimTcpCodec(),
            NoSocket(),
            OutboxLimits(),
            tags=tags,
        )
        self.hub.add(link)
        self.dialogue.enter(link, RoomId(room))
        return link

    def ask(self, link: Link, op: int, body: bytes = b"") -> tuple[int, bytes]:
        reply = self.dialogue.answer(link, Frame(op, body, version=1, seq=9))
        if not reply:
            return 0, b""
        frame = parse_message(reply)
        assert (frame.version, frame.seq) == (1, 9)
        return frame.op, frame.body


def _count(online: int) -> tuple[int, bytes]:
    return 3, online.to_bytes(4)


def test_a_heartbeat_is_answered_with_how_many_are_in_the_room():
    here = Room()
    anna, ben = here.enter("anna", "live://1"), here.enter("ben", "live://1")
    assert here.ask(anna, 2) == _count(2)
    assert here.ask(ben, 3, b"ignored") == _count(2)
    here.hub.remove(ben)
    assert here.ask(anna, 2) == _count(1)


def test_after_leaving_the_room_the_count_is_0_and_not_the_stale_one():
    here = Room()
    anna = here.enter("anna", "live://1")
    here.enter("ben", "live://1")
    assert here.ask(anna, 12) == (13, b"")
    assert here.ask(anna, 2) == _count(0)


def test_a_connection_is_in_one_room():
    here = Room()
    anna = here.enter("anna", "live://1")
    assert here.ask(anna, 12, b"live://2") == (13, b"live://2")
    assert here.hub.in_room(LIVE_1) == ()
    assert here.hub.in_room(LIVE_2) == (anna,)
    assert here.ask(anna, 12, b"live://2") == (13, b"live://2")
    assert here.hub.room_online(LIVE_2) == 1


@pytest.mark.parametrize("name", [b"\xff\xfe", b"live://" + b"1" * 14])
def test_a_room_that_there_cannot_be_is_echoed_and_changes_nothing(name: bytes):
    here = Room()
    anna = here.enter("anna", "live://1")
    assert here.ask(anna, 12, name) == (13, name)
    assert here.hub.in_room(LIVE_1) == (anna,)


def test_operations_are_added_and_removed_and_echoed():
    here = Room()
    anna = here.enter("anna", tags=frozenset({"1000"}))
    assert here.ask(anna, 14, b"1001,1002") == (15, b"1001,1002")
    assert anna.tags == frozenset({"1000", "1001", "1002"})
    assert here.ask(anna, 16, b"1000,1002,7") == (17, b"1000,1002,7")
    assert anna.tags == frozenset({"1001"})


@pytest.mark.parametrize("op", [14, 16])
@pytest.mark.parametrize("body", [b"1000, 1001", b"x", b"", b"\xff"])
def test_a_malformed_list_is_echoed_and_changes_nothing(op: int, body: bytes):
    here = Room()
    anna = here.enter("anna", tags=frozenset({"1000"}))
    assert here.ask(anna, op, body) == (op + 1, body)
    assert anna.tags == frozenset({"1000"})


def test_subscriptions_beyond_the_limit_change_nothing():
    here = Room()
    anna = here.enter("anna", tags=frozenset({"1"}))
    here.ask(anna, 14, b"2,3,4,5")
    assert anna.tags == frozenset({"1"})
    here.ask(anna, 14, b"2,3,4")
    assert anna.tags == frozenset({"1", "2", "3", "4"})


def test_unsubscribing_from_all_leaves_a_connection_that_wants_nothing():
    """An empty set, not None: None would mean every operation."""
    here = Room()
    anna = here.enter("anna", tags=frozenset({"1000"}))
    here.ask(anna, 16, b"1000")
    assert anna.tags == frozenset()


@pytest.mark.parametrize("op", [0, 1, 4, 5, 6, 7, 8, 10, 13, 1000, 2147483647, -5])
def test_any_other_operation_is_answered_with_itself_and_no_body(op: int):
    here = Room()
    assert here.ask(here.enter("anna"), op, b"anything") == (op, b"")


def test_a_clients_raw_frame_is_answered_over_websocket_only():
    over_tcp, over_websocket = Room(), Room(raw_is_answered=True)
    assert over_tcp.ask(over_tcp.enter("anna"), 9, b"x") == (0, b"")
    assert over_websocket.ask(over_websocket.enter("anna"), 9, b"x") == (9, b"")
