import asyncio

import pytest

from parlor.model.hook import HookEvent, HookKind
from tests.support.hook_receiver import FAILED, Hooked


def tell(hooked, *users):
    for user in users:
        hooked.webhooks.tell_nowait(HookEvent(HookKind.CONNECT, user=user))


def users(hooked):
    return [[event["user"] for event in body["events"]] for body in hooked.program.bodies]


async def test_what_waits_goes_out_together_and_in_order():
    hooked = Hooked(batch=3)
    tell(hooked, "1", "2", "3", "4")
    await hooked.receiver.deliver_next()
    await hooked.receiver.deliver_next()
    assert users(hooked) == [["1", "2", "3"], ["4"]]
    assert hooked.meter.counted["webhook_events_total"] == 4


async def test_an_event_says_what_and_when_and_has_a_name():
    hooked = Hooked()
    tell(hooked, "7")
    await hooked.receiver.deliver_next()
    (body,) = hooked.program.bodies
    assert body == {
        "events": [
            {
                "kind": "connect",
                "id": "000000000000000000000001",
                "at": 1_800_001_000_000,
                "user": "7",
            }
        ],
        "dropped": 0,
    }


async def test_the_first_event_waits_a_little_for_others_and_a_full_batch_does_not():
    hooked = Hooked(batch=2, batch_wait_s=0.2)
    tell(hooked, "1")
    await hooked.receiver.deliver_next()
    assert hooked.slept == [0.2]
    tell(hooked, "1", "2")
    await hooked.receiver.deliver_next()
    assert hooked.slept == [0.2]


@pytest.mark.parametrize("answer", [FAILED, (500, b""), (302, b""), (404, b""), (199, b"")])
async def test_what_is_not_taken_comes_again_before_anything_else(answer):
    hooked = Hooked(answer, answer, batch=1, batch_wait_s=0)
    tell(hooked, "1", "2")
    await hooked.receiver.deliver_next()
    await hooked.receiver.deliver_next()
    assert users(hooked) == [["1"], ["1"], ["1"], ["2"]]
    first, again, third, other = hooked.program.deliveries
    assert first == again == third != other


async def test_the_waits_grow_up_to_a_limit_and_are_spread():
    hooked = Hooked(*[FAILED] * 6, batch_wait_s=0, retry_first_s=1, retry_longest_s=8)
    tell(hooked, "1")
    await hooked.receiver.deliver_next()
    for slept, longest in zip(hooked.slept, [1, 2, 4, 8, 8, 8], strict=True):
        assert longest / 2 <= slept < longest


async def test_after_so_many_tries_events_are_given_up_and_the_next_get_their_turn():
    hooked = Hooked(*[FAILED] * 3, attempts=3, batch=1, batch_wait_s=0)
    tell(hooked, "1", "2")
    await hooked.receiver.deliver_next()
    assert hooked.webhooks.waiting == 1
    await hooked.receiver.deliver_next()
    assert users(hooked) == [["1"], ["1"], ["1"], ["2"]]
    assert hooked.webhooks.waiting == 0


async def test_a_full_queue_loses_its_oldest_and_the_receiver_is_told_how_many():
    hooked = Hooked(queue=2, batch_wait_s=0)
    tell(hooked, "1", "2", "3", "4")
    assert (hooked.webhooks.waiting, hooked.webhooks.dropped) == (2, 2)
    await hooked.receiver.deliver_next()
    tell(hooked, "5")
    await hooked.receiver.deliver_next()
    assert users(hooked) == [["3", "4"], ["5"]]
    assert [body["dropped"] for body in hooked.program.bodies] == [2, 0]


async def test_a_receiver_that_hangs_holds_up_nobody_and_its_events_stay_in_order():
    hooked = Hooked(queue=3, batch=2, batch_wait_s=0)
    hooked.program.hold = asyncio.Event()
    tell(hooked, "1", "2")
    running = asyncio.create_task(hooked.webhooks.run())
    for _ in range(5):
        await asyncio.sleep(0)
    tell(hooked, "3", "4", "5", "6")
    assert hooked.webhooks.waiting == 5
    hooked.program.hold.set()
    await hooked.webhooks.wait_until_told(1.0)
    running.cancel()
    await asyncio.wait([running])
    assert users(hooked) == [["1", "2"], ["4", "5"], ["6"]]


async def test_only_the_kinds_that_are_wanted_are_told():
    hooked = Hooked(events=(HookKind.PUBLISH,))
    tell(hooked, "1")
    hooked.webhooks.tell_nowait(HookEvent(HookKind.PUBLISH, room="news"))
    assert hooked.webhooks.waiting == 1


async def test_without_receivers_nothing_waits():
    hooked = Hooked(urls=())
    hooked.webhooks = type(hooked.webhooks)(
        [],
        hooked.asker,
        hooked.settings,
        hooked.clock,
        hooked.program,  # type: ignore[arg-type]
    )
    tell(hooked, "1")
    assert (hooked.webhooks.waiting, hooked.webhooks.dropped) == (0, 0)
