"""The login JSON: what goim takes, and what it refuses."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.errors import WireError
from parlor.wire.goim.login import Login, parse_login

DEMO = b'{"mid":123, "room_id":"live://1000", "platform":"web", "accepts":[1000,1001,1002]}'


def test_the_login_of_the_goim_demo_is_read():
    assert parse_login(DEMO) == Login(123, "", "live://1000", "web", (1000, 1001, 1002), "")


def test_every_field_may_be_missing_or_null_and_unknown_ones_are_ignored():
    nobody = Login(0, "", "", "", (), "")
    assert parse_login(b"{}") == nobody
    nulls = b'{"mid":null,"key":null,"room_id":null,"platform":null,"accepts":null,"token":null}'
    assert parse_login(nulls) == nobody
    assert parse_login(b'{"shoe_size":[{"left":44}]}') == nobody


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"7",
        b'"token"',
        b"{",
        b"{} {}",
        b'{"mid":"123"}',
        b'{"mid":1.5}',
        b'{"mid":9223372036854775808}',
        b'{"mid":true}',
        b'{"accepts":[2147483648]}',
        b'{"accepts":["1000"]}',
        b'{"accepts":{"0":1}}',
        b'{"key":5}',
        b'{"key":"\xff\xfe"}',
        b'{"x":' + b"[" * 4000,
        b'{"x":' + b"[" * 2000 + b"]" * 2000 + b"}",
        b'{"mid":' + b"9" * 4000 + b"}",
        b"\x00" * 40,
    ],
)
def test_what_is_not_a_login_is_refused(body: bytes):
    try:
        parse_login(body)
    except WireError:
        return
    # Only a well-formed object with an unknown, deeply nested field may pass.
    assert body.startswith(b'{"x":[[') and body.endswith(b"]]}")


@given(st.integers(0, 1 << 32))
def test_a_changed_login_is_read_or_refused_and_never_anything_else(seed: int):
    """100 examples of 100 damages each."""
    chance = random.Random(seed)
    for _ in range(100):
        body = bytearray(DEMO)
        for _ in range(chance.randrange(1, 4)):
            body[chance.randrange(len(body))] = chance.choice(b'{}[]":,.-e019 ntf\\\x00\xff')
        try:
            login = parse_login(bytes(body[: chance.choice([len(body), chance.randrange(90)])]))
        except WireError:
            continue
        assert isinstance(login.mid, int)
        assert all(isinstance(op, int) for op in login.accepts)
