import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webhook import sign, verify

SECRET = "a secret of some length"
AT = 1_790_000_000
BODY = b'{"events":[],"dropped":0}'


def test_the_signature_is_hmac_sha256_over_time_and_body():
    expected = hmac.new(SECRET.encode(), b"1790000000." + BODY, hashlib.sha256).hexdigest()
    assert sign(SECRET, AT, BODY) == f"t=1790000000,v1={expected}"


def test_golden_bytes():
    assert sign("parlor-example-secret", AT, b"{}") == (
        "t=1790000000,v1=60b87072b47cc1257b0fd43245f6e2dbdcb1b26d844187a27a972b4549c171e9"
    )


@pytest.mark.parametrize(("now", "fits"), [(0, True), (300, True), (-300, True), (301, False)])
def test_an_old_message_sent_again_is_refused(now, fits):
    assert verify(SECRET, sign(SECRET, AT, BODY), BODY, AT + now) is fits


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1790000000",
        "v1=00",
        "t=1790000000,v1=" + "0" * 64,
        "t=-1,v1=" + "0" * 64,
        "t=１７,v1=" + "0" * 64,
        sign("another secret", AT, BODY),
        sign(SECRET, AT + 1, BODY).replace(str(AT + 1), str(AT)),
        sign(SECRET, AT, BODY + b" "),
        sign(SECRET, AT, BODY).upper(),
    ],
)
def test_anything_else_is_refused(header):
    assert not verify(SECRET, header, BODY, AT)


@given(st.text(), st.binary(), st.integers(0, 2**33))
def test_what_was_signed_is_recognised(secret, body, at):
    secret = secret.encode("utf-8", "replace").decode()
    assert verify(secret, sign(secret, at, body), body, at)


@given(st.text(), st.binary())
def test_no_header_breaks_it(header, body):
    assert not verify(SECRET, header, body, AT)
