import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.errors import WireError
from parlor.model.ids import ConnectionKey, PushId, RoomId, UserId
from parlor.model.push import Delivery, Envelope, Notice, Push, ToAll, ToRoom, ToUsers
from parlor.push.route import PUSH_SUBJECT, Route, parse_routed
from parlor.wire.native.pushes import PushPayload, ReadPush
from tests.support.push_service import RememberingBus


async def test_an_envelope_arrives_as_it_was_published():
    bus = RememberingBus()
    envelope = Envelope(
        ToRoom(RoomId("房间")),
        (Push(PushId("1"), b"\x00\xff", "7", Delivery.MUST_ARRIVE), Push(PushId("2"), b"")),
    )
    await Route(bus).publish(envelope)
    assert bus.routed() == [envelope]
    assert bus.published[0][0] == PUSH_SUBJECT


async def test_nothing_is_published_for_nobody():
    bus = RememberingBus()
    await Route(bus).publish(Envelope(ToAll(), ()))
    await Route(bus).notify([], ReadPush("c", 1, 0))
    assert bus.published == []


async def test_a_notice_names_its_push_and_whom_to_leave_out():
    bus = RememberingBus()
    key = ConnectionKey("k")
    await Route(bus).notify([UserId("1"), UserId("2")], ReadPush("c", 3, 0), not_to=key)
    await Route(bus).notify_endpoint(UserId("1"), "phone/a", ReadPush("c", 4, 0))
    first, second = bus.routed()
    assert isinstance(first, Notice)
    assert (first.name, first.to) == ("read", ToUsers((UserId("1"), UserId("2")), key))
    assert first.payload == b'{"conversation_id":"c","read_seq":3,"unread":0}'
    assert second.to == ToUsers((UserId("1"),), endpoint="phone/a")


async def test_a_payload_without_a_name_is_the_callers_mistake():
    with pytest.raises(KeyError):
        await Route(RememberingBus()).notify([UserId("1")], PushPayload())


@given(st.binary(max_size=200))
def test_whatever_else_is_on_the_bus_is_one_kind_of_error(data):
    with contextlib.suppress(WireError):
        parse_routed(data)
