"""The certificate with which a worker proves in DTLS who it is: self-signed, made at its start.

Nobody trusts it for itself: its fingerprint travels in the session description, over the
connection of somebody who is signed in (RFC 8827 §6.5). One serves all peers of a process.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from parlor.wire.webrtc.sdp import Fingerprint

VALID_DAYS = 365
"""Browsers make theirs for 30 days and look at no date of the peer's."""

_NAME = "parlor"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A P-256 key, which every browser takes (RFC 8827 §6.5), and the certificate of it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def fingerprint(self) -> Fingerprint:
        """For `Transport.fingerprints` of this end's descriptions."""
        return Fingerprint("sha-256", self.certificate.fingerprint(hashes.SHA256()))

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def make_certificate(now: float) -> Certificate:
    """A new key and its certificate, valid from a day before `now` (Unix seconds) on.

    Randomness is OpenSSL's own. About a millisecond.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _NAME)])
    today = datetime.datetime.fromtimestamp(now, datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=VALID_DAYS))
        .sign(key, hashes.SHA256())
    )
    return Certificate(certificate, key)
