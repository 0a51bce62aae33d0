import pytest

from parlor.wire.websocket import (
    NO_CODE,
    Opcode,
    build_close,
    build_frame,
    build_masked,
    is_legal_close_code,
)

KEY = bytes.fromhex("37fa213d")


# The examples of RFC 6455 §5.7, byte for byte.
def test_an_unmasked_text_message():
    assert build_frame(Opcode.TEXT, b"Hello").hex() == "810548656c6c6f"


def test_a_masked_text_message():
    assert build_masked(Opcode.TEXT, b"Hello", KEY).hex() == "818537fa213d7f9f4d5158"


def test_a_fragmented_unmasked_text_message():
    assert build_frame(Opcode.TEXT, b"Hel", fin=False).hex() == "010348656c"
    assert build_frame(Opcode.CONTINUATION, b"lo").hex() == "80026c6f"


def test_an_unmasked_ping_and_a_masked_pong():
    assert build_frame(Opcode.PING, b"Hello").hex() == "890548656c6c6f"
    assert build_masked(Opcode.PONG, b"Hello", KEY).hex() == "8a8537fa213d7f9f4d5158"


def test_256_bytes_and_64_kib_of_binary():
    assert build_frame(Opcode.BINARY, bytes(256)) == bytes.fromhex("827e0100") + bytes(256)
    assert build_frame(Opcode.BINARY, bytes(65536)) == (
        bytes.fromhex("827f0000000000010000") + bytes(65536)
    )


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, "8200"),
        (125, "827d"),
        (126, "827e007e"),
        (65535, "827effff"),
        (65536, "827f0000000000010000"),
    ],
)
def test_a_length_takes_its_shortest_form(size, head):
    assert build_frame(Opcode.BINARY, bytes(size))[: -size or None].hex() == head
    masked = build_masked(Opcode.BINARY, bytes(size), bytes(4))
    assert masked[1] == bytes.fromhex(head)[1] | 0x80
    assert masked[2 : -size or None].hex() == head[4:] + "00000000"


def test_a_close_has_its_code_and_reason():
    assert build_close(1000, "bye") == b"\x88\x05\x03\xe8bye"


def test_no_code_is_an_empty_close():
    assert build_close() == build_close(NO_CODE, "lost") == b"\x88\x00"


def test_a_long_reason_is_cut_between_characters():
    frame = build_close(4001, "天" * 100)
    assert frame[1] <= 125
    assert frame[4:].decode() == "天" * 41


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 65535])
def test_a_code_that_may_not_be_sent_is_refused(code):
    assert not is_legal_close_code(code)
    with pytest.raises(ValueError, match=str(code)):
        build_close(code)


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1014, 3000, 3999, 4000, 4999])
def test_a_legal_code_is_sent(code):
    assert build_close(code) == b"\x88\x02" + code.to_bytes(2)
