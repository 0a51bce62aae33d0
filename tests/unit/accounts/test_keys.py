import asyncio
from collections.abc import Mapping

import pytest

from parlor.accounts.key_settings import KeySettings
from parlor.accounts.keys import TRUSTED_S, ApiKeys
from parlor.model.account import Quota, Scope
from parlor.model.errors import (
    BadRequest,
    Forbidden,
    NameTaken,
    NotFound,
    OverQuota,
    StorageFailed,
    Unauthenticated,
)
from parlor.ports.accounts import Keys
from tests.support.door import open_door
from tests.support.steady import CountedBytes, CountingMeter


class FailsToMark:
    """A store that does not write down uses as long as it has a `failure`."""

    def __init__(self, keys: Keys) -> None:
        self.failure: BaseException | None = None
        self._keys = keys

    def __getattr__(self, name: str) -> object:
        return getattr(self._keys, name)

    async def mark_used(self, used_at: Mapping[bytes, float]) -> None:
        if self.failure is not None:
            raise self.failure
        await self._keys.mark_used(used_at)


@pytest.fixture
async def door(tmp_path):
    async with open_door(tmp_path) as opened:
        yield opened


async def test_a_key_opens_what_it_was_made_for(door):
    key = (await door.keys.add("crm", [Scope.PUSH])).key
    assert key.startswith("plk_")
    for _ in range(2):
        grant = await door.keys.check(key, Scope.PUSH)
        assert (grant.name, grant.scopes) == ("crm", {Scope.PUSH})
        with pytest.raises(Forbidden):
            await door.keys.check(key, Scope.IM)


async def test_an_administrators_key_opens_everything(door):
    key = (await door.keys.add("root", [Scope.ADMIN])).key
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
    with pytest.raises(BadRequest):
        await door.keys.add("other", [Scope.IM], expires_in_s=-1)


async def test_a_key_expires(door):
    key = (await door.keys.add("short", [Scope.PUSH], expires_in_s=10)).key
    await door.keys.check(key, Scope.PUSH)
    door.clock.at += 9.9
    await door.keys.check(key, Scope.PUSH)
    door.clock.at += 0.2
    with pytest.raises(Unauthenticated):
        await door.keys.check(key, Scope.PUSH)


@pytest.mark.parametrize("by", ["id", "name"])
async def test_a_revoked_key_is_refused_on_its_very_next_request(door, by):
    made = await door.keys.add("crm", [Scope.PUSH])
    other = await door.keys.add("other", [Scope.PUSH])
    await door.keys.check(made.key, Scope.PUSH)
    revoked = await door.keys.revoke(getattr(made.record.grant, by))
    assert revoked.grant == made.record.grant
    with pytest.raises(Unauthenticated):
        await door.keys.check(made.key, Scope.PUSH)
    await door.keys.check(other.key, Scope.PUSH)
    with pytest.raises(NotFound):
        await door.keys.revoke("crm")


async def test_a_key_revoked_while_it_is_looked_up_is_not_remembered(door):
    made = await door.keys.add("crm", [Scope.PUSH])
    looking = asyncio.create_task(door.keys.check(made.key, Scope.PUSH))
    await asyncio.sleep(0)
    await door.keys.revoke("crm")
    await asyncio.wait([looking])
    with pytest.raises(Unauthenticated):
        await door.keys.check(made.key, Scope.PUSH)


async def test_a_key_revoked_by_another_process_is_refused_after_the_next_look(door):
    made = await door.keys.add("crm", [Scope.PUSH])
    await door.keys.check(made.key, Scope.PUSH)
    await door.stores.keys.remove_key(made.record.grant.id)
    await door.keys.check(made.key, Scope.PUSH)
    await door.keys.look_again()
    with pytest.raises(Unauthenticated):
        await door.keys.check(made.key, Scope.PUSH)


async def test_a_key_that_was_idle_is_looked_up_again(door):
    made = await door.keys.add("crm", [Scope.PUSH])
    await door.keys.check(made.key, Scope.PUSH)
    await door.keys.look_again()
    assert door.keys.in_use == 1
    await door.keys.look_again()
    assert door.keys.in_use == 0
    await door.stores.keys.remove_key(made.record.grant.id)
    with pytest.raises(Unauthenticated):
        await door.keys.check(made.key, Scope.PUSH)


async def test_without_looks_an_answer_is_trusted_for_so_long(door):
    made = await door.keys.add("crm", [Scope.PUSH])
    await door.keys.check(made.key, Scope.PUSH)
    await door.stores.keys.remove_key(made.record.grant.id)
    door.clock.at += TRUSTED_S
    await door.keys.check(made.key, Scope.PUSH)
    door.clock.at += 0.1
    with pytest.raises(Unauthenticated):
        await door.keys.check(made.key, Scope.PUSH)


async def test_when_a_key_was_used_is_written_afterwards(door):
    made = await door.keys.add("crm", [Scope.PUSH])
    await door.keys.check(made.key, Scope.PUSH)
    (record,) = await door.keys.list()
    assert (record.grant, record.last_used_at) == (made.record.grant, 0.0)
    await door.keys.mark_used()
    (record,) = await door.keys.list()
    assert record.last_used_at == door.clock.unix_ms() / 1_000


@pytest.mark.parametrize("failure", [StorageFailed(), asyncio.CancelledError()])
async def test_a_use_that_could_not_be_written_is_written_the_next_time(door, failure):
    store = FailsToMark(door.stores.keys)
    keys = ApiKeys(store, door.clock, CountedBytes(), CountingMeter(), KeySettings())  # type: ignore[arg-type]
    first, second = [(await keys.add(name, [Scope.PUSH])).key for name in ("a", "b")]
    await keys.check(first, Scope.PUSH)
    store.failure = failure
    with pytest.raises(type(failure)):
        await keys.mark_used()
    store.failure = None
    await keys.check(second, Scope.PUSH)
    await keys.mark_used()
    assert all(record.last_used_at for record in await keys.list())


async def test_the_last_uses_are_written_when_the_process_ends(door):
    made = await door.keys.add("crm", [Scope.PUSH])
    await door.keys.check(made.key, Scope.PUSH)
    running = asyncio.create_task(door.keys.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])
    (record,) = await door.keys.list()
    assert record.last_used_at > 0


async def test_no_more_keys_are_kept_in_memory_than_allowed(door):
    settings = KeySettings(remembered=2)
    keys = ApiKeys(door.stores.keys, door.clock, CountedBytes(), CountingMeter(), settings)
    made = [await keys.add(f"k{number}", [Scope.PUSH]) for number in range(3)]
    for one in (*made, *made):
        await keys.check(one.key, Scope.PUSH)
        assert keys.in_use <= 2


async def test_a_key_has_the_quota_it_was_made_with(door):
    quota = Quota(requests_per_second=1, request_burst=2, messages_per_second=1, message_burst=3)
    made = await door.keys.add("crm", [Scope.PUSH], quota=quota)
    grant = await door.keys.check(made.key, Scope.PUSH)
    door.keys.spend(grant, 3)
    with pytest.raises(OverQuota):
        door.keys.spend(grant, 1)
    await door.keys.check(made.key, Scope.PUSH)
    with pytest.raises(OverQuota):
        await door.keys.check(made.key, Scope.PUSH)
