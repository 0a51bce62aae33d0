"""What every driver of `ports.accounts.Keys` promises."""

import asyncio

import pytest

from parlor.model.account import KeyGrant, KeyRecord, Quota, Scope
from parlor.model.errors import NameTaken
from tests.support.storage import STORES


@pytest.fixture(params=STORES)
async def keys(request, tmp_path):
    async with STORES[request.param](tmp_path) as stores:
        yield stores.keys


def record(name="crm", id="1", **grant):
    return KeyRecord(KeyGrant(name, frozenset({Scope.PUSH, Scope.IM}), id, **grant), 50.0)


async def test_a_key_grants_what_it_was_made_for(keys):
    made = record(expires_at=99.5, quota=Quota(requests_per_second=2.5, messages_per_day=7))
    await keys.add_key(b"k" * 32, made)
    assert await keys.by_hashes([b"k" * 32, b"x" * 32]) == {b"k" * 32: made.grant}
    assert await keys.by_hashes([]) == {}


async def test_more_keys_than_one_statement_takes_are_found(keys):
    for number in range(3):
        await keys.add_key(bytes([number]) * 32, record(f"k{number}", str(number)))
    asked = [number.to_bytes(32, "big") for number in range(600)] + [b"\x02" * 32]
    assert set(await keys.by_hashes(asked)) == {bytes(32), b"\x02" * 32}


async def test_two_keys_do_not_share_a_name(keys):
    await keys.add_key(b"1" * 32, record(id="1"))
    with pytest.raises(NameTaken):
        await keys.add_key(b"2" * 32, record(id="2"))
    assert await keys.by_hashes([b"2" * 32]) == {}


async def test_a_removed_key_is_gone_and_its_name_is_free(keys):
    await keys.add_key(b"1" * 32, record(id="1"))
    assert await keys.remove_key("1")
    assert not await keys.remove_key("1")
    assert await keys.by_hashes([b"1" * 32]) == {}
    await keys.add_key(b"2" * 32, record(id="2"))
    assert [one.grant.id for one in await keys.list_keys()] == ["2"]


async def test_keys_are_listed_by_name(keys):
    for name in ("b", "a", "c"):
        await keys.add_key(name.encode() * 32, record(name, name))
    assert [one.grant.name for one in await keys.list_keys()] == ["a", "b", "c"]
    assert await keys.list_keys() == [record(name, name) for name in "abc"]


async def test_the_latest_use_of_a_key_is_kept(keys):
    await keys.add_key(b"1" * 32, record(id="1"))
    await keys.mark_used({b"1" * 32: 100.0, b"gone" * 8: 100.0})
    await keys.mark_used({b"1" * 32: 90.0})
    await keys.mark_used({})
    (kept,) = await keys.list_keys()
    assert (kept.created_at, kept.last_used_at) == (50.0, 100.0)


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
