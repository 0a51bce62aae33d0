"""An authority that exists for one test run, and PEM files signed by it."""

from __future__ import annotations

import datetime
import ssl
import warnings
from pathlib import Path

import trustme
from cryptography import x509

from parlor.gateway.tls.settings import CertificateFiles

AUTHORITY = trustme.CA()


def write_pair(
    folder: Path,
    *names: str,
    stem: str = "",
    expires: datetime.datetime | None = None,
    valid_from: datetime.datetime | None = None,
) -> CertificateFiles:
    """A new certificate for `names` (the first is its common name, too) and its key."""
    issued = AUTHORITY.issue_cert(
        *names, common_name=names[0], not_after=expires, not_before=valid_from
    )
    stem = stem or names[0].replace("*", "any")
    certificate, key = folder / f"{stem}.pem", folder / f"{stem}.key"
    chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
    for file, content in ((certificate, chain), (key, issued.private_key_pem.bytes())):
        # A new inode each time, as ACME clients write.
        draft = file.with_suffix(".draft")
        draft.write_bytes(content)
        draft.replace(file)
    return CertificateFiles(str(certificate), str(key))


def trust_file(folder: Path) -> Path:
    file = folder / "trust.pem"
    file.write_bytes(AUTHORITY.cert_pem.bytes())
    return file


def trusting() -> ssl.SSLContext:
    """A client's context that believes the authority and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    AUTHORITY.configure_trust(context)
    return context


def outdated(highest: ssl.TLSVersion) -> ssl.SSLContext:
    """A client that speaks nothing newer than `highest`, with whatever ciphers that takes."""
    context = trusting()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = highest
    return context


def subject_of(peer: ssl.SSLObject | ssl.SSLSocket) -> str:
    """The common name in the certificate that the server showed."""
    shown = peer.getpeercert(binary_form=True)
    assert shown
    (common,) = x509.load_der_x509_certificate(shown).subject.get_attributes_for_oid(
        x509.NameOID.COMMON_NAME
    )
    return str(common.value)
