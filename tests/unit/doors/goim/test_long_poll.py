import asyncio
from typing import Any

import pytest

from parlor.doors.goim.codec import GoimLongPollCodec
from parlor.doors.goim.login_check import LoginCheck
from parlor.doors.goim.long_poll import LongPolls
from parlor.model.ids import PushId, UserId
from parlor.model.push import Envelope, Push, ToUsers
from tests.support.fake_socket import advance, make_gateway
from tests.support.goim_fakes import CountedEntropy, KnownTokens
from tests.support.native_connection import settle
from tests.support.steady import CountingMeter


def _envelope(*bodies: bytes) -> Envelope:
    pushes = tuple(Push(PushId(str(number)), body) for number, body in enumerate(bodies))
    return Envelope(ToUsers((UserId("7"),)), pushes)


@pytest.mark.parametrize(
    ("body", "written"),
    [
        (b'{"test":1}', b'{"test":1}'),
        (b' { "a" :\n 1 } ', b'{"a":1}'),
        (b"text", b'"text"'),
        (b"", b'""'),
        (b"NaN", b'"NaN"'),
        (b"[" * 3000, b'"' + b"[" * 3000 + b'"'),
        ('"\u2028"'.encode(), b'"\\u2028"'),
    ],
)
def test_a_body_is_passed_on_as_json_on_one_line(body, written):
    frame = GoimLongPollCodec().pushes(_envelope(body))
    assert frame is not None
    assert frame.data == b'{"ver":0,"op":5,"seq":0,"body":' + written + b"}\n"


async def test_the_first_of_a_batch_is_the_answer_and_the_others_are_counted_as_missed():
    gateway, clock = make_gateway()
    polls = LongPolls(gateway, LoginCheck("open", KnownTokens({}), CountedEntropy()), poll_s=10)
    sent: list[dict[str, Any]] = []

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/sub",
        "query_string": b"t=7&cb=f",
        "client": ("127.0.0.1", 1),
    }
    asking = asyncio.create_task(polls(scope, receive, send))
    await settle()
    (link,) = gateway.hub.of_user(UserId("7"))
    frame = GoimLongPollCodec().pushes(_envelope(b"1", b"2", b"3"))
    assert frame is not None
    link.put(frame)
    link.put(frame)
    await asking
    assert sent[1]["body"] == b'f={"ver":0,"op":5,"seq":0,"body":1}'
    assert isinstance(gateway.meter, CountingMeter)
    assert gateway.meter.counted["goim_long_poll_missed_total"] == 5
    advance(gateway, clock, 20)
    assert gateway.hub.connections() == 0
