"""Reading frames: bytes of any segmentation in, messages and control events out.

Owns framing, fragmentation, unmasking, inflating, UTF-8, close codes and limits (RFC 6455 §5 to §8,
RFC 7692 §7.2.2). Does not answer anything. Called by the gateway's connections, and by clients
with `from_client=False`.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from parlor.model.errors import WireError
from parlor.wire.websocket.deflate import Inflater
from parlor.wire.websocket.events import (
    BAD_TEXT,
    PROTOCOL_ERROR,
    TOO_BIG,
    CloseReceived,
    Event,
    parse_control,
)
from parlor.wire.websocket.frames import MAX_CONTROL_BYTES, RSV1, Opcode
from parlor.wire.websocket.masking import apply_mask

_NO_MASK = b""
_OPCODES = frozenset(Opcode)


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """Share one among all connections of a kind. Both sizes are bytes of payload, at least 125.

    A frame over its limit, or one that would make its message too long, is refused (1009) when
    its header is read: nothing of it is kept. A compressed message is refused as soon as more
    than `max_message_bytes` come out of it, and no more than that is ever kept.
    """

    max_frame_bytes: int = 1 << 20
    max_message_bytes: int = 1 << 20
    from_client: bool = True
    """Whether the peer is a client, whose frames must be masked (§5.1)."""
    lenient: bool = False
    """For clients of servers that check less: frames may come masked or not, a message may begin
    with a continuation frame, and text messages are handed over as unchecked `bytes`."""
    compressed: bool = False
    """Whether permessage-deflate was agreed: messages may come compressed, each by itself."""

    def __post_init__(self) -> None:
        if min(self.max_frame_bytes, self.max_message_bytes) < MAX_CONTROL_BYTES:
            raise ValueError("a limit under 125 bytes would refuse legal control frames")


_DEFAULT_LIMITS = ReaderLimits()


class _Unfinished:
    """What must be remembered between two segments; exists only while there is something."""

    __slots__ = (
        "control",
        "fin",
        "head",
        "inflater",
        "kind",
        "left",
        "message",
        "opcode",
        "text",
        "turned",
    )

    def __init__(self) -> None:
        self.head = b""
        self.left = -1  # payload bytes still to come; -1: between two frames
        self.opcode = 0
        self.fin = False
        self.turned = _NO_MASK  # the masking key, turned to the next payload byte
        self.control = bytearray()
        self.kind = 0  # opcode of the message that is being put together, 0: none
        self.message = bytearray()
        self.text: codecs.IncrementalDecoder | None = None
        self.inflater: Inflater | None = None  # only for a message that came compressed

    @property
    def nothing(self) -> bool:
        return not self.head and self.left < 0 and not self.kind


class FrameReader:
    """The receiving half of one connection."""

    __slots__ = ("_limits", "_over", "_unfinished")

    def __init__(self, limits: ReaderLimits = _DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._unfinished: _Unfinished | None = None
        self._over = False

    @property
    def over(self) -> bool:
        """A close frame or a fault was read: further bytes are thrown away."""
        return self._over

    def feed(self, data: bytes) -> Iterable[Event]:
        """The events that `data` completes, in order. Iterate to the end at once, before the
        next call; stopping earlier loses the rest.

        Raises WireError, while iterating too, with `close` 1002 (framing), 1007 (UTF-8) or 1009
        (over a limit); the events before the fault have been given by then.
        """
        # One whole frame in one segment is nearly all traffic: 0.3 µs this way, 2 by `_walk`.
        if self._unfinished is None and len(data) > 5 and not self._over:
            size, used = data[1] - 128, 6
            if size > 125:
                size, used = data[2] << 8 | data[3], 8
                if data[1] == 0xFF or size < 126:
                    return self._walk(data)
            if size == len(data) - used and (whole := self._whole(data, 0, used, size)) is not None:
                return (whole,)
        return self._walk(data)

    def _whole(self, data: bytes, at: int, used: int, size: int) -> str | bytes | None:
        """An unfragmented masked message that is all in `data`; None for anything special."""
        limits, first = self._limits, data[at]
        if size > limits.max_frame_bytes or size > limits.max_message_bytes:
            return None
        if not limits.from_client or limits.lenient or (first != 0x81 and first != 0x82):
            return None
        start = at + used
        payload = apply_mask(data[start : start + size], data[start - 4 : start])
        if first == 0x82:
            return payload
        try:
            return payload.decode()
        except UnicodeDecodeError as fault:
            self._over = True
            raise WireError("a text message is not UTF-8", close=BAD_TEXT) from fault

    def _walk(self, data: bytes) -> Iterator[Event]:
        if self._over or not data:
            return
        state = self._unfinished or _Unfinished()
        self._unfinished = state
        if state.head:
            data, state.head = state.head + data, b""
        at, end = 0, len(data)
        try:
            while at < end:
                if state.left < 0:
                    if not state.kind and end - at > 5 and 0 <= (size := data[at + 1] - 128) < 126:
                        stop = at + 6 + size
                        if stop <= end and (whole := self._whole(data, at, 6, size)) is not None:
                            at = stop
                            yield whole
                            continue
                    used = self._open_frame(state, data, at)
                    if not used:
                        state.head = data[at:]
                        return
                    at += used
                chunk = data[at : at + state.left]
                at += len(chunk)
                event = _take(state, chunk, self._limits.max_message_bytes)
                if event is not None:
                    self._over = isinstance(event, CloseReceived)
                    yield event
                    if self._over:
                        return
        except WireError:
            self._over = True
            raise
        finally:
            if self._over or state.nothing:
                self._unfinished = None

    def _open_frame(self, state: _Unfinished, data: bytes, at: int) -> int:
        """Read the header at `at` into `state`; its length, or 0 when it is not all there yet.

        Each rule is checked as soon as its byte is there, in the order of the bytes: so the
        fault does not depend on where segments end.
        """
        first = data[at]
        opcode, fin = first & 0x0F, first >= 0x80
        if first & 0x70 and not self._is_compressed(first):
            raise WireError("a reserved bit is set", close=PROTOCOL_ERROR)
        if opcode not in _OPCODES:
            raise WireError(f"opcode {opcode} is reserved", close=PROTOCOL_ERROR)
        control = opcode >= 0x8
        if control and not fin:
            raise WireError("a control frame is fragmented", close=PROTOCOL_ERROR)
        lenient = self._limits.lenient
        if opcode == Opcode.CONTINUATION and not state.kind and not lenient:
            raise WireError("a continuation of nothing", close=PROTOCOL_ERROR)
        if opcode in (Opcode.TEXT, Opcode.BINARY) and state.kind:
            raise WireError("a new message inside an unfinished one", close=PROTOCOL_ERROR)
        here = len(data) - at
        if here < 2:
            return 0
        second = data[at + 1]
        masked = second >= 0x80
        if masked is not self._limits.from_client and not lenient:
            raise WireError(
                "a masked server frame" if masked else "an unmasked client frame",
                close=PROTOCOL_ERROR,
            )
        size, used = second & 0x7F, 2
        if control and size > MAX_CONTROL_BYTES:
            raise WireError("a control frame over 125 bytes", close=PROTOCOL_ERROR)
        if size >= 126:
            used = 4 if size == 126 else 10
            if here < used:
                return 0
            size = _long_size(data[at + 2 : at + used])
        if not control:
            self._check_size(state, size)
        if masked:
            if here < used + 4:
                return 0
            state.turned = data[at + used : at + used + 4]
            used += 4
        else:
            state.turned = _NO_MASK
        state.opcode, state.fin, state.left = opcode, fin, size
        if not control and not state.kind:
            state.kind = Opcode.BINARY if lenient else opcode
            if first & RSV1:
                state.inflater = Inflater()
        return used

    def _is_compressed(self, first: int) -> bool:
        """RSV1 says it, on the first frame of a message and nowhere else (RFC 7692 §6)."""
        data = first & 0x0F in (Opcode.TEXT, Opcode.BINARY)
        return self._limits.compressed and data and first & 0x70 == RSV1

    def _check_size(self, state: _Unfinished, size: int) -> None:
        if size > self._limits.max_frame_bytes:
            raise WireError("a frame over the limit", close=TOO_BIG)
        # What a frame of a compressed message inflates to is seen when it does.
        if state.inflater is None and len(state.message) + size > self._limits.max_message_bytes:
            raise WireError("a message over the limit", close=TOO_BIG)


def _long_size(field: bytes) -> int:
    """The 16 or 64 bit length; must be the shortest form, and never negative (§5.2)."""
    size = int.from_bytes(field)
    if len(field) == 2:
        if size < 126:
            raise WireError("a length in a longer form than needed", close=PROTOCOL_ERROR)
    elif size >> 63:
        raise WireError("a length with its highest bit set", close=PROTOCOL_ERROR)
    elif size < 65536:
        raise WireError("a length in a longer form than needed", close=PROTOCOL_ERROR)
    return size


def _take(state: _Unfinished, chunk: bytes, max_bytes: int) -> Event | None:
    """Add payload to the open frame; what it completes, if anything."""
    state.left -= len(chunk)
    if state.turned and chunk:
        key, turn = state.turned, len(chunk) & 3
        chunk = apply_mask(chunk, key)
        state.turned = key[turn:] + key[:turn]
    complete = not state.left
    if complete:
        state.left = -1
    if not state.opcode & 0x8:
        last = complete and state.fin
        if state.inflater is not None:
            chunk = _inflate(state, state.inflater, chunk, max_bytes, last=last)
        return _add(state, chunk, last=last)
    state.control += chunk
    if not complete:
        return None
    payload, state.control = bytes(state.control), bytearray()
    return parse_control(state.opcode, payload)


def _inflate(
    state: _Unfinished, inflater: Inflater, chunk: bytes, max_bytes: int, *, last: bool
) -> bytes:
    room = max_bytes - len(state.message)
    out = inflater.feed(chunk, room, state.message)
    if last and len(out) <= room:
        out += inflater.finish(room - len(out), state.message + out)
    if len(out) > room:
        if state.kind == Opcode.TEXT:
            _check_text(state, out[:room], last=False)  # a fault before the limit comes first
        raise WireError("a compressed message over the limit", close=TOO_BIG)
    return out


def _add(state: _Unfinished, chunk: bytes, *, last: bool) -> str | bytes | None:
    """Add payload to the message; the message when this was the last of it."""
    if state.kind == Opcode.TEXT:
        _check_text(state, chunk, last=last)
    state.message += chunk
    if not last:
        return None
    whole = state.message.decode() if state.kind == Opcode.TEXT else bytes(state.message)
    state.kind, state.text, state.message, state.inflater = 0, None, bytearray(), None
    return whole


def _check_text(state: _Unfinished, chunk: bytes, *, last: bool) -> None:
    """Only to find a fault at its byte (§8.1); the characters are decoded once, at the end, since
    a list of decoded pieces can be 20 times the size of the bytes."""
    if state.text is None:
        state.text = codecs.getincrementaldecoder("utf-8")()
    try:
        state.text.decode(chunk, last)
    except UnicodeDecodeError as fault:
        raise WireError("a text message is not UTF-8", close=BAD_TEXT) from fault
    _check_surrogate(state.text)


def _check_surrogate(text: codecs.IncrementalDecoder) -> None:
    """CPython waits for the third byte of a surrogate, whose second is already illegal."""
    waiting = text.getstate()[0]
    if len(waiting) == 2 and waiting[0] == 0xED and waiting[1] > 0x9F:
        raise WireError("a text message is not UTF-8", close=BAD_TEXT)
