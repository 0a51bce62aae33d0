import pytest

from parlor.model.errors import WireError
from parlor.wire.websocket import CloseReceived, Opcode, Ping, Pong
from parlor.wire.websocket.events import parse_control


def test_ping_and_pong_carry_their_payload():
    assert parse_control(Opcode.PING, b"x") == Ping(b"x")
    assert parse_control(Opcode.PONG, b"") == Pong(b"")


def test_a_close_without_a_code_is_1005():
    assert parse_control(Opcode.CLOSE, b"") == CloseReceived(1005, "")


def test_a_close_has_a_code_and_a_reason():
    assert parse_control(Opcode.CLOSE, b"\x0f\xa0" + "再见".encode()) == CloseReceived(4000, "再见")


@pytest.mark.parametrize(
    ("payload", "close"),
    [
        (b"\x03", 1002),
        (b"\x03\xed", 1002),  # 1005
        (b"\x03\xee", 1002),  # 1006
        (b"\x13\x88", 1002),  # 5000
        (b"\x00\x00", 1002),
        (b"\x03\xe8\xff", 1007),
        (b"\x03\xe8\xe5\xa4", 1007),
    ],
)
def test_a_close_that_may_not_be_sent_is_a_fault(payload, close):
    with pytest.raises(WireError) as fault:
        parse_control(Opcode.CLOSE, payload)
    assert fault.value.close == close
