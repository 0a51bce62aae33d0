import pytest

from parlor.model.account import Scope
from parlor.model.errors import BadRequest, Forbidden, NameTaken, Unauthenticated
from tests.support.door import open_door


@pytest.fixture
async def door(tmp_path):
    async with open_door(tmp_path) as opened:
        yield opened


async def test_a_key_opens_what_it_was_made_for(door):
    key = await door.keys.add("crm", [Scope.PUSH])
    assert key.startswith("plk_")
    for _ in range(2):
        grant = await door.keys.check(key, Scope.PUSH)
        assert (grant.name, grant.scopes) == ("crm", {Scope.PUSH})
        with pytest.raises(Forbidden):
            await door.keys.check(key, Scope.IM)


async def test_an_administrators_key_opens_everything(door):
    key = await door.keys.add("root", [Scope.ADMIN])
    for scope in Scope:
        await door.keys.check(key, scope)


@pytest.mark.parametrize("key", ["", "plk_", "plk_" + "A" * 43, "plt_" + "A" * 43, "\ud800"])
async def test_an_unknown_key_opens_nothing(door, key):
    with pytest.raises(Unauthenticated):
        await door.keys.check(key, Scope.PUSH)


async def test_a_users_token_is_no_key(door):
    token = (await door.sign_up("ann")).tokens.token
    with pytest.raises(Unauthenticated):
        await door.keys.check(token, Scope.PUSH)


async def test_a_key_needs_a_name_of_its_own_and_a_scope(door):
    await door.keys.add("crm", [Scope.PUSH])
    with pytest.raises(NameTaken):
        await door.keys.add("crm", [Scope.IM])
    with pytest.raises(BadRequest):
        await door.keys.add("other", [])
