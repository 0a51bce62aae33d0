import asyncio

import pytest

from parlor.model.errors import BadName, NameTaken, NotFound, Unauthenticated, WeakPassword
from tests.support.door import HOME, PASSWORD, open_door


@pytest.fixture
async def door(tmp_path):
    async with open_door(tmp_path) as opened:
        yield opened


async def redeem(door, token, name="", password=PASSWORD, display_name=""):
    return await door.links.redeem(
        token, name, password, display_name, device="phone", address=HOME
    )


async def test_the_first_administrator_comes_in_by_a_link_and_chooses_a_name(door):
    token = await door.links.make("", admin=True)
    assert await door.links.look(token) == ("", True)
    signed_in = await redeem(door, token, "Ann", display_name="Ann Admin")
    assert (signed_in.user.name, signed_in.user.display_name, signed_in.admin) == (
        "ann",
        "Ann Admin",
        True,
    )
    assert (await door.sign_ins.authenticate(signed_in.tokens.token)).admin
    assert await door.stores.accounts.count_admins() == 1


async def test_a_link_works_once(door):
    token = await door.links.make("", admin=True)
    results = await asyncio.gather(
        *(redeem(door, token, f"user{n}") for n in range(4)), return_exceptions=True
    )
    assert [isinstance(result, NotFound) for result in results].count(True) == 3
    with pytest.raises(NotFound):
        await door.links.look(token)
    assert len((await door.people.find("", "", 10))[0]) == 1


async def test_a_link_with_a_name_makes_that_account_whatever_is_asked(door):
    token = await door.links.make("Bob", admin=False)
    signed_in = await redeem(door, token, "somebody-else")
    assert (signed_in.user.name, signed_in.admin) == ("bob", False)


async def test_a_link_for_an_account_that_exists_replaces_its_password_and_sign_ins(door):
    before = await door.sign_up("ann", "laptop")
    token = await door.links.make("ann", admin=False)
    after = await redeem(door, token, password="another horse")
    assert after.user == before.user
    with pytest.raises(Unauthenticated):
        await door.sign_ins.authenticate(before.tokens.token)
    assert [identity.device for identity in door.ended] == ["laptop"]
    assert await door.sign_in("ann", "another horse")


async def test_a_link_does_not_take_an_administrators_rights_away(door):
    await door.signing.add_account("ann", PASSWORD, admin=True)
    signed_in = await redeem(door, await door.links.make("ann", admin=False))
    assert signed_in.admin
    assert (await door.sign_in("ann")).admin


async def test_a_refusal_leaves_the_link_good(door):
    await door.sign_up("taken")
    token = await door.links.make("", admin=True)
    for name, password, refusal in [
        ("x", PASSWORD, BadName),
        ("ann", "short", WeakPassword),
        ("taken", PASSWORD, NameTaken),
    ]:
        with pytest.raises(refusal):
            await redeem(door, token, name, password)
    assert (await redeem(door, token, "ann")).admin


async def test_a_name_taken_at_the_last_moment_leaves_the_link_good(door):
    token = await door.links.make("", admin=True)
    results = await asyncio.gather(
        door.sign_up("ann"), redeem(door, token, "ann"), return_exceptions=True
    )
    if isinstance(results[1], NameTaken):
        assert await door.links.look(token) == ("", True)
    else:
        assert isinstance(results[0], NameTaken)
        assert (await door.sign_in("ann")).admin


async def test_a_link_expires_after_a_week(door):
    token = await door.links.make("", admin=True)
    door.clock.at += 7 * 86_400
    for use in (door.links.look(token), redeem(door, token, "ann")):
        with pytest.raises(NotFound):
            await use


@pytest.mark.parametrize("token", ["", "pll_", "pll_" + "A" * 43, "plt_" + "A" * 43, "\ud800"])
async def test_a_link_nobody_made_is_not_found(door, token):
    with pytest.raises(NotFound):
        await door.links.look(token)
    with pytest.raises(NotFound):
        await redeem(door, token, "ann")
