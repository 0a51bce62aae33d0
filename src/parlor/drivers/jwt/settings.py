"""JSON Web Tokens of a customer's own backend: section `auth.jwt`."""

from __future__ import annotations

import msgspec

from parlor.model.url import check_url

MIN_SECRET_BYTES = 32
"""RFC 7518 §3.2: as long as the hash of HS256."""
ALGORITHMS = ("HS256", "RS256", "ES256", "EdDSA")


class JwtSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Off unless a key is named: `secret` (HS256), `keys` or `jwks_url`.

    `keys` are files, each as `ALG:FILE` or `ALG:KID:FILE`: a PEM public key for RS256, ES256 and
    EdDSA, at least 32 bytes of secret for HS256. `audience` must be in the token's `aud`; `issuer`,
    when set, must be its `iss`. A token is refused that lives longer than `max_lifetime_s`.
    `skew_s` is how far the clocks may differ.

    `jwks_url` is read once each `jwks_cache_s`; for an unknown key once more, but not twice in
    `jwks_refetch_s`. While it fails, the last keys count for `jwks_stale_s`. `jwks_timeout_s` and
    `jwks_max_bytes` bound one answer, `jwks_max_keys` how many keys are taken from it.
    Times in seconds.
    """

    secret: str = ""
    keys: tuple[str, ...] = ()
    jwks_url: str = ""
    audience: str = ""
    issuer: str = ""
    max_lifetime_s: float = 86_400.0
    skew_s: float = 30.0
    jwks_cache_s: float = 600.0
    jwks_refetch_s: float = 30.0
    jwks_stale_s: float = 86_400.0
    jwks_timeout_s: float = 5.0
    jwks_max_bytes: int = 262_144
    jwks_max_keys: int = 32

    @property
    def is_on(self) -> bool:
        return bool(self.secret or self.keys or self.jwks_url)

    def __post_init__(self) -> None:
        if self.is_on and not self.audience:
            raise ValueError("audience is not set: without it tokens for others would be good here")
        if self.secret and len(self.secret.encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"secret has fewer than {MIN_SECRET_BYTES} bytes")
        for key in self.keys:
            split_key(key)
        if self.jwks_url:
            check_url("jwks_url", self.jwks_url)
            if not self.issuer:
                raise ValueError("issuer is not set; it is needed with jwks_url")
        for name in ("max_lifetime_s", "jwks_timeout_s", "jwks_max_bytes", "jwks_max_keys"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is not above 0")
        for name in ("skew_s", "jwks_cache_s", "jwks_refetch_s", "jwks_stale_s"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is below 0")


def split_key(text: str) -> tuple[str, str, str]:
    """(algorithm, kid or "", file) of an entry of `keys`. Raises ValueError."""
    algorithm, _, rest = text.partition(":")
    kid, colon, file = rest.partition(":")
    if not colon:
        kid, file = "", kid
    if algorithm not in ALGORITHMS or not file:
        raise ValueError(
            f"keys: {text!r} is not ALG:FILE or ALG:KID:FILE with one of {', '.join(ALGORITHMS)}"
        )
    return algorithm, kid, file
