from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from parlor.drivers.jwt.keys import published_keys, static_keys
from parlor.drivers.jwt.settings import JwtSettings
from tests.support.issuer import (
    ASYMMETRIC,
    AUDIENCE,
    SECRET,
    private_pem,
    public_jwk,
    public_pem,
    write_key,
)


def settings(*keys, **more):
    return JwtSettings(keys=keys, audience=AUDIENCE, **more)


def pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_key_file_is_bound_to_its_algorithm_and_kid(tmp_path):
    files = {name: write_key(tmp_path, name) for name in ("HS256", *ASYMMETRIC)}
    named = [f"{name}:k-{name}:{file}" for name, file in files.items()]
    found = static_keys(settings(*named, secret=SECRET))
    assert [(key.algorithm, key.kid) for key in found] == [
        ("HS256", ""),
        *((name, f"k-{name}") for name in files),
    ]


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_a_key_of_another_kind_is_refused(tmp_path, algorithm):
    for other in ASYMMETRIC:
        file = write_key(tmp_path, other)
        if other != algorithm:
            with pytest.raises(ValueError, match=f"not a key for {algorithm}"):
                static_keys(settings(f"{algorithm}:{file}"))


def test_a_public_key_never_becomes_a_secret(tmp_path):
    """What is public could sign, if a PEM were taken for the secret of HS256."""
    file = write_key(tmp_path, "RS256")
    with pytest.raises(ValueError, match="no secret"):
        static_keys(settings(f"HS256:{file}"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"short", "fewer than 32"),
        (b"", "fewer than 32"),
    ],
)
def test_a_short_secret_is_refused(tmp_path, content, said):
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        static_keys(settings(f"HS256:{file}"))


def test_private_short_and_foreign_keys_are_refused(tmp_path):
    file = tmp_path / "key.pem"
    for content in (
        private_pem("RS256"),
        pem(rsa.generate_private_key(65537, 1024)),
        pem(ec.generate_private_key(ec.SECP384R1())),
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    ):
        file.write_bytes(content)
        for algorithm in ("RS256", "ES256"):
            with pytest.raises(ValueError, match=r"key\.pem"):
                static_keys(settings(f"{algorithm}:{file}"))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"gone\.pem"):
        static_keys(settings(f"RS256:{tmp_path / 'gone.pem'}"))


def test_published_keys_are_taken_one_by_one():
    symmetric = {"kty": "oct", "kid": "s", "k": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY"}
    encrypting = {**public_jwk("RS256", "e"), "use": "enc"}
    confused = {**public_jwk("RS256", "c"), "alg": "HS256"}
    broken = {"kty": "RSA", "kid": "b", "n": "?", "e": "AQAB"}
    private = {**public_jwk("ES256", "p"), "d": "AAAA"}
    good = [public_jwk(name, name) for name in ASYMMETRIC]
    entries = [symmetric, encrypting, confused, broken, private, "text", None, *good]
    assert [key.kid for key in published_keys(entries, 32)] == list(ASYMMETRIC)
    assert [key.kid for key in published_keys(entries, 2)] == ["RS256", "ES256"]


def test_a_published_key_without_an_algorithm_has_the_one_of_its_kind():
    entry = public_jwk("EdDSA", "k")
    del entry["alg"], entry["use"]
    (key,) = published_keys([entry], 1)
    assert key.algorithm == "EdDSA"
    assert public_pem("EdDSA").startswith(b"-----BEGIN")
