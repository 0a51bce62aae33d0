"""Client frames that fail the connection: name -> (bytes, close code), the clause in the name.

What a listener that checks less than RFC 6455 lets pass all the same is in `STRICT`.
"""

from __future__ import annotations

from tests.support.wire_peer import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame, question

HELLO = question(1)

RESERVED = {
    f"5.2 rsv {bits:03b} on opcode {opcode:#x}": (frame(opcode, rsv=bits << 4), 1002)
    for bits in range(1, 8)
    for opcode in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG)
} | {
    "5.2 rsv1 on a whole request": (frame(TEXT, HELLO, rsv=0x40), 1002),
    "5.2 rsv2 on the second fragment": (
        frame(BINARY, HELLO[:5], fin=False) + frame(CONTINUATION, HELLO[5:], rsv=0x20),
        1002,
    ),
}

OPCODES = {
    f"5.2 opcode {opcode:#x}, {what}": (frame(opcode, payload), 1002)
    for opcode in (*range(3, 8), *range(0xB, 0x10))
    for what, payload in (("empty", b""), ("with a payload", b"x" * 20))
} | {
    "5.2 a reserved opcode inside a message": (
        frame(BINARY, b"a", fin=False) + frame(3, b"b"),
        1002,
    ),
}

LENGTHS = {
    **{
        f"5.2 {size} in 16 bits": (
            frame(BINARY, bytes(size), length=b"\x7e" + size.to_bytes(2)),
            1002,
        )
        for size in (0, 1, 124, 125)
    },
    **{
        f"5.2 {size} in 64 bits": (
            frame(BINARY, bytes(size), length=b"\x7f" + size.to_bytes(8)),
            1002,
        )
        for size in (0, 125, 126, 4_000)
    },
    "5.2 65535 in 64 bits": (frame(BINARY, length=b"\x7f" + (65_535).to_bytes(8)), 1002),
    "5.2 2^63": (frame(BINARY, length=b"\x7f" + (1 << 63).to_bytes(8)), 1002),
    "5.2 2^64 - 1": (frame(BINARY, length=b"\x7f" + b"\xff" * 8), 1002),
    "5.2 2^63 + 5, and 5 are there": (
        frame(TEXT, b"hello", length=b"\x7f" + (5 | 1 << 63).to_bytes(8)),
        1002,
    ),
}

TOO_BIG = {
    "10.4 1 GB": (frame(BINARY, length=b"\x7f" + (1 << 30).to_bytes(8)), 1009),
    "10.4 2^60": (frame(TEXT, length=b"\x7f" + (1 << 60).to_bytes(8)), 1009),
    "10.4 2^63 - 1": (frame(BINARY, length=b"\x7f" + ((1 << 63) - 1).to_bytes(8)), 1009),
    "10.4 a byte over the limit": (frame(TEXT, length=b"\x7f" + (131_073).to_bytes(8)), 1009),
    "10.4 over it in fragments": (
        frame(BINARY, b"x" * 70_000, fin=False)
        + frame(CONTINUATION, length=b"\x7f" + (70_000).to_bytes(8)),
        1009,
    ),
}

CONTROL = {
    **{
        f"5.5 opcode {opcode:#x} of 126 bytes": (frame(opcode, b"\x03\xe8" + b"x" * 124), 1002)
        for opcode in (CLOSE, PING, PONG)
    },
    **{
        f"5.5 opcode {opcode:#x} of 64 kB": (frame(opcode, b"x" * 65_536), 1002)
        for opcode in (CLOSE, PING, PONG)
    },
    **{
        f"5.5 opcode {opcode:#x} in a longer form": (
            frame(opcode, b"\x03\xe8", length=b"\x7e\0\2"),
            1002,
        )
        for opcode in (CLOSE, PING, PONG)
    },
    **{
        f"5.5 opcode {opcode:#x} fragmented": (
            frame(opcode, b"\x03\xe8", fin=False) + frame(CONTINUATION, b"x"),
            1002,
        )
        for opcode in (CLOSE, PING, PONG)
    },
    "5.5 a fragmented ping inside a message": (
        frame(BINARY, b"a", fin=False) + frame(PING, b"x", fin=False),
        1002,
    ),
}

FRAGMENTS = {
    "5.4 text inside a message": (frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002),
    "5.4 binary inside a message": (frame(TEXT, b"a", fin=False) + frame(BINARY, b"b"), 1002),
    "5.4 a second message begins": (
        frame(BINARY, b"a", fin=False) + frame(BINARY, b"b", fin=False),
        1002,
    ),
    "5.4 the same, with a ping between": (
        frame(TEXT, b"a", fin=False) + frame(PONG) + frame(TEXT, b"b", fin=False),
        1002,
    ),
}

CLOSES = {
    "5.5.1 a body of one byte": (frame(CLOSE, b"\x03"), 1002),
    "8.1 a reason that is not UTF-8": (frame(CLOSE, b"\x03\xe8\xce\xba\xed\xa0\x80"), 1007),
    "8.1 a reason that is cut off": (frame(CLOSE, b"\x03\xe8\xe2\x82"), 1007),
    **{
        f"7.4 code {code}": (frame(CLOSE, code.to_bytes(2)), 1002)
        for code in (
            *(0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1099, 1100),
            *(2000, 2999, 5000, 9999, 65_535),
        )
    },
    **{
        f"7.4 code {code} with a reason": (frame(CLOSE, code.to_bytes(2) + b"why"), 1002)
        for code in (0, 999, 1005, 1006, 1015, 2999, 5000)
    },
}

MASKS = {
    "5.1 text without a mask": (frame(TEXT, HELLO, masked=False), 1002),
    "5.1 an empty frame without a mask": (frame(BINARY, masked=False), 1002),
    "5.1 a ping without a mask": (frame(PING, b"x", masked=False), 1002),
    "5.1 a close without a mask": (frame(CLOSE, b"\x03\xe8", masked=False), 1002),
    "5.1 a second fragment without a mask": (
        frame(BINARY, b"a", fin=False) + frame(CONTINUATION, b"b", masked=False),
        1002,
    ),
}

ORPHANS = {
    "5.4 a continuation of nothing": (frame(CONTINUATION, b"a"), 1002),
    "5.4 an unfinished continuation of nothing": (frame(CONTINUATION, b"a", fin=False), 1002),
    "5.4 a continuation of nothing after a ping": (frame(PONG) + frame(CONTINUATION), 1002),
}

STRICT = MASKS | ORPHANS
FRAMING = RESERVED | OPCODES | LENGTHS | TOO_BIG | CONTROL | FRAGMENTS | CLOSES
