from base64 import b64encode

import pytest

from parlor.load.cutting import CLOSE
from parlor.load.greetings import (
    GREETINGS,
    KEY,
    NONCE,
    Refused,
    Told,
    Who,
    goim_tcp,
    native_tcp,
    native_websocket,
)
from parlor.model.account import User
from parlor.model.errors import Unauthenticated
from parlor.model.ids import UserId
from parlor.wire.goim.frame import encode_frame
from parlor.wire.goim.ops import Op
from parlor.wire.native.codec import JSON, MSGPACK
from parlor.wire.native.framing import build_framed
from parlor.wire.native.methods import HelloResult, Limits
from parlor.wire.native.pushes import ByePush, DeliveryPush
from parlor.wire.websocket import Opcode, build_frame, build_masked
from parlor.wire.websocket.handshake import accept_key

WELCOME = HelloResult(
    user=User(UserId("u"), "ann", "Ann"),
    admin=False,
    device="d",
    connection="c",
    endpoint="d/c",
    server_time=0,
    heartbeat_s=25.0,
    epoch="e",
    epoch_changed=False,
    limits=Limits(1, 1, 1, 1.0, 1),
    calls=(),
    rooms=("r",),
    resume="ticket",
)
ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: " + accept_key(b64encode(NONCE)) + b"\r\n"
    b"Sec-WebSocket-Protocol: parlor.v1.json\r\n\r\n"
)


@pytest.mark.parametrize(
    ("greeting", "answer"),
    [
        (
            native_websocket(Who("t", ("r",))),
            ANSWER + build_frame(Opcode.TEXT, JSON.build_reply(1, WELCOME)),
        ),
        (native_tcp(Who("t", ("r",))), build_framed(MSGPACK.build_reply(1, WELCOME))),
    ],
)
def test_who_is_let_in_has_a_ticket_and_loses_nothing_that_follows(greeting, answer):
    for end in range(len(answer)):
        assert greeting.enter(answer[:end]) is None
    entered = greeting.enter(answer + b"rest")
    assert entered is not None
    assert (entered.ticket, entered.rest) == ("ticket", b"rest")


def test_a_refused_hello_says_why():
    refusal = JSON.build_error(1, Unauthenticated())
    with pytest.raises(Refused, match="unauthenticated"):
        native_websocket(Who()).enter(ANSWER + build_frame(Opcode.TEXT, refusal))


def test_a_refused_handshake_says_its_status():
    answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(Refused, match="503 Service Unavailable"):
        native_websocket(Who()).enter(answer)


def test_a_goim_login_is_accepted_by_its_reply():
    greeting = goim_tcp(Who(rooms=("live://1",), number=6))
    accepted = encode_frame(Op.AUTH_REPLY, seq=1)
    assert b'"mid":7' in greeting.first
    assert greeting.enter(accepted[:-1]) is None
    entered = greeting.enter(accepted + b"rest")
    assert entered is not None
    assert entered.rest == b"rest"
    with pytest.raises(Refused):
        greeting.enter(b"x" * len(accepted))


@pytest.mark.parametrize(
    ("greeting", "codec"), [(native_websocket(Who()), JSON), (native_tcp(Who()), MSGPACK)]
)
def test_what_was_missed_and_why_it_closes_is_heard_and_a_heartbeat_is_nothing(greeting, codec):
    missed = codec.build_push("delivery", DeliveryPush("", "r", "", missed=3))
    assert greeting.tell(missed) == Told(missed=3)
    bye = codec.build_push("bye", ByePush(4100, "draining after_s=2.5"))
    assert greeting.tell(bye) == Told(closing="draining after_s=2.5")
    assert greeting.tell(codec.build_push("delivery", DeliveryPush("p", "r", "x"))) is None
    assert greeting.tell(codec.build_reply(2, WELCOME)) is None


def test_a_close_frame_is_answered_with_its_code():
    told = native_websocket(Who()).tell(CLOSE + (4100).to_bytes(2) + b"draining after_s=1")
    answer = build_masked(Opcode.CLOSE, (4100).to_bytes(2), KEY)
    assert told == Told(closing="draining after_s=1", answer=answer)


def test_every_kind_has_something_to_say_first_but_the_silent_one():
    assert [kind for kind, greet in GREETINGS.items() if not greet(Who("t")).first] == ["silent"]
