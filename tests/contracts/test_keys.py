"""What every driver of `ports.accounts.Keys` promises."""

import asyncio

import pytest

from parlor.model.account import KeyGrant, Scope
from parlor.model.errors import NameTaken
from tests.support.storage import STORES


@pytest.fixture(params=STORES)
async def keys(request, tmp_path):
    async with STORES[request.param](tmp_path) as stores:
        yield stores.keys


async def test_a_key_grants_what_it_was_made_for(keys):
    grant = KeyGrant("crm", frozenset({Scope.PUSH, Scope.IM}))
    await keys.add_key("crm", b"k" * 32, grant)
    assert await keys.by_key(b"k" * 32) == grant
    assert await keys.by_key(b"x" * 32) is None


async def test_two_keys_do_not_share_a_name(keys):
    await keys.add_key("crm", b"1" * 32, KeyGrant("crm", frozenset({Scope.PUSH})))
    with pytest.raises(NameTaken):
        await keys.add_key("crm", b"2" * 32, KeyGrant("crm", frozenset({Scope.PUSH})))
    assert await keys.by_key(b"2" * 32) is None


async def test_looking_at_a_link_does_not_spend_it(keys):
    await keys.add_link(b"l" * 32, "ann", True, 100.0)
    assert await keys.link(b"l" * 32, 50.0) == ("ann", True)
    assert await keys.link(b"l" * 32, 50.0) == ("ann", True)
    assert await keys.link(b"x" * 32, 50.0) is None


async def test_a_link_is_spent_exactly_once_also_by_many_at_once(keys):
    await keys.add_link(b"l" * 32, "", False, 100.0)
    spent = await asyncio.gather(*(keys.spend_link(b"l" * 32, 50.0) for _ in range(8)))
    assert spent.count(True) == 1
    assert await keys.link(b"l" * 32, 50.0) is None


async def test_an_expired_link_is_no_link(keys):
    await keys.add_link(b"l" * 32, "ann", False, 100.0)
    assert await keys.link(b"l" * 32, 100.0) is None
    assert not await keys.spend_link(b"l" * 32, 100.0)
