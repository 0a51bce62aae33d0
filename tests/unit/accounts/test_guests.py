from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.accounts.auth_settings import AuthSettings
from parlor.accounts.guests import MAX_DEVICE_CHARS, identify, is_account_id
from parlor.model.account import Grants
from parlor.model.errors import Unauthenticated
from parlor.model.ids import RoomId, number_id
from parlor.ports.tokens import Claims

PLAIN = AuthSettings()


def of(settings: AuthSettings = PLAIN, **claims: object):
    return identify(Claims(**{"sub": "ann", "expires_at": 9.0, **claims}), "token", settings)  # type: ignore[arg-type]


def test_a_customers_user_has_push_and_rooms_and_nothing_else():
    identity, user = of(name="Ann", device="phone", token_id="t1", issued_at=5.0)
    assert (identity.user, identity.device, identity.session) == ("ann", "phone", "jti:t1")
    assert (identity.has_account, identity.admin, identity.expires_at) == (False, False, 9.0)
    assert (user.id, user.display_name) == ("ann", "Ann")


@given(st.binary(min_size=7, max_size=7))
def test_an_id_of_an_account_is_never_a_customers(entropy):
    account = number_id(entropy)
    assert is_account_id(account)
    for sub in (account, f"0{account}", account.translate({48 + d: 0x0660 + d for d in range(10)})):
        with pytest.raises(Unauthenticated):
            of(sub=sub)


def test_a_prefix_cannot_make_an_id_of_an_account_either():
    account = number_id(b"\0" * 7)
    with pytest.raises(Unauthenticated):
        of(AuthSettings(user_prefix=account[:4]), sub=account[4:])
    identity, _ = of(AuthSettings(user_prefix="shop:"), sub=account)
    assert identity.user == f"shop:{account}"


def test_the_operator_may_let_tokens_name_accounts():
    account = number_id(b"\0" * 7)
    identity, _ = of(AuthSettings(map_accounts=True), sub=account)
    assert (identity.user, identity.has_account, identity.admin) == (account, True, False)
    assert not of(AuthSettings(map_accounts=True), sub="ann")[0].has_account


@pytest.mark.parametrize("sub", ["1", "1001", "4503599627370495", "9007199254740992", "9" * 30])
def test_other_numbers_are_the_customers_own(sub):
    assert of(sub=sub)[0].user == sub


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": ""},
        {"sub": "x" * 129},
        {"sub": "a\nb"},
        {"sub": "\ud800"},
        {"device": "x" * 65},
        {"device": "a\0"},
        {"token_id": "x" * 129},
        {"rooms": ("a",) * 65},
        {"publish": ("x" * 129,)},
    ],
)
def test_names_that_are_too_long_or_cannot_be_shown_are_refused(claims):
    with pytest.raises(Unauthenticated):
        of(**claims)


@pytest.mark.parametrize("name", ["", "x" * 65, "\u202eevil", "\0"])
def test_a_name_that_cannot_be_shown_keeps_nobody_out(name):
    assert of(name=name)[1].display_name == "ann"


def test_a_token_without_an_id_is_named_by_its_hash_and_a_user_without_a_device_by_the_user():
    identity, _ = of()
    assert identity.session.startswith("jti:sha256-")
    assert identity.device == "ann"
    other, _ = identify(Claims("ann", 9.0), "another token", PLAIN)
    assert other.session != identity.session


def test_long_names_have_a_device_each_although_they_begin_alike():
    long, other = "x" * 100, "x" * 99 + "y"
    devices = {of(sub=sub)[0].device for sub in (long, other, "x" * 64, "x" * 65)}
    assert len(devices) == 4
    assert max(map(len, devices)) <= MAX_DEVICE_CHARS
    assert of(sub=long)[0].device == of(sub=long)[0].device
    assert of(sub="x" * 64)[0].device == "x" * 64


def test_rooms_are_opened_by_name_or_by_how_they_begin():
    grants = Grants(("news", "shop/*"), ("shop/7",))
    rooms = ["news", "news2", "shop/", "shop/7", "sho", ""]
    assert [grants.may_join(RoomId(room)) for room in rooms] == [
        True, False, True, True, False, False,
    ]  # fmt: skip
    assert [grants.may_publish(RoomId(room)) for room in rooms] == [
        False, False, False, True, False, False,
    ]  # fmt: skip
    assert Grants(None, None).may_join(RoomId("any"))
    assert not Grants((), None).may_join(RoomId("any"))
    assert of()[0].grants is None
    assert of(rooms=())[0].grants == Grants((), None)
