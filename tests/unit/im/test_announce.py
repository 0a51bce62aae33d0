import asyncio

import pytest

from parlor.im.announce import Announcements
from parlor.model.errors import NotMember, StorageFailed
from parlor.wire.native.pushes import ReadPush
from tests.support.steady import CountingMeter, Told
from tests.support.storage import ANN, BOB, TALK

PUSH = ReadPush(TALK, 3, 0)


class Silent:
    async def notify(self, users, payload, *, not_to=None):
        await asyncio.get_running_loop().create_future()


def announcing(announcer, meter, limit_s=1.0):
    return Announcements(announcer, meter, limit_s=limit_s)


async def test_members_that_cannot_be_looked_up_cost_the_announcement_only():
    async def members_of(conversation):
        raise StorageFailed

    told, meter = Told(), CountingMeter()
    await announcing(told, meter).tell_members(members_of, PUSH, about=TALK)
    assert told.pushes == []
    assert meter.counted["im_announcements_lost_total"] == 1


async def test_everybody_is_told_in_one_message():
    told = Told()
    await announcing(told, CountingMeter()).tell([ANN, BOB], PUSH, about=TALK)
    assert told.pushes == [((ANN, BOB), PUSH)]


async def test_a_bus_that_hangs_costs_the_announcement_only():
    meter = CountingMeter()
    await announcing(Silent(), meter, limit_s=0).tell([ANN], PUSH, about=TALK)
    assert meter.counted["im_announcements_lost_total"] == 1


async def test_a_payload_that_cannot_be_made_costs_only_its_own_announcement():
    async def payload_for(user):
        if user == ANN:
            raise NotMember
        return PUSH

    told, meter = Told(), CountingMeter()
    await announcing(told, meter).tell_each([ANN, BOB], payload_for, about=TALK)
    assert told.pushes == [((BOB,), PUSH)]
    assert meter.counted["im_announcements_lost_total"] == 1


async def test_cancellation_is_not_swallowed():
    announcements = announcing(Silent(), CountingMeter(), limit_s=60)
    telling = asyncio.ensure_future(announcements.tell([ANN], PUSH, about=TALK))
    await asyncio.sleep(0)
    telling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await telling


async def test_those_who_see_it_alike_are_told_at_once_with_one_payload():
    asked = []

    async def payload_for(user):
        asked.append(user)
        return PUSH

    told = Told()
    announcements = announcing(told, CountingMeter())
    await announcements.tell_alike([ANN, BOB], payload_for, about=TALK)
    assert (told.pushes, asked) == ([((ANN, BOB), PUSH)], [ANN])


async def test_a_payload_for_many_that_cannot_be_made_fails_nothing():
    async def payload_for(user):
        raise NotMember

    told, meter = Told(), CountingMeter()
    await announcing(told, meter).tell_alike([ANN, BOB], payload_for, about=TALK)
    assert told.pushes == []
    assert meter.counted["im_announcements_lost_total"] == 1


async def test_without_a_deadline_the_bus_is_only_waited_for():
    told = Told()
    await announcing(told, CountingMeter(), limit_s=None).tell([ANN], PUSH, about=TALK)
    assert told.pushes == [((ANN,), PUSH)]
