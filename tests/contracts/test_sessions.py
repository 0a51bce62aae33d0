"""What every driver of `ports.accounts.Sessions` promises."""

import asyncio

import pytest

from parlor.model.account import Identity, User
from parlor.model.ids import DeviceId, UserId
from parlor.ports.accounts import Holder, Opened, Reused, SessionRow
from tests.support.storage import ANN, BOB, STORES


@pytest.fixture(params=STORES)
async def sessions(request, tmp_path):
    async with STORES[request.param](tmp_path) as stores:
        await stores.accounts.add_user(User(ANN, "ann", "Ann"), "", admin=True)
        await stores.accounts.add_user(User(BOB, "bob", "Bob"), "", admin=False)
        yield stores.sessions


def hashed(word):
    return word.encode().ljust(32, b".")


def row(id, user=ANN, device="phone", token=None, expires_at=2_000.0):
    name = token or id
    return SessionRow(
        id=id,
        user=user,
        device=DeviceId(device),
        token_hash=hashed(f"t-{name}"),
        token_expires_at=1_000.0,
        refresh_hash=hashed(f"r-{name}"),
        refresh_expires_at=expires_at,
    )


async def rotate(sessions, old, new, now=100.0, expires_at=2_000.0):
    fresh = row("", UserId(""), "", new, expires_at)
    return await sessions.rotate(hashed(f"r-{old}"), fresh, now)


async def test_a_token_names_who_signed_in(sessions):
    assert await sessions.open(row("s")) == Opened()
    found = await sessions.by_token(hashed("t-s"))
    identity = Identity(ANN, DeviceId("phone"), "s", admin=True, expires_at=1_000.0)
    assert found == Holder(identity, User(ANN, "ann", "Ann"))
    assert await sessions.by_token(hashed("r-s")) is None


async def test_signing_in_again_on_a_device_replaces_the_earlier_one(sessions):
    await sessions.open(row("old"))
    await sessions.open(row("other device", device="laptop"))
    await sessions.open(row("other person", user=BOB))
    opened = await sessions.open(row("new"))
    assert (opened.again.session, opened.replaced) == ("old", ())
    assert await sessions.by_token(hashed("t-old")) is None
    for name in ("new", "other device", "other person"):
        assert (await sessions.by_token(hashed(f"t-{name}"))).identity.session == name


async def test_a_refresh_gives_new_tokens_to_the_same_session(sessions):
    await sessions.open(row("s"))
    rotated = await rotate(sessions, "s", "two")
    assert rotated == Identity(ANN, DeviceId("phone"), "s", admin=True, expires_at=1_000.0)
    assert await sessions.by_token(hashed("t-s")) is None
    assert (await sessions.by_token(hashed("t-two"))).identity == rotated
    assert (await rotate(sessions, "two", "three")).session == "s"


async def test_a_spent_refresh_token_ends_the_session_of_thief_and_owner(sessions):
    await sessions.open(row("s"))
    await sessions.open(row("bystander", device="laptop"))
    await rotate(sessions, "s", "two")
    await rotate(sessions, "two", "three")
    reused = await rotate(sessions, "s", "stolen")
    assert isinstance(reused, Reused)
    assert (reused.ended.session, reused.ended.user) == ("s", ANN)
    assert await sessions.by_token(hashed("t-three")) is None
    assert await rotate(sessions, "three", "four") is None
    assert await sessions.by_token(hashed("t-bystander")) is not None


async def test_of_two_refreshes_at_once_one_wins_and_the_session_ends(sessions):
    await sessions.open(row("s"))
    results = await asyncio.gather(rotate(sessions, "s", "a"), rotate(sessions, "s", "b"))
    assert sorted(type(result).__name__ for result in results) == ["Identity", "Reused"]


async def test_an_unknown_or_expired_refresh_token_gives_nothing(sessions):
    await sessions.open(row("s", expires_at=50.0))
    assert await rotate(sessions, "never", "x") is None
    assert await rotate(sessions, "s", "x", now=50.0) is None
    assert await sessions.by_token(hashed("t-x")) is None


async def test_an_ended_session_is_gone(sessions):
    await sessions.open(row("s"))
    await sessions.end("s")
    await sessions.end("never was")
    assert await sessions.by_token(hashed("t-s")) is None
    assert await rotate(sessions, "s", "x") is None


async def test_ending_all_of_one_person_leaves_the_others(sessions):
    await sessions.open(row("one"))
    await sessions.open(row("two", device="laptop"))
    await sessions.open(row("his", user=BOB))
    ended = await sessions.end_all(ANN)
    assert sorted(identity.session for identity in ended) == ["one", "two"]
    assert await sessions.by_token(hashed("t-one")) is None
    assert await sessions.by_token(hashed("t-his")) is not None
    assert await sessions.end_all(ANN) == []
