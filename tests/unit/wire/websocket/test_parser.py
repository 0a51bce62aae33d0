"""Conformance: one row a case, its clause of RFC 6455 in the id. Each row is fed in one segment
and again byte by byte; events and fault must be the same both ways."""

import tracemalloc

import pytest

from parlor.wire.websocket import (
    CloseReceived,
    FrameReader,
    Opcode,
    Ping,
    Pong,
    ReaderLimits,
    build_frame,
    build_masked,
)
from tests.support.websocket_reading import bytewise, go_on, outcome

KEY = bytes.fromhex("37fa213d")
TEXT, BINARY, MORE = Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION
CLOSE, PING, PONG = Opcode.CLOSE, Opcode.PING, Opcode.PONG


def sent(opcode, payload=b"", *, fin=True):
    return build_masked(opcode, payload, KEY, fin=fin)


def raw(first, second, *rest):
    """A frame header with a key of zeros, so that its payload can be written in clear."""
    return bytes((first, second)) + b"".join(rest)


ZERO = bytes(4)
NIHAO = "Hello-µ@ßöäüàá-UTF-8!!😀"
ENCODED = NIHAO.encode()
BAD_UTF8 = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"

CASES = {
    # §5.6, §5.2: messages of every length form
    "5.6 empty text": (sent(TEXT), [""], None),
    "5.6 empty binary": (sent(BINARY), [b""], None),
    "5.6 text": (sent(TEXT, b"Hello"), ["Hello"], None),
    "5.6 unicode": (sent(TEXT, ENCODED), [NIHAO], None),
    **{
        f"5.2 {size} bytes": (sent(BINARY, b"\xfe" * size), [b"\xfe" * size], None)
        for size in (1, 124, 125, 126, 127, 128, 65535, 65536, 70000)
    },
    **{
        f"5.2 {size} characters": (sent(TEXT, b"*" * size), ["*" * size], None)
        for size in (125, 126, 127, 65535, 65536)
    },
    "5.2 several in a row": (
        sent(TEXT, b"a") + sent(BINARY, b"b") + sent(TEXT) + sent(TEXT, b"c" * 200),
        ["a", b"b", "", "c" * 200],
        None,
    ),
    # §5.2: lengths
    "5.2 16 bits where 7 do": (raw(0x82, 0xFE, b"\0\x7d", ZERO, b"x" * 125), [], 1002),
    "5.2 64 bits where 16 do": (raw(0x82, 0xFF, (65535).to_bytes(8), ZERO), [], 1002),
    "5.2 highest bit of 64": (raw(0x82, 0xFF, b"\x80" + bytes(7), ZERO), [], 1002),
    "5.2 all bits of 64": (raw(0x82, 0xFF, b"\xff" * 8, ZERO), [], 1002),
    # §5.2: reserved bits and opcodes
    **{
        f"5.2 rsv {bits:03b} opcode {opcode}": (
            raw(0x80 | bits << 4 | opcode, 0x80, ZERO),
            [],
            1002,
        )
        for bits in range(1, 8)
        for opcode in (0, 1, 2, 8, 9, 10)
    },
    "5.2 rsv after a message": (sent(TEXT, b"a") + raw(0xC1, 0x80, ZERO), ["a"], 1002),
    **{
        f"5.2 opcode {opcode:#x}": (raw(0x80 | opcode, 0x80, ZERO), [], 1002)
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    },
    "5.2 reserved opcode in a message": (
        sent(TEXT, b"a", fin=False) + raw(0x83, 0x80, ZERO),
        [],
        1002,
    ),
    # §5.1: masking
    "5.1 unmasked text": (build_frame(TEXT, b"Hello"), [], 1002),
    "5.1 unmasked ping": (build_frame(PING, b""), [], 1002),
    "5.1 unmasked after masked": (sent(TEXT, b"a") + build_frame(TEXT, b"b"), ["a"], 1002),
    # §5.4: fragments
    "5.4 two fragments": (sent(TEXT, b"He", fin=False) + sent(MORE, b"llo"), ["Hello"], None),
    "5.4 empty fragments": (
        sent(TEXT, fin=False) + sent(MORE, fin=False) + sent(MORE),
        [""],
        None,
    ),
    "5.4 empty first and last": (
        sent(BINARY, fin=False) + sent(MORE, b"x", fin=False) + sent(MORE),
        [b"x"],
        None,
    ),
    "5.4 control frames in between": (
        sent(TEXT, b"He", fin=False) + sent(PING, b"1") + sent(PONG) + sent(MORE, b"llo"),
        [Ping(b"1"), Pong(b""), "Hello"],
        None,
    ),
    "5.4 close in between": (
        sent(TEXT, b"He", fin=False) + sent(CLOSE, b"\x03\xe8") + sent(MORE, b"llo"),
        [CloseReceived(1000, "")],
        None,
    ),
    "5.4 orphan continuation": (sent(MORE, b"x"), [], 1002),
    "5.4 orphan unfinished continuation": (sent(MORE, b"x", fin=False), [], 1002),
    "5.4 continuation after the end": (
        sent(TEXT, b"a", fin=False) + sent(MORE, b"b") + sent(MORE, b"c"),
        ["ab"],
        1002,
    ),
    "5.4 text in a message": (sent(TEXT, b"a", fin=False) + sent(TEXT, b"b"), [], 1002),
    "5.4 binary in a message": (sent(TEXT, b"a", fin=False) + sent(BINARY, b"b"), [], 1002),
    "5.4 unfinished in a message": (
        sent(BINARY, b"a", fin=False) + sent(BINARY, b"b", fin=False),
        [],
        1002,
    ),
    # §5.5: control frames
    "5.5.2 ping": (sent(PING), [Ping(b"")], None),
    "5.5.2 ping of 125": (sent(PING, b"\xff" * 125), [Ping(b"\xff" * 125)], None),
    "5.5.3 pong unasked": (sent(PONG, b"x"), [Pong(b"x")], None),
    "5.5.2 ten pings": (sent(PING, b"x") * 10, [Ping(b"x")] * 10, None),
    "5.5 ping of 126": (sent(PING, b"x" * 126), [], 1002),
    "5.5 close of 126": (sent(CLOSE, b"\x03\xe8" + b"x" * 124), [], 1002),
    "5.5 pong of 64 kB": (sent(PONG, b"x" * 65536), [], 1002),
    "5.5 fragmented ping": (sent(PING, b"x", fin=False), [], 1002),
    "5.5 fragmented close": (sent(CLOSE, fin=False), [], 1002),
    # §5.5.1, §7.4: close
    "7.1.5 close without a code": (sent(CLOSE), [CloseReceived(1005, "")], None),
    "7.1.6 reason of 123": (
        sent(CLOSE, b"\x03\xe8" + b"*" * 123),
        [CloseReceived(1000, "*" * 123)],
        None,
    ),
    "5.5.1 nothing counts after a close": (
        sent(TEXT, b"a") + sent(CLOSE, b"\x03\xe8") + sent(TEXT, b"b") + b"\xff\xff",
        ["a", CloseReceived(1000, "")],
        None,
    ),
    "5.5.1 half a code": (sent(CLOSE, b"\x03"), [], 1002),
    **{
        f"7.4 code {code}": (
            sent(CLOSE, code.to_bytes(2) + b"r"),
            [CloseReceived(code, "r")],
            None,
        )
        for code in (1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999)
    },
    **{
        f"7.4 illegal code {code}": (sent(CLOSE, code.to_bytes(2)), [], 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    },
    "7.1.6 reason not UTF-8": (sent(CLOSE, b"\x03\xe8" + BAD_UTF8), [], 1007),
    # §8.1: UTF-8
    "8.1 cut inside a character": (
        sent(TEXT, ENCODED[:7], fin=False) + sent(MORE, ENCODED[7:]),
        [NIHAO],
        None,
    ),
    "8.1 one byte a fragment": (
        sent(TEXT, fin=False)
        + b"".join(sent(MORE, ENCODED[n : n + 1], fin=False) for n in range(len(ENCODED)))
        + sent(MORE),
        [NIHAO],
        None,
    ),
    "8.1 surrogate": (sent(TEXT, BAD_UTF8), [], 1007),
    "8.1 not UTF-8 in a long text": (sent(TEXT, b"x" * 70000 + b"\xff"), [], 1007),
    "8.1 unfinished character": (sent(TEXT, b"abc\xe2\x82"), [], 1007),
    "8.1 unfinished over fragments": (
        sent(TEXT, b"a\xe2", fin=False) + sent(MORE, b"\x82"),
        [],
        1007,
    ),
    "8.1 overlong": (sent(TEXT, b"\xc0\xaf"), [], 1007),
    "8.1 beyond Unicode": (sent(TEXT, b"\xf4\x90\x80\x80"), [], 1007),
    "8.1 binary is not looked at": (sent(BINARY, BAD_UTF8), [BAD_UTF8], None),
    "8.1 last character of Unicode": (sent(TEXT, b"\xf4\x8f\xbf\xbf"), ["\U0010ffff"], None),
    "8.1 fault after a good message": (sent(TEXT, b"ok") + sent(TEXT, b"\xff"), ["ok"], 1007),
}


@pytest.mark.parametrize("name", CASES)
def test_conformance(name):
    data, events, close = CASES[name]
    assert outcome([data]) == (events, close)
    assert outcome(bytewise(data)) == (events, close)


@pytest.mark.parametrize(
    "beginning",
    [b"\xff", b"a\xf4\x90", b"\xed\xa0", b"\xe0\x80", b"\xc0", b"\xf5"],
)
def test_bad_utf8_is_refused_before_the_frame_is_complete(beginning):
    head = raw(0x81, 0x80 | 100, ZERO)
    assert outcome([head, beginning]) == ([], 1007)
    unfinished = raw(0x01, 0x80 | len(beginning), ZERO, beginning)
    assert outcome([unfinished]) == ([], 1007)


def test_the_examples_of_the_rfc_are_read_by_either_side():
    assert list(FrameReader().feed(bytes.fromhex("818537fa213d7f9f4d5158"))) == ["Hello"]
    client = FrameReader(ReaderLimits(from_client=False))
    assert list(client.feed(bytes.fromhex("810548656c6c6f"))) == ["Hello"]
    assert list(client.feed(bytes.fromhex("010348656c80026c6f"))) == ["Hello"]
    assert list(client.feed(bytes.fromhex("827e0100") + bytes(256))) == [bytes(256)]


def test_a_client_refuses_a_masked_frame():
    client = FrameReader(ReaderLimits(from_client=False))
    assert go_on(client, [sent(TEXT, b"a" * 10)]) == ([], 1002)


def test_a_frame_over_the_limit_is_refused_by_its_header():
    limits = ReaderLimits(max_frame_bytes=200, max_message_bytes=1000)
    assert outcome([sent(TEXT, b"a" * 200)], limits) == (["a" * 200], None)
    assert outcome([sent(TEXT, b"a" * 201)], limits) == ([], 1009)
    assert outcome([raw(0x82, 0xFF, (1 << 62).to_bytes(8))], limits) == ([], 1009)


def test_a_message_over_the_limit_is_refused_by_the_header_of_the_frame_too_many():
    limits = ReaderLimits(max_frame_bytes=200, max_message_bytes=300)
    begun = sent(BINARY, b"a" * 200, fin=False)
    assert outcome([begun, sent(MORE, b"b" * 100)], limits) == (
        [b"a" * 200 + b"b" * 100],
        None,
    )
    assert outcome([begun, sent(PING), sent(MORE, b"b" * 101)[:4]], limits) == (
        [Ping(b"")],
        1009,
    )


def test_a_limit_must_leave_room_for_control_frames():
    with pytest.raises(ValueError, match="125"):
        ReaderLimits(max_frame_bytes=100)


def test_after_a_fault_nothing_is_read():
    reader = FrameReader()
    assert go_on(reader, [b"\xff\xff"]) == ([], 1002)
    assert reader.over
    assert list(reader.feed(sent(TEXT, b"Hello"))) == []


def test_after_a_close_nothing_is_read():
    reader = FrameReader()
    list(reader.feed(sent(CLOSE)))
    assert reader.over
    assert list(reader.feed(sent(TEXT, b"Hello"))) == []


def test_a_lenient_reader_takes_unmasked_and_orphan_frames_as_bytes():
    limits = ReaderLimits(lenient=True)
    data = build_frame(TEXT, b"\xff") + sent(MORE, b"x") + sent(TEXT, b"y" * 10) + sent(PING)
    for segments in ([data], bytewise(data)):
        assert outcome(segments, limits) == (
            [b"\xff", b"x", b"y" * 10, Ping(b"")],
            None,
        )


def test_a_lenient_reader_still_refuses_broken_frames():
    limits = ReaderLimits(lenient=True)
    assert outcome([raw(0xC2, 0x80, ZERO)], limits) == ([], 1002)


@pytest.mark.parametrize(("size", "first"), [(300, 132), (70_000, 133), (300, 134), (126, 133)])
def test_a_segment_as_long_as_a_mark_for_long_lengths_says_is_still_half_a_frame(size, first):
    """126 and 127 in the length field are not lengths."""
    data = sent(BINARY, b"x" * size)
    assert outcome([data[:first], data[first:]]) == ([b"x" * size], None)


def test_a_reader_at_rest_holds_nothing():
    limits = ReaderLimits()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    readers = [FrameReader(limits) for _ in range(1000)]
    for reader in readers:
        go_on(reader, bytewise(sent(TEXT, b"Hello", fin=False) + sent(PING) + sent(MORE, b"!")))
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert held / 1000 < 80


def test_an_endless_row_of_empty_fragments_costs_no_memory():
    reader = FrameReader()
    list(reader.feed(sent(TEXT, fin=False)))
    row = sent(MORE, fin=False) * 1000
    tracemalloc.start()
    for _ in range(20):
        list(reader.feed(row))
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 4000  # 20,000 fragments later
    assert peak < 10_000


def test_a_text_fed_byte_by_byte_takes_no_more_than_its_bytes_twice():
    data = sent(TEXT, "天".encode() * 100_000)
    reader = FrameReader()
    tracemalloc.start()
    for n in range(len(data) - 1):
        list(reader.feed(data[n : n + 1]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * len(data)
