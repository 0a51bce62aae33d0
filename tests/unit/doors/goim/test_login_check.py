from __future__ import annotations

import json
import uuid

import pytest

from parlor.doors.goim.login_check import NOBODY, LoginCheck
from parlor.model.errors import Forbidden, Unauthenticated
from parlor.wire.goim.login import Login, parse_login
from tests.support.goim_fakes import CountedEntropy, KnownTokens

TOKENS = KnownTokens({"anna's": "123", "ben's": "456"})

HERE = "127.0.0.1"


def _login(**fields: object) -> Login:
    return parse_login(json.dumps(fields).encode())


@pytest.fixture
def closed() -> LoginCheck:
    return LoginCheck("token", TOKENS, CountedEntropy())


@pytest.fixture
def anybody() -> LoginCheck:
    return LoginCheck("open", TOKENS, CountedEntropy())


@pytest.mark.parametrize("fields", [{"token": "anna's"}, {"key": "anna's"}])
async def test_a_token_proves_its_user_in_either_field(closed: LoginCheck, fields: dict[str, str]):
    for mid in (0, 123):
        admitted = await closed.check_login(_login(mid=mid, **fields), HERE)
        assert admitted.user == "123"
        assert admitted.identity is not None
        assert admitted.identity.user == "123"


async def test_a_forged_mid_is_refused(closed: LoginCheck):
    for fields in ({"token": "anna's"}, {"key": "anna's"}):
        with pytest.raises(Forbidden):
            await closed.check_login(_login(mid=456, **fields), HERE)
    with pytest.raises(Forbidden):
        await closed.check_login(_login(mid=-123, token="anna's"), HERE)


@pytest.mark.parametrize(
    "fields", [{}, {"key": "ANNA'S"}, {"token": "x", "key": "anna's"}, {"mid": 123}]
)
async def test_without_a_live_token_nobody_comes_in(closed: LoginCheck, fields: dict[str, object]):
    with pytest.raises(Unauthenticated):
        await closed.check_login(_login(**fields), HERE)


async def test_every_login_is_checked_anew():
    tokens = KnownTokens({"anna's": "123"})
    logins = LoginCheck("token", tokens, CountedEntropy())
    for _ in range(2):
        await logins.check_login(_login(token="anna's"), HERE)
    assert tokens.asked_anew == [True, True]


async def test_a_token_never_becomes_the_name_of_a_connection(closed: LoginCheck):
    assert (await closed.check_login(_login(key="anna's"), HERE)).key != "anna's"
    assert (await closed.check_login(_login(key="phone", token="anna's"), HERE)).key == "phone"


async def test_open_mode_believes_every_login(anybody: LoginCheck):
    admitted = await anybody.check_login(_login(mid=123, key="phone"), HERE)
    assert (admitted.user, admitted.key, admitted.identity) == ("123", "phone", None)


async def test_mid_0_is_nobody(anybody: LoginCheck):
    assert (await anybody.check_login(_login(key="phone"), HERE)).user == NOBODY


async def test_a_login_without_a_key_gets_a_random_uuid(anybody: LoginCheck):
    keys = {(await anybody.check_login(_login(mid=1), HERE)).key for _ in range(10)}
    assert len(keys) == 10
    assert {uuid.UUID(key).version for key in keys} == {4}


def test_a_v1_login_is_a_token_or_in_open_mode_a_users_number():
    token_mode = LoginCheck("token", KnownTokens({}), CountedEntropy())
    assert token_mode.parse_v1("abc") == Login(0, "", "", "", (), "abc")
    open_mode = LoginCheck("open", KnownTokens({}), CountedEntropy())
    assert open_mode.parse_v1("123").mid == 123
    for check, token in [
        (token_mode, ""), (open_mode, ""), (open_mode, "x"), (open_mode, "-1"),
        (open_mode, "\u0663"), (open_mode, "1" * 19),
    ]:  # fmt: skip
        with pytest.raises(Forbidden):
            check.parse_v1(token)
