from __future__ import annotations

import asyncio

import pytest

from parlor.model.errors import (
    AuthUnavailable,
    Forbidden,
    TooManyAttempts,
    Unauthenticated,
)
from parlor.ports.accounts import RevocationKind
from tests.support.admission import ELSEWHERE, TOKEN_S, open_house
from tests.support.steady import HandClock


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as opened:
        yield opened


async def refused(house, token="", resume="", kind=Unauthenticated, address=ELSEWHERE):
    with pytest.raises(kind):
        await house.authentication.admit(token, resume, address)


async def test_an_account_comes_in_by_one_query(house):
    ann = await house.sign_up("ann")
    before = house.queries
    admitted = await house.authentication.admit(ann.tokens.token, "", ELSEWHERE)
    assert house.queries - before == 1
    assert (admitted.user, admitted.identity.has_account) == (ann.user, True)
    assert not admitted.resumed


async def test_a_thousand_accounts_at_once_share_their_queries(house):
    tokens = [(await house.sign_up(f"user{n}")).tokens.token for n in range(10)] * 100
    before = house.queries
    admitted = await asyncio.gather(
        *(house.authentication.admit(token, "", ELSEWHERE) for token in tokens)
    )
    assert [one.user.name for one in admitted] == [f"user{n}" for n in range(10)] * 100
    assert house.queries - before == 1


async def test_coming_back_with_a_ticket_asks_the_database_nothing(house):
    ann = await house.sign_up("ann")
    first = await house.authentication.admit(ann.tokens.token, "", ELSEWHERE)
    before = house.queries
    for _ in range(1_000):
        again = await house.authentication.admit("", first.ticket, ELSEWHERE)
        assert (again.identity, again.user) == (first.identity, first.user)
        assert again.resumed
    assert house.queries == before


async def test_ten_thousand_who_come_back_after_a_restart_cost_the_one_query_of_the_start(tmp_path):
    clock = HandClock()
    async with open_house(tmp_path, clock) as house:
        tickets = []
        for number in range(10):
            token = (await house.sign_up(f"user{number}")).tokens.token
            tickets.append((await house.authentication.admit(token, "", ELSEWHERE)).ticket)
    async with open_house(tmp_path, clock) as house:
        assert house.queries == 1
        admitted = await asyncio.gather(
            *(house.authentication.admit("", ticket, ELSEWHERE) for ticket in tickets * 1_000)
        )
        assert {one.user.name for one in admitted} == {f"user{number}" for number in range(10)}
        assert house.queries == 1


async def test_a_customers_user_comes_in_and_back(house):
    admitted = await house.authentication.admit("shop:bob", "", ELSEWHERE)
    assert (admitted.identity.user, admitted.identity.has_account) == ("bob", False)
    again = await house.authentication.admit("", admitted.ticket, ELSEWHERE)
    assert (again.identity, house.shop.asked) == (admitted.identity, 1)


async def test_a_ticket_that_is_no_good_falls_back_to_the_token(house):
    ann = await house.sign_up("ann")
    admitted = await house.authentication.admit(ann.tokens.token, "prt_forged", ELSEWHERE)
    assert (admitted.user, admitted.resumed) == (ann.user, False)
    await refused(house, resume="prt_forged")
    await refused(house, "plt_forged", "prt_forged")


@pytest.mark.parametrize(
    "token", ["", "x", "plt_x", "plk_key", "a.b.c", "\ud800", "shop:" + "y" * 8_192]
)
async def test_what_no_driver_takes_is_refused(house, token):
    await refused(house, token)
    assert house.shop.asked == 0


@pytest.mark.parametrize("prefix", ["plr_", "plk_", "pll_", "prt_", "plt_"])
async def test_what_parlor_itself_gave_out_is_shown_to_no_driver(house, prefix):
    house.shop.takes_all = True
    await refused(house, prefix + "A" * 43)
    with pytest.raises(Unauthenticated):
        await house.authentication.authenticate(prefix + "A" * 43, ELSEWHERE)
    assert house.shop.asked == 0


async def test_nobody_comes_in_while_nobody_can_tell(house):
    house.shop.is_down = True
    await refused(house, "shop:bob", kind=AuthUnavailable)
    await refused(house, "shop:bob", "prt_forged", kind=AuthUnavailable)


async def test_an_ended_sign_in_ends_its_tickets_at_once_and_after_a_restart(tmp_path):
    clock = HandClock()
    async with open_house(tmp_path, clock) as house:
        token = (await house.sign_up("ann")).tokens.token
        admitted = await house.authentication.admit(token, "", ELSEWHERE)
        await house.authentication.sign_out(admitted.identity)
        await refused(house, token, admitted.ticket)
    async with open_house(tmp_path, clock) as house:
        await refused(house, token, admitted.ticket)


async def test_revoking_a_user_ends_the_tickets_of_an_account(house):
    ann = await house.sign_up("ann")
    admitted = await house.authentication.admit(ann.tokens.token, "", ELSEWHERE)
    await house.authentication.revoke(RevocationKind.USER, ann.user.id)
    await refused(house, resume=admitted.ticket)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (RevocationKind.USER, "bob"),
        (RevocationKind.DEVICE, "bob"),
        (RevocationKind.SESSION, "jti:t1"),
    ],
)
async def test_a_revocation_holds_for_token_and_ticket_and_over_a_restart(tmp_path, kind, value):
    clock = HandClock()
    told: list[tuple[RevocationKind, str]] = []
    async with open_house(tmp_path, clock) as house:
        house.authentication.on_revoked(lambda kind, value: told.append((kind, value)))
        admitted = await house.authentication.admit("shop:bob:t1", "", ELSEWHERE)
        clock.at += 1
        await house.authentication.revoke(kind, value)
        assert told == [(kind, value)]
        with pytest.raises(Unauthenticated):
            house.authentication.check_again(admitted.identity)
        await refused(house, resume=admitted.ticket)
    async with open_house(tmp_path, clock) as house:
        await refused(house, resume=admitted.ticket)
        if kind is RevocationKind.SESSION:
            await refused(house, "shop:bob:t1")
        later = await house.authentication.admit("shop:bob:t2", "", ELSEWHERE)
        assert later.identity.user == "bob"


async def test_revoking_a_user_or_device_ends_the_sign_ins_of_an_account(house):
    phone = await house.sign_up("ann")
    admitted = await house.authentication.admit(phone.tokens.token, "", ELSEWHERE)
    house.authentication.check_again(admitted.identity)
    await house.authentication.revoke(RevocationKind.DEVICE, "phone")
    with pytest.raises(Unauthenticated):
        house.authentication.check_again(admitted.identity)
    await refused(house, phone.tokens.token, admitted.ticket)
    with pytest.raises(Unauthenticated):
        await house.signing.refresh(phone.tokens.refresh_token)
    house.clock.at += 1
    again = await house.signing.sign_in("ann", "anns password", device="phone", address="")
    assert (await house.authentication.admit(again.tokens.token, "", ELSEWHERE)).user == phone.user


async def test_a_customers_user_who_signs_out_cannot_use_the_token_again(house):
    ended: list[str] = []
    house.authentication.on_session_end(lambda identity: ended.append(identity.session))
    admitted = await house.authentication.admit("shop:bob:t1", "", ELSEWHERE)
    await house.authentication.sign_out(admitted.identity)
    assert ended == ["jti:t1"]
    await refused(house, "shop:bob:t1", admitted.ticket)


async def test_a_renewal_is_for_the_same_user_and_device(house):
    old = (await house.authentication.admit("shop:bob:t1", "", ELSEWHERE)).identity
    house.clock.at += 100
    new = await house.authentication.renew(old, "shop:bob:t2", ELSEWHERE)
    assert new.identity.expires_at == old.expires_at + 100
    assert new.ticket
    for other in ("shop:ann", (await house.sign_up("bob")).tokens.token):
        with pytest.raises(Forbidden):
            await house.authentication.renew(old, other, ELSEWHERE)
    with pytest.raises(Unauthenticated):
        await house.authentication.renew(old, "shop:thief", ELSEWHERE)


async def test_a_new_name_shows_after_coming_back(house):
    ann = await house.sign_up("ann")
    ticket = (await house.authentication.admit(ann.tokens.token, "", ELSEWHERE)).ticket
    await house.people.rename(ann.user.id, "Ann the Second")
    admitted = await house.authentication.admit(ann.tokens.token, ticket, ELSEWHERE)
    assert (admitted.user.display_name, admitted.resumed) == ("Ann the Second", False)


async def test_a_ticket_ends_with_the_token_it_was_given_for(house):
    ticket = (await house.authentication.admit("shop:bob", "", ELSEWHERE)).ticket
    house.clock.at += TOKEN_S - 1
    await house.authentication.admit("", ticket, ELSEWHERE)
    house.clock.at += 1
    await refused(house, resume=ticket)


async def test_who_guesses_tokens_is_slowed_down_and_others_are_not(tmp_path):
    async with open_house(tmp_path, free_bad_tokens=3, first_wait_s=2.0) as house:
        for _ in range(3):
            await refused(house, "shop:thief")
        asked = house.shop.asked
        with pytest.raises(TooManyAttempts) as told:
            await house.authentication.admit("shop:bob", "", ELSEWHERE)
        assert (told.value.retry_after_s, house.shop.asked) == (2.0, asked)
        with pytest.raises(TooManyAttempts):
            await house.authentication.authenticate("shop:bob", ELSEWHERE)
        await house.authentication.admit("shop:bob", "", "203.0.113.10")
        house.clock.at += 2
        await house.authentication.admit("shop:bob", "", ELSEWHERE)
        await refused(house, "shop:thief")
        with pytest.raises(TooManyAttempts) as told:
            await house.authentication.admit("shop:bob", "", ELSEWHERE)
        assert told.value.retry_after_s == 4.0


async def test_an_expired_token_is_no_guess(tmp_path):
    async with open_house(tmp_path, free_bad_tokens=1) as house:
        token = (await house.sign_up("ann")).tokens.token
        house.clock.at += 4_000
        for _ in range(5):
            await refused(house, token)


async def test_loopback_is_not_slowed_down(tmp_path):
    async with open_house(tmp_path, free_bad_tokens=1) as house:
        for _ in range(10):
            await refused(house, "shop:thief", address="127.0.0.1")


async def test_open_lets_anybody_in_from_this_machine_only(tmp_path):
    async with open_house(tmp_path, open=True) as house:
        for address in ("127.0.0.1", "::1"):
            admitted = await house.authentication.admit("bob/phone", "", address)
            assert (admitted.identity.user, admitted.identity.device) == ("bob", "phone")
            assert (admitted.identity.has_account, admitted.ticket) == (False, "")
        for address in (ELSEWHERE, "10.0.0.1", "", "local"):
            await refused(house, "bob", address=address)
        await refused(house, "shop:thief", address="127.0.0.1")
        await refused(house, "plt_forged", address="127.0.0.1")
        await refused(house, "4503599627370497", address="127.0.0.1")


async def test_a_token_may_name_an_account_where_the_operator_says_so(tmp_path):
    async with open_house(tmp_path, map_accounts=True) as house:
        ann = (await house.sign_up("ann")).user
        admitted = await house.authentication.admit(f"shop:{ann.id}", "", ELSEWHERE)
        assert (admitted.user, admitted.identity.has_account) == (ann, True)
        assert not admitted.identity.admin
        await refused(house, "shop:4503599627370496")


async def test_requests_remember_a_token_for_a_while(house):
    token = (await house.sign_up("ann")).tokens.token
    before = house.queries
    for _ in range(10):
        await house.authentication.authenticate(token, ELSEWHERE)
    assert house.queries - before == 1


async def test_requests_ask_the_customer_once_in_a_while_and_connections_each_time(house):
    for _ in range(10):
        assert (await house.authentication.authenticate("shop:bob", ELSEWHERE)).user == "bob"
    assert (house.shop.asked, house.authentication.remembered) == (1, 1)
    await house.authentication.admit("shop:bob", "", ELSEWHERE)
    await house.authentication.authenticate("shop:bob", ELSEWHERE, anew=True)
    assert house.shop.asked == 3
    house.clock.at += 30
    await house.authentication.authenticate("shop:bob", ELSEWHERE)
    assert house.shop.asked == 4


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (RevocationKind.USER, "bob"),
        (RevocationKind.DEVICE, "bob"),
        (RevocationKind.SESSION, "jti:t1"),
    ],
)
async def test_a_remembered_token_is_refused_as_soon_as_it_is_revoked(house, kind, value):
    await house.authentication.authenticate("shop:bob:t1", ELSEWHERE)
    house.clock.at += 1
    await house.authentication.revoke(kind, value)
    with pytest.raises(Unauthenticated):
        await house.authentication.authenticate("shop:bob:t1", ELSEWHERE)
    assert house.shop.asked == 1
