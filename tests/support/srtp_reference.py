"""SRTP after the letter of its RFCs, slowly: what the library in use is held against."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

RTP_KEY, RTP_AUTH, RTP_SALT = 0, 1, 2
"""Labels of RFC 3711 §4.3.1; those of RTCP are three more."""


def counter_mode(key: bytes, iv: int, text: bytes) -> bytes:
    """AES in counter mode (RFC 3711 §4.1.1)."""
    cipher = Cipher(algorithms.AES(key), modes.CTR((iv % 2**128).to_bytes(16)))
    return cipher.encryptor().update(text)


def derive(key: bytes, salt: bytes, label: int, size: int) -> bytes:
    """A session key of RFC 3711 §4.3.1, derived once; a salt of 12 bytes is RFC 7714 §11's."""
    x = int.from_bytes(salt.ljust(14, b"\0")) ^ (label << 48)
    return counter_mode(key, x << 16, bytes(size))


def protect_counter_mode(key: bytes, salt: bytes, packet: bytes, rollovers: int = 0) -> bytes:
    """An RTP packet without extensions under AES_CM_128_HMAC_SHA1_80 (RFC 3711 §4)."""
    header, payload = packet[:12], packet[12:]
    index = (rollovers << 16) | int.from_bytes(packet[2:4])
    session_salt = int.from_bytes(derive(key, salt, RTP_SALT, 14))
    ssrc = int.from_bytes(packet[8:12])
    iv = (session_salt << 16) ^ (ssrc << 64) ^ (index << 16)
    sealed = header + counter_mode(derive(key, salt, RTP_KEY, 16), iv, payload)
    auth = derive(key, salt, RTP_AUTH, 20)
    return sealed + hmac.digest(auth, sealed + rollovers.to_bytes(4), hashlib.sha1)[:10]


def gcm(key: bytes, salt: bytes, packet: bytes, rollovers: int = 0) -> bytes:
    """An RTP packet under session key and salt (RFC 7714 §8, §9)."""
    iv = bytes(2) + packet[8:12] + rollovers.to_bytes(4) + packet[2:4]
    mixed = bytes(a ^ b for a, b in zip(iv, salt, strict=True))
    return packet[:12] + AESGCM(key).encrypt(mixed, packet[12:], packet[:12])


def protect_gcm(key: bytes, salt: bytes, packet: bytes, rollovers: int = 0) -> bytes:
    """As `gcm`, from master key and salt."""
    session_key = derive(key, salt, RTP_KEY, 16)
    return gcm(session_key, derive(key, salt, RTP_SALT, 12), packet, rollovers)
