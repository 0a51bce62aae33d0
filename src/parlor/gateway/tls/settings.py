"""What an operator may set about TLS. Section `tls`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Mode = Literal["off", "on", "both"]
"""Of a listener: plain only; TLS only; or the client's choice, told apart by the first byte."""

_Above0 = Annotated[float, msgspec.Meta(gt=0)]


class CertificateFiles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two PEM files: the certificate with its chain, leaf first, and its key without passphrase."""

    certificate: str
    key: str


class TlsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times in seconds. Without certificates every listener is plain.

    `certificates`: each a table with `certificate` and `key`, or the text `CERTIFICATE:KEY`. The
    client's server name chooses, a wildcard stands for one label, the first one serves everybody
    else. `self_signed` makes one in the data folder and puts it first. `web` is the web port. The
    files are looked at every `check_files_s`; `max_handshakes` may be under way at once.
    """

    certificates: tuple[CertificateFiles | str, ...] = ()
    self_signed: bool = False
    web: Mode = "on"
    min_version: Literal["1.2", "1.3"] = "1.2"
    handshake_timeout_s: _Above0 = 10.0
    max_handshakes: Annotated[int, msgspec.Meta(ge=1)] = 5_000
    check_files_s: _Above0 = 60.0

    def __post_init__(self) -> None:
        self.pairs()

    @property
    def is_on(self) -> bool:
        return self.self_signed or bool(self.certificates)

    def pairs(self) -> tuple[CertificateFiles, ...]:
        """`certificates`, all in one form. Raises ValueError for a text without its colon."""
        return tuple(
            _parse_pair(each) if isinstance(each, str) else each for each in self.certificates
        )


def _parse_pair(text: str) -> CertificateFiles:
    certificate, colon, key = text.partition(":")
    if not (certificate and colon and key):
        raise ValueError(f"certificates: write {text!r} as CERTIFICATE.pem:KEY.pem")
    return CertificateFiles(certificate, key)
