"""Compressed messages through the reader: RFC 7692 §7.2, its own examples, bombs, any cut."""

import tracemalloc
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode as TheirOpcode

from parlor.wire.websocket import (
    RSV1,
    CloseReceived,
    FrameReader,
    Opcode,
    Ping,
    ReaderLimits,
    build_frame,
    build_masked,
    deflate,
)
from parlor.wire.websocket.deflate import MAX_RESTARTS
from tests.support.websocket_reading import alike, bytewise, go_on, outcome

KEY = b"\x37\xfa\x21\x3d"
TEXT, BINARY, MORE = Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION
LIMITS = ReaderLimits(1 << 16, 1 << 16, compressed=True)
ENCODED = "Grüße, 你好 😀".encode()
LAST_BLOCK = b"\x03\0"


def sent(opcode, payload=b"", *, fin=True):
    return build_masked(opcode, payload, KEY, fin=fin)


def packed(payload, opcode=TEXT):
    return sent(RSV1 | opcode, deflate(payload))


def of_streams(count):
    """A message of so many blocks marked as last, as §7.2.3.4 allows, and nothing in them."""
    return sent(RSV1 | TEXT, LAST_BLOCK * count + b"\0")


HELLO = bytes.fromhex("f248cdc9c90700")

CASES = {
    # the examples of §7.2.3
    "7.2.3.1 one block": (sent(RSV1 | TEXT, HELLO), ["Hello"], None),
    "7.2.3.1 fragments": (
        sent(RSV1 | TEXT, HELLO[:3], fin=False) + sent(MORE, HELLO[3:]),
        ["Hello"],
        None,
    ),
    "7.2.3.2 a window that was taken over": (
        sent(RSV1 | TEXT, HELLO) + sent(RSV1 | TEXT, bytes.fromhex("f200110000")),
        ["Hello"],
        1007,
    ),
    "7.2.3.2 no window taken over": (sent(RSV1 | TEXT, HELLO) * 2, ["Hello"] * 2, None),
    "7.2.3.3 not compressed": (
        sent(RSV1 | TEXT, bytes.fromhex("000500faff48656c6c6f00")),
        ["Hello"],
        None,
    ),
    "7.2.3.4 a block marked as last": (
        sent(RSV1 | TEXT, bytes.fromhex("f348cdc9c9070000")),
        ["Hello"],
        None,
    ),
    "7.2.3.5 two blocks": (
        sent(RSV1 | TEXT, bytes.fromhex("f248050000 00ffffcac9c90700")),
        ["Hello"],
        None,
    ),
    "7.2.3.6 empty": (sent(RSV1 | TEXT, b"\0"), [""], None),
    "7.2.3.6 empty, not even a byte": (sent(RSV1 | BINARY), [b""], None),
    # §7.2.1, §6
    "6 plain among compressed": (
        packed(b"a") + sent(TEXT, b"b") + packed(b"c" * 500) + sent(BINARY, b"d"),
        ["a", "b", "c" * 500, b"d"],
        None,
    ),
    "6.1 control frames in between": (
        sent(RSV1 | TEXT, HELLO[:2], fin=False)
        + sent(Opcode.PING, b"p")
        + sent(MORE, HELLO[2:], fin=False)
        + sent(MORE),
        [Ping(b"p"), "Hello"],
        None,
    ),
    "6.1 close in between": (
        sent(RSV1 | TEXT, HELLO[:2], fin=False) + sent(Opcode.CLOSE, b"\x03\xe8"),
        [CloseReceived(1000, "")],
        None,
    ),
    "6.1 RSV1 on a continuation": (
        sent(RSV1 | TEXT, HELLO[:2], fin=False) + sent(RSV1 | MORE, HELLO[2:]),
        [],
        1002,
    ),
    "6.1 RSV1 on a continuation of a plain message": (
        sent(TEXT, b"a", fin=False) + sent(RSV1 | MORE, HELLO),
        [],
        1002,
    ),
    **{
        f"6.1 RSV1 on opcode {opcode:#x}": (sent(RSV1 | opcode), [], 1002)
        for opcode in (0, *range(3, 16))
    },
    **{
        f"6.1 RSV2 or RSV3: {bits:#x}": (sent(bits | TEXT, HELLO), [], 1002)
        for bits in (0x20, 0x10, 0x30, 0x60, 0x50, 0x70)
    },
    # broken data
    "7.2.2 no DEFLATE": (sent(RSV1 | TEXT, b"\xff\xff\xff"), [], 1007),
    "7.2.2 cut off": (sent(RSV1 | TEXT, deflate(b"abc" * 300 + ENCODED)[:-3]), [], 1007),
    "7.2.2 cut inside a stored block": (sent(RSV1 | TEXT, b"\0\x40\0\xbf\xffabc"), [], 1007),
    "7.2.2 not DEFLATE after a good message": (
        packed(b"ok") + sent(RSV1 | TEXT, b"\7"),
        ["ok"],
        1007,
    ),
    "8.1 not UTF-8": (packed(b"abc\xff"), [], 1007),
    "8.1 unfinished character": (packed(ENCODED[:-1]), [], 1007),
    "8.1 binary is not looked at": (packed(b"\xff\xfe", BINARY), [b"\xff\xfe"], None),
    "8.1 a character cut by fragments": (
        sent(RSV1 | TEXT, deflate(ENCODED)[:9], fin=False) + sent(MORE, deflate(ENCODED)[9:]),
        [ENCODED.decode()],
        None,
    ),
    # limits
    "10.4 just the limit": (packed(bytes(1 << 16), BINARY), [bytes(1 << 16)], None),
    "10.4 a byte more": (packed(bytes((1 << 16) + 1), BINARY), [], 1009),
    "10.4 over it in fragments": (
        sent(RSV1 | BINARY, deflate(bytes(70_000))[:-5], fin=False) + sent(MORE, b"x"),
        [],
        1009,
    ),
    "10.4 a fault before the limit": (packed(b"\xff" + b"a" * 70_000), [], 1007),
    "7.2.3.4 many blocks marked as last": (of_streams(MAX_RESTARTS), [""], None),
    "7.2.3.4 too many of them": (of_streams(MAX_RESTARTS + 1), [], 1007),
}


@pytest.mark.parametrize("name", CASES)
def test_conformance(name):
    data, events, close = CASES[name]
    assert outcome([data], LIMITS) == (events, close)
    assert outcome(bytewise(data), LIMITS) == (events, close)


def test_without_the_extension_a_compressed_message_is_a_fault():
    assert outcome([packed(b"Hello")]) == ([], 1002)


def test_a_block_after_one_marked_as_last_may_refer_to_what_was_before():
    first = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = first.compress(b"a window is kept ") + first.flush()
    second = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=b"a window is kept ")
    tail = second.compress(b"a window is kept ") + second.flush(zlib.Z_SYNC_FLUSH)
    message = sent(RSV1 | TEXT, head + tail[:-4])
    wanted = (["a window is kept a window is kept "], None)
    assert outcome([message], LIMITS) == wanted
    assert outcome(bytewise(message), LIMITS) == wanted


def test_a_bomb_takes_no_more_memory_than_the_limit():
    """A thousandfold: 100 kB that would become 100 MB."""
    bomb = sent(RSV1 | BINARY, deflate(bytes(100_000_000), level=9))
    limits = ReaderLimits(1 << 17, 1 << 17, compressed=True)
    assert len(bomb) < 1 << 17
    outcome([packed(b"warm")], limits)
    tracemalloc.start()
    try:
        assert outcome([bomb], limits) == ([], 1009)
        assert tracemalloc.get_traced_memory()[1] < 6 << 17
    finally:
        tracemalloc.stop()


def test_a_reader_at_rest_holds_nothing():
    reader = FrameReader(LIMITS)
    for byte in bytewise(packed(b"x" * 500)):
        list(reader.feed(byte))
    assert reader._unfinished is None


messages = st.one_of(st.text(max_size=300), st.binary(max_size=300))


@st.composite
def streams(draw):
    data, events = bytearray(), []
    for message in draw(st.lists(messages, max_size=5)):
        payload = message.encode() if isinstance(message, str) else message
        opcode: int = TEXT if isinstance(message, str) else BINARY
        if draw(st.booleans()):
            bits, level = draw(st.integers(9, 15)), draw(st.integers(1, 9))
            payload, opcode = deflate(payload, bits, level), RSV1 | opcode
        cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=4)))
        edges = list(pairwise([0, *cuts, len(payload)]))
        for n, (start, stop) in enumerate(edges):
            last = n == len(edges) - 1
            data += sent(opcode, payload[start:stop], fin=last)
            opcode = MORE
            if not last and draw(st.booleans()):
                data += sent(Opcode.PING, b"p")
                events.append(Ping(b"p"))
        events.append(message)
    return bytes(data), events


@given(streams())
def test_messages_come_out_as_they_went_in_however_they_are_cut(stream):
    data, events = stream
    assert outcome([data], LIMITS) == (events, None)
    assert outcome(bytewise(data), LIMITS) == (events, None)


@given(streams(), st.data())
def test_a_flipped_bit_gives_the_same_outcome_in_any_segmentation(stream, choice):
    data = bytearray(stream[0])
    if data:
        data[choice.draw(st.integers(0, len(data) - 1))] ^= 1 << choice.draw(st.integers(0, 7))
    limits = ReaderLimits(200, 200, compressed=True)
    whole = outcome([bytes(data)], limits)
    assert whole[1] in {None, 1002, 1007, 1009}
    assert alike(outcome(bytewise(bytes(data)), limits), whole)


def theirs(*, keeps: bool, bits: int) -> PerMessageDeflate:
    """The websockets library as the peer of a server that keeps (or forgets) its window."""
    return PerMessageDeflate(
        remote_no_context_takeover=not keeps,
        local_no_context_takeover=True,
        remote_max_window_bits=bits,
        local_max_window_bits=bits,
    )


@given(st.lists(st.binary(max_size=500), max_size=5), st.sampled_from([9, 12, 15]))
def test_we_read_what_the_websockets_library_compresses(bodies, bits):
    peer = theirs(keeps=False, bits=bits)
    reader = FrameReader(LIMITS)
    for body in bodies:
        frame = peer.encode(TheirFrame(TheirOpcode.BINARY, body))
        opcode = RSV1 | BINARY if frame.rsv1 else BINARY
        assert go_on(reader, [sent(opcode, bytes(frame.data))]) == ([body], None)


@given(st.lists(st.binary(min_size=1, max_size=500), max_size=5), st.sampled_from([9, 12, 15]))
def test_the_websockets_library_reads_what_we_compress(bodies, bits):
    peer = theirs(keeps=False, bits=bits)
    for body in bodies:
        frame = TheirFrame(TheirOpcode.BINARY, deflate(body, bits), rsv1=True)
        assert bytes(peer.decode(frame).data) == body


def test_our_client_reads_what_our_server_compresses():
    limits = ReaderLimits(1 << 16, 1 << 16, from_client=False, compressed=True)
    data = build_frame(RSV1 | TEXT, deflate(ENCODED)) + build_frame(TEXT, b"plain")
    assert outcome([data], limits) == ([ENCODED.decode(), "plain"], None)
