import pytest

from parlor.model.errors import RoomTooBusy
from parlor.model.ids import ConnectionKey, DeviceId, PushId, RoomId, UserId
from parlor.model.mail import Cursor
from parlor.model.push import (
    Delivery,
    Envelope,
    Push,
    ToAll,
    ToConnections,
    ToDevices,
    ToRoom,
    ToUsers,
)
from parlor.push.settings import PushSettings
from tests.support.push_service import PushService

USERS = ToUsers((UserId("1"),))
PHONE, STRANGE = DeviceId("phone"), DeviceId("strange")


def a_push(delivery: Delivery = Delivery.MUST_ARRIVE) -> Push:
    return Push(PushId("p"), b"x", "", delivery)


async def test_what_must_arrive_at_users_is_mail_and_nothing_else_is():
    service = PushService()
    await service.dispatch.send(USERS, a_push())
    assert [notice.places[0].user for notice in service.bus.mail()] == ["1"]
    assert service.envelopes() == []
    for to in (ToRoom(RoomId("r")), ToAll(), ToConnections((ConnectionKey("k"),))):
        await service.dispatch.send(to, a_push())
    await service.dispatch.send(USERS, a_push(Delivery.LOSSY))
    assert len(service.envelopes()) == 4
    assert len(service.bus.mail()) == 1


async def test_a_device_that_nobody_is_known_to_use_may_still_be_online():
    service = PushService()
    await service.mail.note([Cursor(UserId("1"), PHONE, 0, 1)])
    await service.dispatch.send(ToDevices((PHONE, STRANGE)), a_push())
    (notice,) = service.bus.mail()
    assert [place.device for place in notice.places] == [PHONE]
    assert service.envelopes() == [Envelope(ToDevices((STRANGE,)), (a_push(),))]


async def test_a_room_keeps_its_rate():
    service = PushService(PushSettings(room_burst=1))
    await service.dispatch.send(ToRoom(RoomId("r")), a_push())
    with pytest.raises(RoomTooBusy):
        await service.dispatch.send(ToRoom(RoomId("r")), a_push())
