"""One certificate: its two files read, checked against each other, ready to shake hands with."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from parlor.gateway.tls.settings import CertificateFiles, TlsSettings

# Forward secret and authenticated, RFC 9325 §4.2; TLS 1.3 has no others.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
ALPN = ("http/1.1",)
_MIN_VERSION = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class CertificateError(Exception):
    """One line that names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """`names` are its host names in lower case, wildcards among them; times in Unix seconds."""

    names: tuple[str, ...]
    valid_from: float
    expires_at: float
    context: ssl.SSLContext

    def fault(self, unix_s: float) -> str | None:
        """Why clients will refuse it now; None when they have no reason to."""
        if unix_s >= self.expires_at:
            return "has expired"
        return "is not valid yet" if unix_s < self.valid_from else None


def new_context(settings: TlsSettings) -> ssl.SSLContext:
    """A server's context without a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _MIN_VERSION[settings.min_version]
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(list(ALPN))
    # A client could make the server do the expensive half of a handshake again and again.
    context.options |= ssl.OP_NO_RENEGOTIATION
    # One ticket is enough to come back with; each costs a connection 250 bytes and 20 µs.
    context.num_tickets = 1
    return context


def load_certificate(files: CertificateFiles, settings: TlsSettings) -> Certificate:
    """Raises CertificateError. An expired one is loaded: see `Certificate.fault`."""
    # 30 ms that a server without TLS need not spend.
    from cryptography import x509

    pem = _read(files.certificate)
    _read(files.key)
    try:
        leaf = x509.load_pem_x509_certificates(pem)[0]
        names = _names(leaf)
        valid_from, until = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    except (
        ValueError,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as wrong:
        raise CertificateError(f"{files.certificate}: no certificate in PEM: {wrong}") from wrong
    context = new_context(settings)
    try:
        context.load_cert_chain(files.certificate, files.key, password=_refuse_passphrase(files))
    except ssl.SSLError as wrong:
        if wrong.reason == "KEY_VALUES_MISMATCH":
            raise CertificateError(
                f"{files.key}: not the key of the certificate in {files.certificate}"
            ) from wrong
        reason = (wrong.reason or str(wrong)).lower().replace("_", " ")
        raise CertificateError(f"{files.certificate}, {files.key}: {reason}") from wrong
    except OSError as wrong:
        raise CertificateError(f"{files.certificate}: {wrong.strerror or wrong}") from wrong
    return Certificate(names, valid_from.timestamp(), until.timestamp(), context)


def _names(leaf: object) -> tuple[str, ...]:
    """From the alternative names, and only without them from the subject (RFC 9525 §6.3)."""
    from cryptography import x509

    assert isinstance(leaf, x509.Certificate)
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = found.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        common = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        names = [str(attribute.value) for attribute in common]
    return tuple(name.lower().rstrip(".") for name in names)


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except PermissionError as wrong:
        raise CertificateError(f"{path}: not readable by user id {os.geteuid()}") from wrong
    except OSError as wrong:
        raise CertificateError(f"{path}: {wrong.strerror or wrong}") from wrong


def _refuse_passphrase(files: CertificateFiles) -> Callable[[], str]:
    """OpenSSL would otherwise ask at the terminal, and the server would wait there."""

    def refuse() -> str:
        raise CertificateError(f"{files.key}: has a passphrase; a server needs a key without one")

    return refuse
