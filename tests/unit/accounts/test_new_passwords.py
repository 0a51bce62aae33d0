import asyncio

import pytest

from parlor.model.close import CloseCode
from parlor.model.errors import (
    BadName,
    NewPasswordNeeded,
    NotFound,
    SamePassword,
    TooManyAttempts,
    Unauthenticated,
    WeakPassword,
    WrongCredentials,
)
from tests.support.door import HOME, PASSWORD, open_door

NEW = "a staple, a battery"


@pytest.fixture
async def door(tmp_path):
    async with open_door(tmp_path) as opened:
        yield opened


async def somebody(door, device="phone"):
    """The identity of `ann`, who signs up on the first device and signs in on others."""
    known = await door.stores.accounts.credential("ann")
    signed_in = await (door.sign_in if known else door.sign_up)("ann", device=device)
    return await door.sign_ins.authenticate(signed_in.tokens.token), signed_in.tokens


async def change(door, me, present=PASSWORD, new=NEW, address=HOME):
    return await door.new_passwords.change(me, present, new, address=address)


async def test_the_new_password_signs_in_and_the_old_one_does_not(door):
    me, _ = await somebody(door)
    assert await change(door, me) == 0
    with pytest.raises(WrongCredentials):
        await door.sign_in("ann")
    assert (await door.sign_in("ann", NEW)).user.id == me.user


async def test_every_other_sign_in_ends_and_says_why_and_this_one_goes_on(door):
    phone, phone_tokens = await somebody(door)
    _, pad_tokens = await somebody(door, "pad")
    me, tokens = await somebody(door, "laptop")
    other = await door.sign_up("bob")
    away = []
    door.sign_ins.on_sent_away(lambda identity, why: away.append((identity.device, why)))
    assert await change(door, me) == 2
    assert sorted(away) == [("pad", CloseCode.SIGNED_OUT), ("phone", CloseCode.SIGNED_OUT)]
    assert phone.session in [identity.session for identity in door.ended]
    for ended in (phone_tokens, pad_tokens):
        with pytest.raises(Unauthenticated):
            await door.sign_ins.authenticate(ended.token)
        with pytest.raises(Unauthenticated):
            await door.signing.refresh(ended.refresh_token)
    assert await door.sign_ins.authenticate(tokens.token) == me
    assert (await door.signing.refresh(tokens.refresh_token)).device == "laptop"
    assert await door.sign_ins.authenticate(other.tokens.token)


@pytest.mark.parametrize(
    ("present", "new", "refusal"),
    [
        ("wrong horse", NEW, WrongCredentials),
        ("", NEW, WrongCredentials),
        ("\ud800" * 8, NEW, WrongCredentials),
        (PASSWORD, "short", WeakPassword),
        (PASSWORD, "x" * 257, WeakPassword),
        (PASSWORD, "\ud800" * 8, WeakPassword),
        (PASSWORD, PASSWORD, SamePassword),
        ("wrong horse", "wrong horse", WrongCredentials),
    ],
)
async def test_what_is_refused_changes_nothing(door, present, new, refusal):
    await somebody(door)
    me, _ = await somebody(door, "laptop")
    with pytest.raises(refusal):
        await change(door, me, present, new)
    assert door.ended == []
    assert await door.sign_in("ann", device="third")
    assert await door.stores.audit.list(0, 10) == []


async def test_the_account_name_is_no_password_whatever_its_case(door):
    signed_in = await door.sign_up("long.name")
    me = await door.sign_ins.authenticate(signed_in.tokens.token)
    with pytest.raises(WeakPassword):
        await change(door, me, new="Long.Name")


async def test_the_same_password_in_another_form_of_unicode_is_the_same(door):
    user = await door.signing.add_account("ann", "caf\u00e9 au lait")
    signed_in = await door.sign_in("ann", "caf\u00e9 au lait")
    me = await door.sign_ins.authenticate(signed_in.tokens.token)
    assert me.user == user.id
    with pytest.raises(SamePassword):
        await change(door, me, "caf\u00e9 au lait", "cafe\u0301 au lait")


async def test_guessing_here_and_at_the_door_count_together(door):
    me, _ = await somebody(door)
    for _ in range(3):
        with pytest.raises(WrongCredentials):
            await change(door, me, "wrong horse")
    for _ in range(2):
        with pytest.raises(WrongCredentials):
            await door.sign_in("ann", "wrong horse")
    for attempt in (change(door, me), door.sign_in("ann")):
        with pytest.raises(TooManyAttempts) as refused:
            await attempt
        assert refused.value.retry_after_s == 1.0
    door.clock.at += 1.0
    assert await change(door, me) == 0


async def test_of_two_changes_at_once_one_holds(door):
    me, _ = await somebody(door)
    results = await asyncio.gather(
        change(door, me, new=f"{NEW} 1"), change(door, me, new=f"{NEW} 2"), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["WrongCredentials", "int"]
    assert await door.sign_in("ann", f"{NEW} {results.index(0) + 1}")


async def test_a_change_is_in_the_audit_log_without_a_word_of_it(door):
    me, _ = await somebody(door)
    await change(door, me)
    await door.new_passwords.make_one_time("ann")
    entries = await door.stores.audit.list(0, 10, subject=me.user)
    assert [(one.actor, one.act, one.body) for one in entries] == [
        ("operator", "password.reset", "{}"),
        (me.user, "password.change", "{}"),
    ]


async def test_a_one_time_password_is_good_for_choosing_a_new_one_once(door):
    await somebody(door)
    given = await door.new_passwords.make_one_time("Ann")
    assert len(given) == 19
    assert [identity.device for identity in door.ended] == ["phone"]
    with pytest.raises(WrongCredentials):
        await door.sign_in("ann")
    with pytest.raises(NewPasswordNeeded):
        await door.sign_in("ann", given)
    for new, refusal in (("short", WeakPassword), (given, SamePassword)):
        with pytest.raises(refusal):
            await choose(door, given, new)
    assert (await choose(door, given, NEW)).device == "pad"
    for used in (choose(door, given, NEW), door.sign_in("ann", given)):
        with pytest.raises(WrongCredentials):
            await used
    assert await door.sign_in("ann", NEW)


async def choose(door, given, new):
    return await door.signing.sign_in("ann", given, device="pad", address=HOME, new_password=new)


async def test_of_two_who_use_a_one_time_password_at_once_one_comes_in(door):
    await somebody(door)
    given = await door.new_passwords.make_one_time("ann")
    results = await asyncio.gather(
        choose(door, given, f"{NEW} 1"), choose(door, given, f"{NEW} 2"), return_exceptions=True
    )
    assert [isinstance(result, WrongCredentials) for result in results].count(True) == 1


async def test_one_time_passwords_differ_and_the_newest_counts(door):
    await somebody(door)
    first, second = [await door.new_passwords.make_one_time("ann") for _ in range(2)]
    assert first != second
    with pytest.raises(WrongCredentials):
        await door.sign_in("ann", first)
    with pytest.raises(NewPasswordNeeded):
        await door.sign_in("ann", second)


@pytest.mark.parametrize(("name", "refusal"), [("nobody", NotFound), ("!", BadName)])
async def test_nobody_without_an_account_gets_one(door, name, refusal):
    with pytest.raises(refusal):
        await door.new_passwords.make_one_time(name)
