import asyncio

import pytest

from parlor.accounts.passwords import Passwords
from parlor.accounts.proving import Proving
from parlor.accounts.settings import AccountsSettings
from parlor.accounts.signing import Signing
from parlor.model.account import User
from parlor.model.errors import (
    BadDisplayName,
    BadName,
    BadRequest,
    NameTaken,
    SignUpClosed,
    TooManyAttempts,
    WeakPassword,
    WrongCredentials,
)
from tests.support.door import HOME, PASSWORD, open_door
from tests.support.steady import CountedBytes
from tests.support.storage import ANN


@pytest.fixture
async def door(tmp_path):
    async with open_door(tmp_path) as opened:
        yield opened


async def test_who_signs_up_is_signed_in_as_an_ordinary_person(door):
    signed_in = await door.signing.sign_up(
        "Ann", PASSWORD, " Ann 安 ", device="phone", address=HOME
    )
    assert (signed_in.user.name, signed_in.user.display_name) == ("ann", "Ann 安")
    assert not signed_in.admin
    identity = await door.sign_ins.authenticate(signed_in.tokens.token)
    assert (identity.user, identity.device) == (signed_in.user.id, "phone")


async def test_an_empty_display_name_is_the_account_name(door):
    assert (await door.sign_up("ann")).user.display_name == "ann"


async def test_a_name_is_taken_whatever_its_case_also_by_two_at_once(door):
    results = await asyncio.gather(
        door.sign_up("Ann"), door.sign_up("ANN"), door.sign_up("ann"), return_exceptions=True
    )
    assert [isinstance(result, NameTaken) for result in results].count(True) == 2
    with pytest.raises(NameTaken):
        await door.sign_up("ann")


@pytest.mark.parametrize(
    ("name", "password", "display_name", "device", "refusal"),
    [
        ("an", PASSWORD, "", "", BadName),
        ("ann\u202e", PASSWORD, "", "", BadName),
        ("ａｎｎ", PASSWORD, "", "", BadName),
        ("ann\ud800", PASSWORD, "", "", BadName),
        ("ann", PASSWORD, "A\u202enn", "", BadDisplayName),
        ("ann", PASSWORD, "A\nnn", "", BadDisplayName),
        ("ann", PASSWORD, "x" * 65, "", BadDisplayName),
        ("ann", PASSWORD, "\ud800", "", BadDisplayName),
        ("ann", "short", "", "", WeakPassword),
        ("ann", "x" * 257, "", "", WeakPassword),
        ("longname", "longname", "", "", WeakPassword),
        ("ann", PASSWORD, "", "x" * 65, BadRequest),
        ("ann", PASSWORD, "", "a\nb", BadRequest),
        ("ann", PASSWORD, "", "\ud800", BadRequest),
    ],
)
async def test_bad_input_is_refused_and_makes_no_account(
    door, name, password, display_name, device, refusal
):
    with pytest.raises(refusal):
        await door.signing.sign_up(name, password, display_name, device=device, address=HOME)
    assert (await door.people.find("", "", 10)) == ([], "")


async def test_closed_sign_up_lets_nobody_in_but_the_operator_adds_people(tmp_path):
    async with open_door(tmp_path, open_sign_up=False) as door:
        with pytest.raises(SignUpClosed):
            await door.sign_up("ann")
        user = await door.signing.add_account("Ann", PASSWORD, admin=True)
        assert user == User(user.id, "ann", "ann")
        signed_in = await door.sign_in("ann")
        assert (signed_in.user, signed_in.admin) == (user, True)


async def test_the_right_password_signs_in_and_nothing_else(door):
    user = (await door.sign_up("ann")).user
    assert (await door.sign_in("ANN")).user == user
    for name, password in [("ann", "wrong horse"), ("bob", PASSWORD), ("\ud800", PASSWORD)]:
        with pytest.raises(WrongCredentials):
            await door.sign_in(name, password)


@pytest.mark.parametrize("password", ["", "x" * 100_000, "\ud800" * 8])
async def test_a_password_that_cannot_be_one_is_just_wrong(door, password):
    await door.sign_up("ann")
    with pytest.raises(WrongCredentials):
        await door.sign_in("ann", password)


async def test_an_invited_account_without_a_password_admits_nobody(door):
    await door.stores.accounts.add_user(User(ANN, "ann", "Ann"), "", admin=True)
    for password in ("", PASSWORD, "A" * 43):
        with pytest.raises(WrongCredentials):
            await door.sign_in("ann", password)


async def test_a_device_without_a_name_gets_one(door):
    await door.sign_up("ann")
    first, second = await door.sign_in("ann", device=""), await door.sign_in("ann", device="")
    assert first.device != second.device
    await door.sign_ins.authenticate(first.tokens.token)


async def test_guessing_is_slowed_down_then_waits_are_told(door):
    await door.sign_up("ann")
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await door.sign_in("ann", "wrong horse")
    with pytest.raises(TooManyAttempts) as refused:
        await door.sign_in("ann")
    assert refused.value.retry_after_s == 1.0
    door.clock.at += 1.0
    assert (await door.sign_in("ann")).user.name == "ann"


async def test_guessing_with_many_requests_at_once_gains_nothing(door):
    await door.sign_up("ann")
    results = await asyncio.gather(
        *(door.sign_in("ann", f"wrong horse {n}") for n in range(30)), return_exceptions=True
    )
    assert [type(result) for result in results].count(WrongCredentials) == 5
    assert [type(result) for result in results].count(TooManyAttempts) == 25


async def test_a_name_that_does_not_exist_is_slowed_down_like_one_that_does(door):
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await door.sign_in("nobody")
    with pytest.raises(TooManyAttempts):
        await door.sign_in("nobody")


async def test_one_address_cannot_try_many_accounts(tmp_path):
    async with open_door(tmp_path, free_failures_per_address=4) as door:
        await door.sign_up("ann")
        for n in range(4):
            with pytest.raises(WrongCredentials):
                await door.sign_in(f"user{n}")
        with pytest.raises(TooManyAttempts):
            await door.sign_in("ann")
        assert await door.sign_in("ann", address="203.0.113.8")
        assert await door.sign_in("ann", address="127.0.0.1")


async def test_signing_in_many_times_is_no_failure(door):
    await door.sign_up("ann")
    for _ in range(30):
        await door.sign_in("ann")


async def test_an_ordinary_password_is_not_replaced_by_signing_in(door):
    await door.sign_up("ann")
    with pytest.raises(BadRequest):
        await door.signing.sign_in(
            "ann", PASSWORD, device="", address=HOME, new_password="another horse"
        )
    assert await door.sign_in("ann")


class ReplacedMeanwhile(Proving):
    """Proves a password, which is another one when the answer is there."""

    def __init__(self, door, passwords):
        super().__init__(door.stores.accounts, passwords, door.attempts, door.clock)
        self._new_passwords = door.new_passwords

    async def prove(self, name, password, address):
        proved = await super().prove(name, password, address)
        await self._new_passwords.make_one_time(name)
        return proved


async def test_a_password_that_is_replaced_while_it_is_checked_opens_nothing(door):
    await door.sign_up("ann")
    settings = AccountsSettings()
    passwords = Passwords(settings)
    proving = ReplacedMeanwhile(door, passwords)
    signing = Signing(
        door.stores.accounts,
        door.sign_ins,
        passwords,
        proving,
        door.new_passwords,
        settings,
        CountedBytes(),
    )
    with pytest.raises(WrongCredentials):
        await signing.sign_in("ann", PASSWORD, device="pad", address=HOME)
    passwords.close()
