import asyncio

import pytest

from parlor.model.errors import Unauthenticated
from tests.support.door import open_door


@pytest.fixture
async def door(tmp_path):
    async with open_door(tmp_path) as opened:
        yield opened


async def refused(door, token):
    with pytest.raises(Unauthenticated):
        await door.sign_ins.authenticate(token)


async def test_tokens_are_opaque_and_only_their_hashes_are_stored(door, tmp_path):
    tokens = (await door.sign_up("ann")).tokens
    assert tokens.token.startswith("plt_")
    assert tokens.refresh_token.startswith("plr_")
    assert tokens.expires_in_s == 3_600
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"ann" in stored
    for secret in (tokens.token, tokens.refresh_token):
        assert secret[4:].encode() not in stored


@pytest.mark.parametrize(
    "token", ["", "x", "plt_", "plt_" + "A" * 43, "\ud800", "plt_" + "x" * 10**6]
)
async def test_a_token_nobody_was_given_is_refused(door, token):
    await refused(door, token)
    with pytest.raises(Unauthenticated):
        await door.signing.refresh(token)


async def test_a_refresh_token_does_not_open_requests_nor_the_other_way_round(door):
    tokens = (await door.sign_up("ann")).tokens
    await refused(door, tokens.refresh_token)
    with pytest.raises(Unauthenticated):
        await door.signing.refresh(tokens.token)


async def test_an_access_token_lives_for_an_hour(door):
    token = (await door.sign_up("ann")).tokens.token
    door.clock.at += 3_599
    await door.sign_ins.authenticate(token)
    door.clock.at += 1
    await refused(door, token)


async def test_refreshing_keeps_the_session_and_spends_both_old_tokens(door):
    first = await door.sign_up("ann")
    before = await door.sign_ins.authenticate(first.tokens.token)
    second = await door.signing.refresh(first.tokens.refresh_token)
    after = await door.sign_ins.authenticate(second.tokens.token)
    assert (after.session, after.device) == (before.session, before.device)
    assert second.user == first.user
    await refused(door, first.tokens.token)
    assert door.ended == []


async def test_a_spent_refresh_token_ends_the_session_at_once(door):
    first = await door.sign_up("ann")
    second = await door.signing.refresh(first.tokens.refresh_token)
    identity = await door.sign_ins.authenticate(second.tokens.token)
    with pytest.raises(Unauthenticated):
        await door.signing.refresh(first.tokens.refresh_token)
    await refused(door, second.tokens.token)
    assert [ended.session for ended in door.ended] == [identity.session]


async def test_a_refresh_token_lives_for_thirty_days_since_the_last_one(door):
    tokens = (await door.sign_up("ann")).tokens
    door.clock.at += 29 * 86_400
    tokens = (await door.signing.refresh(tokens.refresh_token)).tokens
    door.clock.at += 30 * 86_400
    with pytest.raises(Unauthenticated):
        await door.signing.refresh(tokens.refresh_token)


async def test_signing_out_ends_this_device_at_once_and_no_other(door):
    phone = (await door.sign_up("ann", "phone")).tokens
    laptop = (await door.sign_in("ann", device="laptop")).tokens
    identity = await door.sign_ins.authenticate(phone.token)
    await door.sign_ins.end(identity)
    await refused(door, phone.token)
    with pytest.raises(Unauthenticated):
        await door.signing.refresh(phone.refresh_token)
    await door.sign_ins.authenticate(laptop.token)
    assert door.ended == [identity]


async def test_signing_in_again_on_a_device_ends_the_earlier_session_there(door):
    first = (await door.sign_up("ann", "phone")).tokens
    await door.sign_ins.authenticate(first.token)
    await door.sign_in("ann", device="phone")
    await refused(door, first.token)
    assert len(door.ended) == 1


async def test_a_check_under_way_while_signing_out_is_not_remembered(door):
    tokens = (await door.sign_up("ann")).tokens
    identity = await door.sign_ins.authenticate(tokens.token)
    door.clock.at += 60
    await asyncio.gather(
        door.sign_ins.authenticate(tokens.token),
        door.sign_ins.end(identity),
        return_exceptions=True,
    )
    await refused(door, tokens.token)


async def test_a_sign_out_in_another_process_is_noticed_after_a_while(door):
    tokens = (await door.sign_up("ann")).tokens
    identity = await door.sign_ins.authenticate(tokens.token)
    await door.stores.sessions.end(identity.session)
    door.clock.at += 30
    await refused(door, tokens.token)
