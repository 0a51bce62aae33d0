"""What a new password does to the sign-ins that the old one opened, in every store."""

import asyncio

import msgspec
import pytest

from parlor.model.account import User
from parlor.model.audit import AuditEntry
from parlor.model.errors import WrongCredentials
from parlor.model.ids import DeviceId
from parlor.ports.accounts import PasswordChange, RevocationKind, SessionRow
from tests.support.storage import ANN, BOB, STORES

ENTRY = AuditEntry(0, 5, ANN, "password.change", ANN)


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as stores:
        for user, name in ((ANN, "ann"), (BOB, "bob")):
            await stores.accounts.add_user(User(user, name, name), "old", admin=False)
        for session, user in (("here", ANN), ("phone", ANN), ("pad", ANN), ("his", BOB)):
            await stores.sessions.open(row(session, user))
        yield stores


def row(session, user=ANN):
    token, refresh = (f"{kind}-{session}".encode().ljust(32, b".") for kind in "tr")
    return SessionRow(session, user, DeviceId(session), token, 1_000.0, refresh, 2_000.0)


async def signed_in(stores):
    names = ("here", "phone", "pad", "his", "late")
    found = [await stores.sessions.by_token(row(name).token_hash) for name in names]
    return [one.identity.session for one in found if one is not None]


async def entries(stores):
    return [msgspec.structs.replace(one, id=0) for one in await stores.audit.list(0, 10)]


async def test_a_new_password_ends_all_sign_ins_but_one_and_is_entered(stores):
    change = PasswordChange("old", but="here")
    ended = await stores.accounts.set_password(ANN, "new", ENTRY, change)
    assert sorted((one.session, one.user, one.device) for one in ended) == [
        ("pad", ANN, "pad"),
        ("phone", ANN, "phone"),
    ]
    assert await signed_in(stores) == ["here", "his"]
    assert (await stores.accounts.credential("ann")).password_hash == "new"
    assert (await stores.accounts.credential("bob")).password_hash == "old"
    revoked, _ = await stores.revocations.since(0)
    assert sorted((one.kind, one.value) for one in revoked) == [
        (RevocationKind.SESSION, "pad"),
        (RevocationKind.SESSION, "phone"),
    ]
    assert await entries(stores) == [ENTRY]


async def test_a_password_that_is_another_by_now_is_not_replaced_and_nothing_ends(stores):
    with pytest.raises(WrongCredentials):
        await stores.accounts.set_password(ANN, "new", ENTRY, PasswordChange("older"))
    assert (await stores.accounts.credential("ann")).password_hash == "old"
    assert await signed_in(stores) == ["here", "phone", "pad", "his"]
    assert await entries(stores) == []


async def test_of_many_who_replace_a_password_at_once_one_does(stores):
    results = await asyncio.gather(
        *(
            stores.accounts.set_password(ANN, f"new {n}", ENTRY, PasswordChange("old"))
            for n in range(4)
        ),
        return_exceptions=True,
    )
    assert [isinstance(one, WrongCredentials) for one in results].count(True) == 3
    (winner,) = [n for n, one in enumerate(results) if isinstance(one, list)]
    assert (await stores.accounts.credential("ann")).password_hash == f"new {winner}"
    assert await entries(stores) == [ENTRY]


async def test_nobody_comes_in_by_a_password_that_was_replaced_meanwhile(stores):
    await stores.sessions.open(row("late"), password_hash="old")
    await stores.accounts.set_password(ANN, "new", ENTRY)
    with pytest.raises(WrongCredentials):
        await stores.sessions.open(row("late"), password_hash="old")
    assert await signed_in(stores) == ["his"]
    await stores.sessions.open(row("late"), password_hash="new")
    assert await signed_in(stores) == ["his", "late"]


async def test_a_sign_in_at_the_same_moment_is_refused_or_ended(stores):
    results = await asyncio.gather(
        stores.sessions.open(row("late"), password_hash="old"),
        stores.accounts.set_password(ANN, "new", ENTRY, PasswordChange("old")),
        return_exceptions=True,
    )
    assert await signed_in(stores) == ["his"]
    opened, ended = results
    assert isinstance(ended, list)
    was_ended = "late" in [one.session for one in ended]
    assert isinstance(opened, WrongCredentials) != was_ended
