from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.drivers.jwt.jwks import FetchFailed, Jwks
from parlor.drivers.jwt.keys import static_keys
from parlor.drivers.jwt.settings import JwtSettings
from parlor.drivers.jwt.tokens import JwtTokens
from parlor.model.errors import AuthUnavailable, Unauthenticated
from parlor.ports.tokens import Claims
from tests.support.issuer import (
    ASYMMETRIC,
    AUDIENCE,
    ISSUER,
    SECRET,
    mint,
    private_key,
    public_jwk,
    public_pem,
    write_key,
)
from tests.support.steady import CountingMeter, HandClock

CLOCK = HandClock()
NOW = CLOCK.unix_ms() / 1000


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    files = tuple(f"{name}:{write_key(folder, name)}" for name in ASYMMETRIC)
    settings = JwtSettings(
        secret=SECRET, keys=files, audience=AUDIENCE, issuer=ISSUER, max_lifetime_s=3_600, skew_s=30
    )
    return JwtTokens(static_keys(settings), None, settings, CLOCK)


async def refused(tokens, token, *, was_good=False):
    with pytest.raises(Unauthenticated) as caught:
        await tokens.check(token)
    assert caught.value.was_good is was_good


@pytest.mark.parametrize("algorithm", ["HS256", *ASYMMETRIC])
async def test_what_a_good_token_says_is_heard(tokens, algorithm):
    token = mint(
        "ann", algorithm, now=NOW, jti="t1", device="phone", name="Ann", rooms=["a*"], publish=[]
    )
    assert tokens.takes(token)
    assert await tokens.check(token) == Claims(
        "ann", NOW + 600, NOW, "t1", "phone", "Ann", ("a*",), ()
    )


@pytest.mark.parametrize("algorithm", ["HS256", *ASYMMETRIC])
async def test_another_key_of_the_same_kind_is_no_good(tokens, algorithm):
    key = "another secret of at least 32 bytes" if algorithm == "HS256" else None
    await refused(tokens, mint("ann", algorithm, now=NOW, number=1, key=key))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "somebody.else"},
        {"aud": None},
        {"aud": ["a", "b"]},
        {"iss": "https://thief.test"},
        {"iss": None},
        {"sub": None},
        {"sub": 7},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": -1},
        {"nbf": "now"},
        {"jti": 5},
        {"device": ["x"]},
        {"name": {}},
        {"rooms": "a"},
        {"rooms": [1]},
    ],
)
async def test_a_token_for_somebody_else_or_without_what_it_needs_is_refused(tokens, claims):
    await refused(tokens, mint(now=NOW, **{"sub": "ann", **claims}))


async def test_one_of_several_audiences_is_enough(tokens):
    assert (await tokens.check(mint(now=NOW, aud=["other", AUDIENCE]))).sub == "ann"


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({"exp": NOW - 29}, True),
        ({"exp": NOW - 30}, False),
        ({"nbf": NOW + 30}, True),
        ({"nbf": NOW + 31}, False),
        ({"iat": NOW + 31}, False),
        ({"exp": NOW + 3_630}, True),
        ({"exp": NOW + 3_631}, False),
        ({"exp": NOW + 3_631, "iat": None}, False),
        ({"exp": NOW + 600, "iat": NOW - 3_100}, False),
        ({"iat": None}, True),
    ],
)
async def test_times_count_within_the_skew(tokens, claims, good):
    token = mint(now=NOW, **{"iat": NOW - 100 if claims.get("exp", NOW) < NOW else NOW, **claims})
    if good:
        assert (await tokens.check(token)).sub == "ann"
    else:
        await refused(tokens, token, was_good=True)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _payload() -> dict[str, object]:
    return {"sub": "ann", "aud": AUDIENCE, "iss": ISSUER, "iat": NOW, "exp": NOW + 60}


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS512", "RS512", "", None, 5, ["HS256"]])
async def test_an_algorithm_that_is_not_ours_is_refused(tokens, alg):
    head = _part({"alg": alg, "typ": "JWT"})
    for signature in ("", "AAAA"):
        await refused(tokens, f"{head}.{_part(_payload())}.{signature}")


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
async def test_a_public_key_used_as_a_secret_signs_nothing(tokens, algorithm):
    """HS/RS confusion: whoever has the public key could sign with HS256."""
    signed = f"{_part({'alg': 'HS256'})}.{_part(_payload())}"
    mac = hmac.digest(public_pem(algorithm), signed.encode(), hashlib.sha256)
    signature = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    await refused(tokens, f"{signed}.{signature}")


async def test_extensions_that_must_be_understood_are_not(tokens):
    head = _part({"alg": "HS256", "crit": ["b64"], "b64": False})
    signed = f"{head}.{_part(_payload())}"
    mac = hmac.digest(SECRET.encode(), signed.encode(), hashlib.sha256)
    signature = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    await refused(tokens, f"{signed}.{signature}")


GOOD = [mint("ann", name, now=NOW) for name in ("HS256", *ASYMMETRIC)]


@given(st.sampled_from(GOOD), st.data())
async def test_a_token_with_any_character_changed_is_refused(tokens, token, data):
    at = data.draw(st.integers(0, len(token) - 1))
    changed = data.draw(st.characters(codec="utf-8").filter(lambda c: c != token[at]))
    tampered = token[:at] + changed + token[at + 1 :]
    if _means_the_same(tampered, token):
        return
    with pytest.raises(Unauthenticated):
        await tokens.check(tampered)


def _means_the_same(one: str, other: str) -> bool:
    """The last character of base64 without padding has spare bits that carry nothing."""
    if one.count(".") != 2 or not one.isascii():
        return False
    try:
        return [base64.urlsafe_b64decode(part + "==") for part in one.split(".")] == [
            base64.urlsafe_b64decode(part + "==") for part in other.split(".")
        ]
    except ValueError:
        return False


@given(st.text(max_size=200))
async def test_no_text_at_all_raises_anything_else(tokens, text):
    for token in (text, f"eyJ{text}", f"{GOOD[0]}{text}.", f"eyJhbGciOiJIUzI1NiJ9.{text}.AAAA"):
        with pytest.raises(Unauthenticated):
            await tokens.check(token)


async def test_a_kid_chooses_among_the_keys_of_its_algorithm(tmp_path):
    files = []
    for number in (0, 1):
        file = tmp_path / f"{number}.pem"
        file.write_bytes(public_pem("ES256", number))
        files.append(f"ES256:k{number}:{file}")
    settings = JwtSettings(keys=tuple(files), audience=AUDIENCE)
    tokens = JwtTokens(static_keys(settings), None, settings, CLOCK)
    for number in (0, 1):
        for kid in (f"k{number}", ""):
            token = mint("ann", "ES256", number=number, kid=kid, now=NOW, iss=None)
            assert (await tokens.check(token)).sub == "ann"
        await refused(tokens, mint("ann", "ES256", number=number, kid=f"k{1 - number}", now=NOW))
    assert private_key("ES256", 0) is not private_key("ES256", 1)


class Published:
    """The key URL of a customer: its one key, how often it was fetched, or no answer."""

    def __init__(self) -> None:
        self.fetches = 0
        self.is_down = False

    async def fetch(self) -> bytes:
        self.fetches += 1
        if self.is_down:
            raise FetchFailed("down")
        return json.dumps({"keys": [public_jwk("ES256", "published", 1)]}).encode()


def both(folder: Path, url: Published, kid: str = "") -> JwtTokens:
    """A key of a file, called `kid`, besides the published ones."""
    named = f"ES256:{kid}:" if kid else "ES256:"
    settings = JwtSettings(
        secret=SECRET,
        keys=(f"{named}{write_key(folder, 'ES256')}",),
        audience=AUDIENCE,
        issuer=ISSUER,
        jwks_url="https://shop.test/keys",
    )
    jwks = Jwks(url.fetch, settings, CLOCK, CountingMeter())
    return JwtTokens(static_keys(settings), jwks, settings, CLOCK)


@pytest.mark.parametrize("kid", ["", "published"])
async def test_a_key_without_a_name_does_not_hide_the_published_ones(tmp_path, kid):
    tokens = both(tmp_path, Published())
    assert (await tokens.check(mint("ann", "ES256", number=1, kid=kid, now=NOW))).sub == "ann"


async def test_what_a_key_of_our_own_has_signed_needs_no_url(tmp_path):
    url = Published()
    url.is_down = True
    tokens = both(tmp_path, url)
    for algorithm in ("ES256", "HS256"):
        assert (await tokens.check(mint("ann", algorithm, kid="any", now=NOW))).sub == "ann"
    assert url.fetches == 0


async def test_who_names_a_key_of_our_own_is_judged_by_that_key_alone(tmp_path):
    url = Published()
    tokens = both(tmp_path, url, kid="own")
    await refused(tokens, mint("ann", "ES256", number=1, kid="own", now=NOW))
    await refused(tokens, mint("ann", "HS256", key="x" * 32, now=NOW))
    assert url.fetches == 0
    assert (await tokens.check(mint("ann", "ES256", number=1, kid="published", now=NOW))).sub


async def test_what_none_of_all_the_keys_has_signed_is_refused(tmp_path):
    url = Published()
    tokens = both(tmp_path, url)
    for _ in range(3):
        await refused(tokens, mint("ann", "ES256", number=2, now=NOW))
    assert url.fetches == 1


async def test_while_the_url_is_down_a_foreign_signature_is_neither_good_nor_bad(tmp_path):
    url = Published()
    url.is_down = True
    with pytest.raises(AuthUnavailable):
        await both(tmp_path, url).check(mint("ann", "ES256", number=1, now=NOW))
