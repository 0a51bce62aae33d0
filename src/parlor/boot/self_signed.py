"""A certificate without an authority, for a network of one's own: `parlor certificate self-signed`.

It is signed by an authority that exists for this one signature and whose key is never written
down: phones and browsers import that authority (`trust.pem`), since many of them take no other
kind, and nobody can sign anything else with it.
"""

from __future__ import annotations

import datetime
import fcntl
import ipaddress
import os
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parlor.gateway.tls.certificate import CertificateError
from parlor.gateway.tls.settings import CertificateFiles

if TYPE_CHECKING:
    from cryptography.x509 import GeneralName

FOLDER = "tls"
VALID_DAYS = 820
"""Apple's devices refuse more than 825."""
_SIOCGIFADDR = 0x8915


@dataclass(frozen=True, slots=True)
class SelfSigned:
    """What was made. `trust` is what other devices import."""

    files: CertificateFiles
    trust: Path
    names: tuple[str, ...]
    until: datetime.date


def ensure_self_signed(data: Path) -> CertificateFiles:
    """The pair in the data folder, made for this machine's own names when it is not there.

    Raises CertificateError.
    """
    files = _files(data)
    if Path(files.certificate).exists() and Path(files.key).exists():
        return files
    try:
        return make_self_signed(data, ()).files
    except OSError as wrong:
        raise CertificateError(f"{files.certificate}: {wrong.strerror or wrong}") from wrong


def make_self_signed(data: Path, names: Sequence[str]) -> SelfSigned:
    """Make a new pair for `names` and this machine's own, in place of an older one.

    A running server that uses it takes the new one by itself. Raises OSError.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    everybody = tuple(dict.fromkeys([*names, *own_names()]))
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    end = start + datetime.timedelta(days=VALID_DAYS)
    issuer_key, key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    common = x509.NameOID.COMMON_NAME
    issuer = x509.Name([x509.NameAttribute(common, f"Parlor on {socket.gethostname()}"[:64])])

    def certify(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
                critical=False,
            )
        )

    authority = (
        certify(issuer, issuer_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    leaf = (
        certify(x509.Name([x509.NameAttribute(common, everybody[0][:64])]), key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in everybody]),
            critical=False,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    files = _files(data)
    trust = data / FOLDER / "trust.pem"
    trust.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(Path(files.key), secret, 0o600)
    chain = leaf.public_bytes(pem) + authority.public_bytes(pem)
    _write(Path(files.certificate), chain, 0o644)
    _write(trust, authority.public_bytes(pem), 0o644)
    return SelfSigned(files, trust, everybody, end.date())


def own_names() -> list[str]:
    """What this machine is called and which addresses it has, loopback included."""
    host = socket.gethostname()
    names = ["localhost", host]
    if "." not in host:
        # What it answers to by multicast DNS, where that is set up.
        names.append(f"{host}.local")
    return [*names, "127.0.0.1", "::1", *_addresses()]


def _addresses() -> list[str]:
    """Of all network interfaces; without those that only mean something on one of them."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            with suppress(OSError):
                answer = fcntl.ioctl(asking.fileno(), _SIOCGIFADDR, request)
                found.append(socket.inet_ntoa(answer[20:24]))
    with suppress(OSError):
        lines = Path("/proc/net/if_inet6").read_text().splitlines()
        found += [str(ipaddress.IPv6Address(bytes.fromhex(line.split()[0]))) for line in lines]
    return [
        each
        for each in found
        if not (ip := ipaddress.ip_address(each)).is_loopback and not ip.is_link_local
    ]


def _general_name(name: str) -> GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode() if not name.isascii() else name)


def _files(data: Path) -> CertificateFiles:
    folder = data / FOLDER
    return CertificateFiles(str(folder / "certificate.pem"), str(folder / "key.pem"))


def _write(file: Path, content: bytes, mode: int) -> None:
    """All or nothing, and never readable for others in between."""
    draft = file.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as out:
        os.fchmod(out.fileno(), mode)
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
