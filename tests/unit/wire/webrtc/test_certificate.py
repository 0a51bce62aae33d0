import datetime
import hashlib

from cryptography.hazmat.primitives.asymmetric import ec

from parlor.wire.webrtc.certificate import VALID_DAYS, make_certificate

NOW = 1_800_000_000.0


def test_the_fingerprint_is_the_hash_of_the_certificate():
    made = make_certificate(NOW)
    assert made.fingerprint.algorithm == "sha-256"
    assert made.fingerprint.digest == hashlib.sha256(made.der).digest()


def test_the_key_is_one_that_every_browser_takes():
    assert isinstance(make_certificate(NOW).key.curve, ec.SECP256R1)


def test_it_is_valid_from_before_now_for_a_year():
    made = make_certificate(NOW).certificate
    today = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    assert made.not_valid_before_utc == today - datetime.timedelta(days=1)
    assert made.not_valid_after_utc == today + datetime.timedelta(days=VALID_DAYS)


def test_no_two_are_alike():
    assert make_certificate(NOW).fingerprint != make_certificate(NOW).fingerprint
