"""What every driver of `ports.scheduled` promises."""

import asyncio

import pytest

from parlor.model.conversation import ConversationKind
from parlor.model.errors import ClientIdUsed, LimitReached, NotFound, NotMember, TooLate
from parlor.model.ids import ConversationId, UserId
from parlor.model.scheduled import Said, Scheduled
from tests.support.storage import ANN, BOB, CEM, NOBODY, NOWHERE, STORES, TALK

MANY = 100
OTHER = ConversationId("77")


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM)
        await opened.add_talk()
        yield opened


def later(client_id="c", at_ms=50, user=ANN, talk=TALK, text="later"):
    return Scheduled(user, talk, client_id, at_ms, Said(text))


async def test_a_message_comes_back_as_it_was_put(stores):
    said = Said("你好 👋'; --", 1, (BOB, ANN), mentions_all=True, silent=True, expires_in_s=60)
    wanted = Scheduled(ANN, TALK, "c", 50, said)
    assert await stores.schedule.put(wanted, MANY) == (wanted, True)
    assert list(await stores.schedule.of_user(ANN, None, 10)) == [wanted]
    assert list(await stores.schedule.of_user(BOB, None, 10)) == []


async def test_the_same_client_id_is_the_first_message_and_no_other_s(stores):
    await stores.schedule.put(later(), MANY)
    assert await stores.schedule.put(later(text="other", at_ms=9), 1) == (later(), False)
    his = later(user=BOB)
    assert await stores.schedule.put(his, MANY) == (his, True)


async def test_nobody_has_more_waiting_than_the_limit(stores):
    for number in range(2):
        await stores.schedule.put(later(f"{number}"), 2)
    with pytest.raises(LimitReached):
        await stores.schedule.put(later("2"), 2)
    await stores.schedule.put(later("2", user=BOB), 2)
    await stores.schedule.remove(ANN, "0")
    assert (await stores.schedule.put(later("2"), 2))[1]


async def test_only_members_schedule_and_only_where_there_is_something(stores):
    for who in (CEM, NOBODY, UserId("x")):
        with pytest.raises(NotMember):
            await stores.schedule.put(later(user=who), MANY)
    for nowhere in (NOWHERE, ConversationId("x"), ConversationId("")):
        with pytest.raises(NotFound):
            await stores.schedule.put(later(talk=nowhere), MANY)


async def test_one_s_messages_are_paged_the_soonest_first(stores):
    for client_id, at_ms in (("b", 60), ("c", 50), ("a", 60)):
        await stores.schedule.put(later(client_id, at_ms), MANY)
    page = await stores.schedule.of_user(ANN, None, 2)
    assert [one.client_id for one in page] == ["c", "a"]
    rest = await stores.schedule.of_user(ANN, (page[-1].at_ms, page[-1].client_id), 2)
    assert [one.client_id for one in rest] == ["b"]


async def test_what_is_due_is_given_to_one_at_a_time(stores):
    for number in range(10):
        await stores.schedule.put(later(f"{number}", at_ms=50 + number), MANY)
    assert list(await stores.schedule.claim(49, 1_000, 99)) == []
    claims = await asyncio.gather(*(stores.schedule.claim(54, 1_000, 2) for _ in range(4)))
    given = [one.client_id for claim in claims for one in claim]
    assert sorted(given) == ["0", "1", "2", "3", "4"]
    assert list(await stores.schedule.claim(54, 1_000, 99)) == []
    assert await stores.schedule.next_at_ms() == 55


async def test_a_claim_that_is_not_kept_goes_to_the_next(stores):
    await stores.schedule.put(later(), MANY)
    assert len(await stores.schedule.claim(50, 80, 9)) == 1
    assert await stores.schedule.next_at_ms() == 80
    assert list(await stores.schedule.claim(79, 90, 9)) == []
    assert list(await stores.schedule.claim(80, 90, 9)) == [later()]


async def test_what_is_put_off_comes_again_and_keeps_its_time(stores):
    await stores.schedule.put(later(), MANY)
    await stores.schedule.claim(50, 80, 9)
    await stores.schedule.postpone(ANN, "c", 60)
    assert list(await stores.schedule.claim(60, 90, 9)) == [later()]


async def test_what_is_refused_waits_no_more_and_says_why(stores):
    await stores.schedule.put(later(), MANY)
    await stores.schedule.refuse(ANN, "c", "not_member")
    assert list(await stores.schedule.claim(2**52, 2**52, 9)) == []
    assert await stores.schedule.next_at_ms() is None
    (kept,) = await stores.schedule.of_user(ANN, None, 9)
    assert (kept.refused, kept.said) == ("not_member", later().said)


async def test_what_is_cancelled_is_given_to_nobody(stores):
    await stores.schedule.put(later(), MANY)
    assert await stores.schedule.cancel(BOB, "c", 60) is None
    assert await stores.schedule.cancel(ANN, "c", 60) == later()
    assert await stores.schedule.cancel(ANN, "c", 60) is None
    assert await stores.schedule.claim(60, 90, 10) == []


async def test_what_is_being_sent_is_not_cancelled(stores):
    await stores.schedule.put(later(), MANY)
    await stores.schedule.claim(60, 90, 10)
    with pytest.raises(TooLate):
        await stores.schedule.cancel(ANN, "c", 89)
    await stores.schedule.postpone(ANN, "c", 200)
    assert await stores.schedule.cancel(ANN, "c", 89) == later()


async def test_of_a_claim_and_a_cancel_at_once_one_wins(stores):
    for number in range(10):
        await stores.schedule.put(later(f"{number}"), MANY)

    async def is_cancelled(number):
        try:
            return await stores.schedule.cancel(ANN, f"{number}", 60) is not None
        except TooLate:
            return False

    claimed, *cancelled = await asyncio.gather(
        stores.schedule.claim(60, 90, MANY), *(is_cancelled(number) for number in range(10))
    )
    sent = {one.client_id for one in claimed}
    assert [f"{number}" in sent for number in range(10)] == [not one for one in cancelled]


async def test_what_somebody_sent_who_died_then_is_not_said_to_be_cancelled(stores):
    await stores.schedule.put(later(), MANY)
    await stores.schedule.claim(60, 90, 10)
    await stores.say("c")
    assert await stores.schedule.cancel(ANN, "c", 90) is None
    assert await stores.schedule.next_at_ms() is None


async def test_a_client_id_that_waits_elsewhere_is_refused(stores):
    await stores.conversations.create(OTHER, ConversationKind.GROUP, ANN, [BOB], "", 1)
    await stores.schedule.put(later(), MANY)
    with pytest.raises(ClientIdUsed):
        await stores.schedule.put(later(talk=OTHER), MANY)
    assert list(await stores.schedule.of_user(ANN, None, 9)) == [later()]


async def test_what_is_removed_was_there_once(stores):
    await stores.schedule.put(later(), MANY)
    assert await stores.schedule.remove(BOB, "c") is None
    removed = await asyncio.gather(*(stores.schedule.remove(ANN, "c") for _ in range(3)))
    assert [one for one in removed if one is not None] == [later()]
    assert await stores.schedule.next_at_ms() is None
