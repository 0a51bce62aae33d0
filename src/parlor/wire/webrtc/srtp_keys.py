"""How SRTP keys come out of a DTLS handshake (RFC 5764 §4.2, RFC 7714 §12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

EXPORTER_LABEL = b"EXTRACTOR-dtls_srtp"


class SrtpProfile(Enum):
    """What protects the packets; the order is this end's preference.

    GCM costs a quarter less than counter mode with HMAC, and both ends of a call have it.
    """

    AEAD_AES_128_GCM = ("SRTP_AEAD_AES_128_GCM", 16, 12)
    AES128_CM_SHA1_80 = ("SRTP_AES128_CM_SHA1_80", 16, 14)

    @property
    def openssl_name(self) -> str:
        return self.value[0]

    @property
    def key_bytes(self) -> int:
        return self.value[1]

    @property
    def salt_bytes(self) -> int:
        return self.value[2]

    @property
    def material_bytes(self) -> int:
        """What has to be exported for both directions."""
        return 2 * (self.key_bytes + self.salt_bytes)


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """A master key with its salt behind it, for each direction. Never logged: not in the repr."""

    profile: SrtpProfile
    ours: bytes = field(repr=False)
    """Protects what this end sends."""
    theirs: bytes = field(repr=False)


def split_material(profile: SrtpProfile, material: bytes, *, client: bool) -> SrtpKeys:
    """Cut what the exporter gave; `client` is this end's role in DTLS.

    In `material` are the client's key, the server's, the client's salt, the server's.
    """
    if len(material) != profile.material_bytes:
        raise ValueError(f"keying material of {len(material)} bytes")
    key, salt = profile.key_bytes, profile.salt_bytes
    salts = material[2 * key :]
    of_client = material[:key] + salts[:salt]
    of_server = material[key : 2 * key] + salts[salt:]
    if client:
        return SrtpKeys(profile, of_client, of_server)
    return SrtpKeys(profile, of_server, of_client)
