"""Compression of WebSocket messages, for the clients that agreed to it.

Owns the choice of terms and one `LinkCodec` per subprotocol and window: all connections that agreed
to the same get the same frame, compressed once (RFC 7692 §7.1.1). Nothing is kept per connection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parlor.gateway.frames import WEBSOCKET_FRAMES, NativeFrames
from parlor.gateway.settings import GatewaySettings
from parlor.ports.meter import Meter
from parlor.wire.websocket import (
    RSV1,
    DeflateTerms,
    Opcode,
    ReaderLimits,
    Upgrade,
    build_frame,
    choose_terms,
    deflate,
)


@dataclass(frozen=True, slots=True)
class Agreed:
    """How one connection writes and reads, and the headers that tell the client so."""

    frames: NativeFrames
    limits: ReaderLimits
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Compression:
    """Built once per process; `agree` is called for each WebSocket handshake."""

    def __init__(self, settings: GatewaySettings, meter: Meter) -> None:
        self._settings = settings
        self._meter = meter
        size = settings.max_message_bytes
        self._plain = ReaderLimits(size, size)
        self._compressed = ReaderLimits(size, size, compressed=True)
        # At most two subprotocols times seven windows.
        self._frames: dict[tuple[str, int], NativeFrames] = {}

    def agree(self, upgrade: Upgrade, subprotocol: str) -> Agreed:
        """`subprotocol` is one of `WEBSOCKET_FRAMES`. Compressed when the client offers what this
        server does, and the operator wants it."""
        settings = self._settings
        if settings.compression:
            terms = choose_terms(upgrade.extensions, settings.compression_window_bits)
            if terms is not None:
                self._meter.count("websockets_compressed_total")
                frames = self._compressing(subprotocol, terms)
                return Agreed(frames, self._compressed, (terms.header(),))
        return Agreed(WEBSOCKET_FRAMES[subprotocol], self._plain)

    def _compressing(self, subprotocol: str, terms: DeflateTerms) -> NativeFrames:
        key = (subprotocol, terms.server_window_bits)
        if key not in self._frames:
            plain = WEBSOCKET_FRAMES[subprotocol]
            self._frames[key] = NativeFrames(plain.codec, self._wrapper(plain, key[1]))
        return self._frames[key]

    def _wrapper(self, plain: NativeFrames, window_bits: int) -> Callable[[bytes], bytes]:
        level, min_bytes = self._settings.compression_level, self._settings.compression_min_bytes
        count = self._meter.count
        opcode = RSV1 | (Opcode.TEXT if plain.codec.is_text else Opcode.BINARY)

        def wrap(message: bytes) -> bytes:
            if len(message) < min_bytes:
                return plain.wrap(message)
            packed = deflate(message, window_bits, level)
            if len(packed) >= len(message):
                return plain.wrap(message)
            count("websocket_deflated_bytes_total", len(message), side="before")
            count("websocket_deflated_bytes_total", len(packed), side="after")
            return build_frame(opcode, packed)

        return wrap
