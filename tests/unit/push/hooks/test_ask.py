import asyncio

import pytest

from parlor.model.errors import HookUnavailable, Vetoed
from parlor.model.hook import HookEvent, HookKind
from tests.support.hook_receiver import FAILED, Hooked

COMING = HookEvent(HookKind.CONNECT, user="7", device="phone", address="203.0.113.7")
YES, NO = (200, b'{"allow": true, "more": 1}'), (200, b'{"allow": false, "message": "Not you."}')


@pytest.mark.parametrize("answer", [YES, (204, b"")])
async def test_what_is_allowed_may_be_done(answer):
    hooked = Hooked(answer, ask_deadline_s=0.7)
    await hooked.webhooks.ask(COMING)
    (asked,) = hooked.program.bodies
    assert (asked["kind"], asked["user"], asked["address"]) == ("connect", "7", "203.0.113.7")
    assert hooked.program.timeouts == [0.7]


async def test_a_no_is_final_and_says_why():
    hooked = Hooked(NO, (200, b'{"allow": false}'))
    with pytest.raises(Vetoed, match="Not you"):
        await hooked.webhooks.ask(COMING)
    with pytest.raises(Vetoed, match="does not allow"):
        await hooked.webhooks.ask(COMING)
    assert not hooked.webhooks.is_paused


@pytest.mark.parametrize(
    "answer",
    [
        FAILED,
        (500, b""),
        (302, b""),
        (200, b""),
        (200, b"yes"),
        (200, b'{"allow": "true"}'),
        (200, b"\xff"),
        (200, b"[" * 100_000),
    ],
)
@pytest.mark.parametrize("when_down", ["allow", "refuse"])
async def test_no_answer_means_what_the_operator_has_set(answer, when_down):
    hooked = Hooked(answer, when_down=when_down)
    if when_down == "allow":
        await hooked.webhooks.ask(COMING)
    else:
        with pytest.raises(HookUnavailable) as refused:
            await hooked.webhooks.ask(COMING)
        assert refused.value.retry_after_s > 0


async def test_who_never_answers_is_left_alone_for_a_while():
    hooked = Hooked(*[FAILED] * 9, breaker_failures=3, breaker_pause_s=5)
    for _ in range(10):
        with pytest.raises(HookUnavailable):
            await hooked.webhooks.ask(COMING)
    assert len(hooked.program.bodies) == 3
    assert hooked.webhooks.is_paused
    hooked.clock.at += 5
    hooked.program.answers = [YES]
    await hooked.webhooks.ask(COMING)
    assert not hooked.webhooks.is_paused


async def test_more_questions_than_may_be_open_count_as_not_answered():
    hooked = Hooked(ask_at_once=2)
    hooked.program.hold = asyncio.Event()
    open_ones = [asyncio.create_task(hooked.webhooks.ask(COMING)) for _ in range(2)]
    await asyncio.sleep(0)
    assert hooked.webhooks.open_questions == 2
    with pytest.raises(HookUnavailable):
        await hooked.webhooks.ask(COMING)
    hooked.program.hold.set()
    await asyncio.gather(*open_ones)
    await hooked.webhooks.ask(COMING)
    assert hooked.webhooks.open_questions == 0


async def test_only_the_kinds_that_are_to_be_asked_about_are():
    hooked = Hooked(NO, ask=(HookKind.PUBLISH,))
    assert hooked.webhooks.asks(HookKind.PUBLISH)
    assert not hooked.webhooks.asks(HookKind.CONNECT)
    await hooked.webhooks.ask(COMING)
    assert hooked.program.bodies == []


async def test_without_an_address_nobody_is_asked():
    hooked = Hooked(NO, ask_url="")
    assert not hooked.webhooks.asks(HookKind.CONNECT)
    await hooked.webhooks.ask(COMING)
