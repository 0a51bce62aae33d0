"""What a receiver wants: lost packets, key frames, a bitrate. Bodies without their header.

Generic NACK (RFC 4585 §6.2.1), PLI (§6.3.1), FIR (RFC 5104 §4.3.1) and REMB
(draft-alvestrand-rmcat-remb-03 §2.2).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from parlor.wire.webrtc.malformed import Malformed, Reason

_PAIR = struct.Struct(">II")
_LOST = struct.Struct(">HH")
_MASK_BITS = 16
_REMB = b"REMB"
_REMB_BYTES = 16
_MANTISSA_BITS = 18


@dataclass(frozen=True, slots=True)
class Nack:
    """These packets of `media_ssrc` are missing: sequence numbers, as they were asked for."""

    sender_ssrc: int
    media_ssrc: int
    lost: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pli:
    """Pictures of `media_ssrc` cannot be decoded any more: a key frame is wanted."""

    sender_ssrc: int
    media_ssrc: int


class FirEntry(NamedTuple):
    """`seq` goes up by one (of 256) with each new request; a repeated one keeps it."""

    ssrc: int
    seq: int


@dataclass(frozen=True, slots=True)
class Fir:
    """Key frames are wanted of all these, whatever the reason."""

    sender_ssrc: int
    entries: tuple[FirEntry, ...]


@dataclass(frozen=True, slots=True)
class Remb:
    """All streams together should stay under `bitrate` bits a second. Building rounds it down to
    18 significant bits."""

    sender_ssrc: int
    bitrate: int
    sources: tuple[int, ...]


def parse_nack(body: bytes) -> Nack:
    """Each four bytes name up to 17 packets: a datagram names some 6,000 at most."""
    sender, media = _parse_pair(body)
    if len(body) == 8 or len(body) % 4:
        raise Malformed(Reason.LENGTH, f"a NACK of {len(body)} bytes")
    lost: list[int] = []
    for first, mask in _LOST.iter_unpack(body[8:]):
        lost.append(first)
        lost += (first + 1 + bit & 0xFFFF for bit in range(_MASK_BITS) if mask >> bit & 1)
    return Nack(sender, media, tuple(lost))


def build_nack(nack: Nack) -> bytes:
    """Keeps the order of `lost`, and is shortest when that goes up. Raises ValueError for none."""
    if not nack.lost:
        raise ValueError("a NACK for nothing")
    pairs: list[tuple[int, int]] = []
    first, mask = nack.lost[0], 0
    for seq in nack.lost[1:]:
        ahead = seq - first & 0xFFFF
        if mask.bit_length() < ahead <= _MASK_BITS:
            mask |= 1 << ahead - 1
        else:
            pairs.append((first, mask))
            first, mask = seq, 0
    pairs.append((first, mask))
    return _PAIR.pack(nack.sender_ssrc, nack.media_ssrc) + b"".join(
        _LOST.pack(*pair) for pair in pairs
    )


def parse_pli(body: bytes) -> Pli:
    if len(body) != 8:
        raise Malformed(Reason.LENGTH, f"a PLI of {len(body)} bytes")
    return Pli(*_PAIR.unpack(body))


def build_pli(pli: Pli) -> bytes:
    return _PAIR.pack(pli.sender_ssrc, pli.media_ssrc)


def parse_fir(body: bytes) -> Fir:
    sender, _ = _parse_pair(body)
    if len(body) == 8 or len(body) % 8:
        raise Malformed(Reason.LENGTH, f"a FIR of {len(body)} bytes")
    return Fir(
        sender, tuple(FirEntry(ssrc, seq >> 24) for ssrc, seq in _PAIR.iter_unpack(body[8:]))
    )


def build_fir(fir: Fir) -> bytes:
    """The media source of the header is 0 (§4.3.1.2). Raises ValueError for no entry."""
    if not fir.entries:
        raise ValueError("a FIR for nothing")
    return _PAIR.pack(fir.sender_ssrc, 0) + b"".join(
        _PAIR.pack(entry.ssrc, entry.seq << 24) for entry in fir.entries
    )


def is_remb(body: bytes) -> bool:
    """Whether a packet of the application layer, whose format many share, is a REMB."""
    return body[8:12] == _REMB


def parse_remb(body: bytes) -> Remb:
    if len(body) < _REMB_BYTES:
        raise Malformed(Reason.LENGTH, f"a REMB of {len(body)} bytes")
    count = body[12]
    if len(body) != _REMB_BYTES + 4 * count:
        raise Malformed(Reason.LENGTH, f"a REMB for {count} sources in {len(body)} bytes")
    number = int.from_bytes(body[13:16])
    bitrate = (number & (1 << _MANTISSA_BITS) - 1) << (number >> _MANTISSA_BITS)
    sources = struct.unpack_from(f">{count}I", body, _REMB_BYTES)
    return Remb(int.from_bytes(body[:4]), bitrate, sources)


def build_remb(remb: Remb) -> bytes:
    exponent = max(0, remb.bitrate.bit_length() - _MANTISSA_BITS)
    number = exponent << _MANTISSA_BITS | remb.bitrate >> exponent
    return b"".join(
        (
            _PAIR.pack(remb.sender_ssrc, 0),
            _REMB,
            bytes([len(remb.sources)]),
            number.to_bytes(3),
            _build_sources(remb.sources),
        )
    )


def _parse_pair(body: bytes) -> tuple[int, int]:
    """Sender and media source, with which all feedback begins (RFC 4585 §6.1)."""
    if len(body) < 8:
        raise Malformed(Reason.LENGTH, f"feedback of {len(body)} bytes")
    sender, media = _PAIR.unpack_from(body)
    return sender, media


def _build_sources(sources: Sequence[int]) -> bytes:
    return struct.pack(f">{len(sources)}I", *sources)
