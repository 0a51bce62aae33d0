"""What every driver of `ports.accounts.Accounts` promises."""

import asyncio

import pytest

from parlor.model.account import User
from parlor.model.audit import AuditEntry
from parlor.model.errors import NameTaken, NotFound
from parlor.model.ids import UserId
from parlor.ports.accounts import PasswordChange
from tests.support.storage import ANN, BOB, CEM, NOBODY, STORES


@pytest.fixture(params=STORES)
async def accounts(request, tmp_path):
    async with STORES[request.param](tmp_path) as stores:
        yield stores.accounts


async def add(accounts, id, name, display_name, admin=False):
    await accounts.add_user(User(id, name, display_name), f"hash of {name}", admin=admin)


async def test_an_account_comes_back_as_it_was_added(accounts):
    await add(accounts, ANN, "ann", "Ann 安 👩", admin=True)
    found = await accounts.credential("ann")
    assert found.user == User(ANN, "ann", "Ann 安 👩")
    assert (found.password_hash, found.admin) == ("hash of ann", True)
    assert await accounts.credential("nobody") is None


async def test_a_name_belongs_to_one_account(accounts):
    await add(accounts, ANN, "ann", "Ann")
    with pytest.raises(NameTaken):
        await add(accounts, BOB, "ann", "Another")
    assert await accounts.users([BOB]) == []


async def test_one_of_many_who_want_a_name_at_once_gets_it(accounts):
    results = await asyncio.gather(
        *(add(accounts, UserId(str(n)), "ann", "Ann") for n in range(1, 9)),
        return_exceptions=True,
    )
    assert [type(result) for result in results].count(NameTaken) == 7
    assert results.count(None) == 1


async def test_users_come_in_the_order_asked_without_the_unknown(accounts):
    await add(accounts, ANN, "ann", "Ann")
    await add(accounts, BOB, "bob", "Bob")
    found = await accounts.users([BOB, NOBODY, ANN, UserId("x"), UserId("")])
    assert [user.id for user in found] == [BOB, ANN]
    assert await accounts.users([]) == []


ENTRY = AuditEntry(0, 5, ANN, "password.change", ANN)


async def test_a_password_can_be_set_and_an_administrator_made(accounts):
    await add(accounts, ANN, "ann", "Ann")
    assert await accounts.set_password(ANN, "new", ENTRY) == []
    assert (await accounts.credential("ann")).password_hash == "new"
    assert not (await accounts.credential("ann")).admin
    await accounts.set_password(ANN, "newer", ENTRY, PasswordChange(admin=True))
    assert (await accounts.credential("ann")).admin
    await accounts.set_password(ANN, "newest", ENTRY)
    assert (await accounts.credential("ann")).admin
    for nobody in (NOBODY, UserId("x")):
        with pytest.raises(NotFound):
            await accounts.set_password(nobody, "x", ENTRY)


async def test_administrators_without_a_password_do_not_count(accounts):
    assert await accounts.count_admins() == 0
    await accounts.add_user(User(ANN, "ann", "Ann"), "", admin=True)
    await add(accounts, BOB, "bob", "Bob")
    assert await accounts.count_admins() == 0
    await accounts.set_password(ANN, "hash", ENTRY)
    assert await accounts.count_admins() == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ann", ["ann_b", "anna"]),
        ("lov", ["ada"]),
        ("ADA LOV", ["ada"]),
        ("ｌｏｖ", ["ada"]),
        ("\0lov", ["ada"]),
        ("张", ["zhang"]),
        ("张伟", ["zhang"]),
        ("éc", ["cole"]),
        ("lace", []),
        ("%", []),
        ("_", []),
        ("", ["ada", "ann_b", "anna", "cole", "zhang"]),
        ("\U0010ffff", []),
    ],
)
async def test_people_are_found_by_the_beginning_of_a_word(accounts, query, found):
    await add(accounts, ANN, "ada", "Ada Lovelace")
    await add(accounts, BOB, "anna", "Bob")
    await add(accounts, CEM, "zhang", "张伟 老师")
    await add(accounts, UserId("9"), "ann_b", "Ann Bee")
    await add(accounts, UserId("10"), "cole", "L' École")
    assert [user.name for user in await accounts.find_users(query, "", 20)] == found


async def test_finding_goes_on_after_the_last_name_seen(accounts):
    for n in range(1, 8):
        await add(accounts, UserId(str(n)), f"user{n}", "Same Name")
    first = await accounts.find_users("same", "", 3)
    rest = await accounts.find_users("same", first[-1].name, 10)
    assert [user.name for user in [*first, *rest]] == [f"user{n}" for n in range(1, 8)]


async def test_a_renamed_person_is_found_by_the_new_name_only(accounts):
    await add(accounts, ANN, "ann", "Old Name")
    renamed = await accounts.rename(ANN, "New Words")
    assert renamed == User(ANN, "ann", "New Words")
    assert await accounts.users([ANN]) == [renamed]
    assert await accounts.find_users("old", "", 5) == []
    assert await accounts.find_users("words", "", 5) == [renamed]
    assert await accounts.find_users("ann", "", 5) == [renamed]
    with pytest.raises(NotFound):
        await accounts.rename(NOBODY, "X")
