"""What every driver of `ports.accounts.Revocations` promises."""

import pytest

from parlor.model.account import User
from parlor.model.ids import DeviceId
from parlor.ports.accounts import Revocation, RevocationKind, SessionRow
from tests.support.storage import ANN, STORES


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        yield opened


def revoked(value, kind=RevocationKind.USER, expires_at=1_000.0):
    return Revocation(kind, value, 50.5, expires_at)


async def test_what_was_revoked_is_found_again_in_order(stores):
    everything = [revoked(f"v{kind}", kind) for kind in RevocationKind]
    for one in everything:
        await stores.revocations.add(one, now=1.0)
    found, mark = await stores.revocations.since(0)
    assert list(found) == everything
    assert await stores.revocations.since(mark) == ([], mark)


async def test_only_what_is_new_is_given(stores):
    await stores.revocations.add(revoked("a"), now=1.0)
    _, mark = await stores.revocations.since(0)
    await stores.revocations.add(revoked("b"), now=1.0)
    found, _ = await stores.revocations.since(mark)
    assert [one.value for one in found] == ["b"]


async def test_what_has_expired_is_forgotten_and_what_is_new_still_noticed(stores):
    """Marks only grow: the newest rows may be gone when the next one comes."""
    await stores.revocations.add(revoked("old", expires_at=10.0), now=1.0)
    _, mark = await stores.revocations.since(0)
    await stores.revocations.add(revoked("new"), now=10.0)
    assert [one.value for one in (await stores.revocations.since(0))[0]] == ["new"]
    assert [one.value for one in (await stores.revocations.since(mark))[0]] == ["new"]


@pytest.mark.parametrize("how", ["end", "device", "all", "replaced", "reused"])
async def test_every_end_of_a_sign_in_is_stored_with_it(stores, how):
    def row(id):
        hashes = (f"t-{id}".encode().ljust(32), f"r-{id}".encode().ljust(32))
        return SessionRow(id, ANN, DeviceId("phone"), hashes[0], 900.0, hashes[1], 2_000.0)

    await stores.accounts.add_user(User(ANN, "ann", "Ann"), "", admin=False)
    await stores.sessions.open(row("s"))
    if how == "end":
        assert (await stores.sessions.end("s")).user == ANN
        assert await stores.sessions.end("s") is None
    elif how == "device":
        assert [one.session for one in await stores.sessions.end_device(DeviceId("phone"))] == ["s"]
    elif how == "all":
        await stores.sessions.end_all(ANN)
    elif how == "replaced":
        await stores.sessions.open(row("t"))
    else:
        await stores.sessions.rotate(row("s").refresh_hash, row("x"), 1.0)
        await stores.sessions.rotate(row("s").refresh_hash, row("y"), 1.0)
    (found,), _ = await stores.revocations.since(0)
    assert (found.kind, found.value, found.expires_at) == (RevocationKind.SESSION, "s", 900.0)
