"""Keys that check signatures: each bound to the one algorithm it may be used with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from parlor.drivers.jwt.settings import MIN_SECRET_BYTES, JwtSettings, split_key

MIN_RSA_BITS = 2_048
_PEM = b"-----BEGIN"


@dataclass(frozen=True, slots=True)
class Key:
    """`kid` "" fits a token whatever it says of its key."""

    algorithm: str
    kid: str
    material: Any


def matching(keys: Iterable[Key], algorithm: str, kid: str) -> tuple[Key, ...]:
    """Those that may have signed a token which says this of its key; `kid` "" is any."""
    return tuple(
        key for key in keys if key.algorithm == algorithm and (not kid or key.kid in ("", kid))
    )


def static_keys(settings: JwtSettings) -> tuple[Key, ...]:
    """Those of the settings and their files. Raises ValueError, in one line for the operator."""
    keys = [Key("HS256", "", settings.secret.encode())] if settings.secret else []
    return (*keys, *(_from_file(*split_key(key)) for key in settings.keys))


def published_keys(entries: Iterable[object], limit: int) -> tuple[Key, ...]:
    """The keys of a JWK set that can be used here (RFC 7517 §5: others are ignored).

    Never a symmetric one: whoever may read the set could sign.
    """
    keys: list[Key] = []
    for entry in entries:
        key = _from_jwk(entry) if isinstance(entry, dict) else None
        if key is not None and len(keys) < limit:
            keys.append(key)
    return tuple(keys)


def _from_file(algorithm: str, kid: str, file: str) -> Key:
    try:
        content = Path(file).read_bytes()
    except OSError as wrong:
        raise ValueError(f"auth.jwt.keys: {file}: {wrong.strerror}") from wrong
    if algorithm == "HS256":
        secret = content.strip()
        if _PEM in secret:
            raise ValueError(f"auth.jwt.keys: {file}: a public key is no secret for HS256")
        if len(secret) < MIN_SECRET_BYTES:
            raise ValueError(f"auth.jwt.keys: {file}: fewer than {MIN_SECRET_BYTES} bytes")
        return Key(algorithm, kid, secret)
    try:
        public = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise ValueError(f"auth.jwt.keys: {file}: not a public key in PEM") from wrong
    if _algorithm_of(public) != algorithm:
        raise ValueError(f"auth.jwt.keys: {file}: not a key for {algorithm}")
    return Key(algorithm, kid, public)


def _from_jwk(entry: dict[str, Any]) -> Key | None:
    if entry.get("kty") not in ("RSA", "EC", "OKP") or entry.get("use", "sig") != "sig":
        return None
    try:
        public = PyJWK(entry, algorithm=_NAMES.get(str(entry["kty"]))).key
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    algorithm = _algorithm_of(public)
    if not algorithm or entry.get("alg", algorithm) != algorithm:
        return None
    return Key(algorithm, str(entry.get("kid", "")), public)


_NAMES = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}


def _algorithm_of(public: object) -> str:
    """The one algorithm for a public key; "" for a private, short or foreign one."""
    if isinstance(public, RSAPublicKey) and public.key_size >= MIN_RSA_BITS:
        return "RS256"
    if isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1):
        return "ES256"
    return "EdDSA" if isinstance(public, Ed25519PublicKey) else ""
