"""Tokens that a customer's own backend has signed (RFC 7519). Satisfies `ports.tokens.Tokens`.

`keys` holds the keys from files and settings, `jwks` those that a URL publishes, `tokens` checks.
PyJWT, cryptography and aiohttp are imported only where such tokens are configured.
Invariants: the algorithm belongs to the key, never to the token; a symmetric key never comes
from a URL or out of a PEM file.
"""
