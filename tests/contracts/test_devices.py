"""What every driver of `ports.accounts.Devices` promises, and signing in under a policy."""

import asyncio

import pytest

from parlor.model.device import Platform
from parlor.model.errors import TooManyDevices
from parlor.model.ids import DeviceId, UserId
from parlor.ports.accounts import DeviceRecord, Opened, Seen, SessionRow
from tests.support.storage import ANN, BOB, NOBODY, STORES

NOW_MS = 100_000


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB)
        yield opened


def row(id, user=ANN, device=None, at_ms=NOW_MS, expires_at=10_000.0, **more):
    def hashed(word):
        return f"{word}-{id}".encode().ljust(32, b".")

    return SessionRow(
        id,
        user,
        DeviceId(device or id),
        hashed("t"),
        1_000.0,
        hashed("r"),
        expires_at,
        **{"platform": Platform.WEB, "label": "Firefox", "address": "203.0.113.7"} | more,
        created_at=at_ms,
    )


async def names(stores, user=ANN, now=100.0):
    return [one.device for one in await stores.devices.list(user, now)]


async def test_a_sign_in_is_listed_with_everything_it_was_opened_with(stores):
    await stores.sessions.open(row("s", device="phone", platform=Platform.IOS, label="iPhone"))
    (listed,) = await stores.devices.list(ANN, 100.0)
    assert listed == DeviceRecord(
        "s", DeviceId("phone"), Platform.IOS, "iPhone", NOW_MS, NOW_MS, "203.0.113.7"
    )
    assert await stores.devices.list(BOB, 100.0) == []
    assert await stores.devices.list(UserId("no number"), 100.0) == []


async def test_the_last_seen_comes_first_and_what_has_run_out_does_not_come(stores):
    await stores.sessions.open(row("first", at_ms=100_000))
    await stores.sessions.open(row("second", at_ms=200_000))
    await stores.sessions.open(row("short", at_ms=300_000, expires_at=400.0))
    assert await names(stores, now=399.0) == ["short", "second", "first"]
    assert await names(stores, now=400.0) == ["second", "first"]
    await stores.devices.mark_seen([Seen("first", 250_000)])
    assert await names(stores, now=400.0) == ["first", "second"]


async def test_when_a_device_was_seen_never_moves_back(stores):
    await stores.sessions.open(row("s"))
    await stores.devices.mark_seen([Seen("s", 300_000, "198.51.100.1"), Seen("gone", 300_000)])
    await stores.devices.mark_seen([Seen("s", 200_000, "198.51.100.2")])
    (listed,) = await stores.devices.list(ANN, 100.0)
    assert (listed.last_seen_at, listed.address) == (300_000, "198.51.100.1")
    await stores.devices.mark_seen([Seen("s", 400_000)])
    (listed,) = await stores.devices.list(ANN, 100.0)
    assert (listed.last_seen_at, listed.address) == (400_000, "198.51.100.1")


async def test_a_label_can_be_changed_by_its_owner_only(stores):
    await stores.sessions.open(row("s", device="phone"))
    assert not await stores.devices.rename(BOB, DeviceId("phone"), "mine")
    assert not await stores.devices.rename(ANN, DeviceId("tablet"), "mine")
    assert await stores.devices.rename(ANN, DeviceId("phone"), "Ann's 📱")
    assert await stores.devices.rename(ANN, DeviceId("phone"), "Ann's 📱")
    assert [one.label for one in await stores.devices.list(ANN, 100.0)] == ["Ann's 📱"]


async def test_a_chosen_label_outlives_the_next_sign_in_unless_that_brings_one(stores):
    await stores.sessions.open(row("one", device="phone"))
    await stores.devices.rename(ANN, DeviceId("phone"), "Ann's")
    await stores.sessions.open(row("two", device="phone", label="Chrome"))
    assert [one.label for one in await stores.devices.list(ANN, 100.0)] == ["Ann's"]
    await stores.sessions.open(row("three", device="phone", label="New", labelled=True))
    assert [one.label for one in await stores.devices.list(ANN, 100.0)] == ["New"]


async def test_a_refresh_fills_in_what_was_never_said_and_says_where_the_device_is(stores):
    await stores.sessions.open(row("s", label="", address="203.0.113.7"))
    renewed = row("x", label="Firefox", at_ms=900_000, address="198.51.100.9")
    await stores.sessions.rotate(row("s").refresh_hash, renewed, 900.0)
    (listed,) = await stores.devices.list(ANN, 100.0)
    assert (listed.label, listed.platform) == ("Firefox", Platform.WEB)
    assert (listed.created_at, listed.last_seen_at) == (NOW_MS, 900_000)
    assert listed.address == "198.51.100.9"
    await stores.sessions.rotate(renewed.refresh_hash, row("y", label="Other", address=""), 901.0)
    (listed,) = await stores.devices.list(ANN, 100.0)
    assert (listed.label, listed.address) == ("Firefox", "198.51.100.9")


async def test_the_policy_sees_the_other_devices_and_ends_those_it_names(stores):
    await stores.sessions.open(row("one"))
    await stores.sessions.open(row("two"))
    await stores.sessions.open(row("over", expires_at=50.0))
    await stores.sessions.open(row("bob's", user=BOB))
    shown: list[str] = []

    def choose(others):
        shown.extend(other.session for other in others)
        return ["one"]

    opened = await stores.sessions.open(row("two again", device="two"), choose)
    assert shown == ["one"]
    assert opened.again.session == "two"
    assert [identity.session for identity in opened.replaced] == ["one"]
    assert await names(stores) == ["two"]
    assert await stores.sessions.by_token(row("one").token_hash) is None
    assert await names(stores, BOB) == ["bob's"]
    ended = [one.value for one in (await stores.revocations.since(0))[0]]
    assert {"one", "two"} <= set(ended)


async def test_a_refused_sign_in_changes_nothing(stores):
    await stores.sessions.open(row("one", device="phone"))

    def choose(others):
        raise TooManyDevices

    with pytest.raises(TooManyDevices):
        await stores.sessions.open(row("two", device="phone"), choose)
    assert (await stores.sessions.by_token(row("one").token_hash)).identity.session == "one"


async def test_of_many_sign_ins_at_once_the_policy_counts_every_one(stores):
    def only_one(others):
        return [other.session for other in others]

    opened = await asyncio.gather(
        *(stores.sessions.open(row(f"s{n}", at_ms=NOW_MS + n), only_one) for n in range(10))
    )
    assert len(await names(stores)) == 1
    assert sum(len(one.replaced) for one in opened) == 9


async def test_one_device_or_all_others_can_be_signed_out(stores):
    for name in ("one", "two", "three"):
        await stores.sessions.open(row(name))
    await stores.sessions.open(row("bob's", user=BOB, device="one"))
    ended = await stores.sessions.end_one(ANN, DeviceId("one"))
    assert ended.session == "one"
    assert await stores.sessions.end_one(ANN, DeviceId("one")) is None
    assert await stores.sessions.end_one(NOBODY, DeviceId("two")) is None
    ended = await stores.sessions.end_all(ANN, but="three")
    assert [identity.session for identity in ended] == ["two"]
    assert await names(stores) == ["three"]
    assert await names(stores, BOB) == ["one"]
    assert await stores.sessions.open(row("new")) == Opened()
