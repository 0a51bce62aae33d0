import asyncio

import pytest

from parlor.accounts.passwords import Passwords, check_password, is_one_time, once
from parlor.accounts.settings import AccountsSettings
from parlor.model.errors import Overloaded, WeakPassword

CHEAP = AccountsSettings(hash_passes=1, hash_memory_kib=64)


@pytest.fixture
def passwords():
    opened = Passwords(CHEAP)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "good", ["12345678", "x" * 256, "密码密码密码密码", "with space ok", "pass\tword"]
)
def test_long_enough_is_good_enough(good):
    assert check_password(good, "ann") == good


@pytest.mark.parametrize(
    "bad", ["", "1234567", "x" * 257, "x" * 10_000, "longer-name", "Longer-Name", "12345678\ud800"]
)
def test_short_long_broken_or_the_account_name_is_refused(bad):
    with pytest.raises(WeakPassword):
        check_password(bad, "longer-name")


async def test_a_hash_matches_its_password_only(passwords):
    hashed = await passwords.hash("correct horse")
    assert hashed.startswith("$argon2id$")
    assert "correct" not in hashed
    assert await passwords.matches(hashed, "correct horse")
    assert not await passwords.matches(hashed, "Correct horse")


async def test_the_same_password_typed_in_another_form_of_unicode_matches(passwords):
    hashed = await passwords.hash(check_password("caf\u00e9 caf\u00e9", "ann"))
    assert await passwords.matches(hashed, "cafe\u0301 cafe\u0301")


@pytest.mark.parametrize("raw", ["", "x" * 10_000, "\ud800" * 9, "correct horse"])
async def test_nothing_matches_where_there_is_no_password(passwords, raw):
    assert not await passwords.matches("", raw)
    assert not await passwords.matches("not a hash", raw)


async def test_an_impossible_password_matches_nothing(passwords):
    hashed = await passwords.hash("correct horse")
    for raw in ("", "short", "x" * 10_000, "\ud800" * 9):
        assert not await passwords.matches(hashed, raw)


async def test_a_missing_account_costs_the_same_work_as_a_wrong_password(passwords):
    """The stand-in is a well-formed hash of the same cost, so verifying does all of the work."""
    real = (await passwords.hash("correct horse")).split("$")
    assert passwords._nobodys.split("$")[:4] == real[:4]
    assert [len(part) for part in passwords._nobodys.split("$")] == [len(part) for part in real]


async def test_more_than_may_wait_is_refused_at_once():
    passwords = Passwords(AccountsSettings(hash_passes=1, hash_memory_kib=64, max_waiting_hashes=2))
    waiting = [asyncio.ensure_future(passwords.hash("correct horse")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await passwords.hash("one too many")
    await asyncio.gather(*waiting)
    assert await passwords.hash("now there is room")
    passwords.close()


async def test_a_one_time_password_matches_and_is_told_from_others(passwords):
    hashed = await passwords.hash("correct horse")
    assert await passwords.matches(once(hashed), "correct horse")
    assert not await passwords.matches(once(hashed), "wrong horse")
    assert not await passwords.matches(once(""), "correct horse")
    assert (is_one_time(once(hashed)), is_one_time(hashed), is_one_time("")) == (True, False, False)
