import asyncio
from typing import Any

import pytest

from parlor.doors.goim.codec import GoimLongPollCodec
from parlor.doors.goim.http import Message
from parlor.doors.goim.login_check import LoginCheck
from parlor.doors.goim.long_poll import LongPolls
from parlor.gateway.gateway import Gateway
from parlor.model.close import Close, CloseCode
from parlor.model.errors import HookUnavailable, Vetoed
from parlor.model.hook import HookKind
from parlor.model.ids import PushId, UserId
from parlor.model.push import Envelope, Push, ToUsers
from parlor.model.trace import Leg
from tests.support.fake_socket import advance, make_gateway
from tests.support.goim_fakes import CountedEntropy, KnownTokens
from tests.support.hooks import Heard
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


class Asking:
    """One request that hangs; what it was answered is in `status`, `headers` and `body`."""

    def __init__(self, polls: LongPolls, token: str = "7") -> None:
        self._sent: list[dict[str, Any]] = []
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/sub",
            "query_string": f"t={token}&cb=f".encode(),
            "client": ("127.0.0.1", 1),
        }
        self.answered = asyncio.create_task(polls(scope, self._receive, self._send))

    @property
    def status(self) -> int:
        return int(self._sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self._sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return bytes(self._sent[1]["body"])

    async def _receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def _send(self, message: Message) -> None:
        self._sent.append(dict(message))


def _polls(gateway: Gateway, tokens: KnownTokens | None = None) -> LongPolls:
    """For 10 s each; without `tokens` anybody is who they say."""
    logins = LoginCheck(
        "open" if tokens is None else "token", tokens or KnownTokens({}), CountedEntropy()
    )
    return LongPolls(gateway, logins, poll_s=10)


async def test_the_first_of_a_batch_is_the_answer_and_the_others_are_counted_as_missed():
    gateway, clock = make_gateway()
    asking = Asking(_polls(gateway))
    await settle()
    (link,) = gateway.hub.of_user(UserId("7"))
    frame = GoimLongPollCodec().pushes(_envelope(b"1", b"2", b"3"))
    assert frame is not None
    link.put(frame)
    link.put(frame)
    await asking.answered
    assert asking.body == b'f={"ver":0,"op":5,"seq":0,"body":1}'
    assert isinstance(gateway.meter, CountingMeter)
    assert gateway.meter.counted["goim_long_poll_missed_total"] == 5
    advance(gateway, clock, 20)
    assert gateway.hub.connections() == 0


async def test_what_comes_after_the_answer_is_not_for_this_poll_any_more():
    gateway, _ = make_gateway()
    asking = Asking(_polls(gateway))
    await settle()
    (link,) = gateway.hub.of_user(UserId("7"))
    frame = GoimLongPollCodec().pushes(_envelope(b"1"))
    assert frame is not None
    link.put(frame)
    link.shell.flush()
    assert gateway.hub.of_user(UserId("7")) == ()
    assert not link.put(frame)
    await asking.answered
    assert asking.body.endswith(b'"body":1}')


async def test_what_waits_when_a_poll_ends_is_told_as_lost():
    gateway, _ = make_gateway()
    asking = Asking(_polls(gateway))
    await settle()
    (link,) = gateway.hub.of_user(UserId("7"))
    frame = GoimLongPollCodec().pushes(_envelope(b"1"))
    assert frame is not None
    leg = Leg("everybody")
    frame.legs = (leg,)
    link.put(frame)
    link.close(Close(CloseCode.UNAUTHENTICATED))
    await asking.answered
    assert (asking.status, leg.lost) == (403, 1)


async def test_a_push_that_comes_with_the_end_of_the_time_is_the_answer():
    gateway, clock = make_gateway()
    asking = Asking(_polls(gateway))
    await settle()
    (link,) = gateway.hub.of_user(UserId("7"))
    frame = GoimLongPollCodec().pushes(_envelope(b"1"))
    assert frame is not None
    link.put(frame)
    advance(gateway, clock, 20)
    await asking.answered
    assert asking.body.endswith(b'"body":1}')


async def test_after_its_time_a_poll_is_answered_with_nothing_and_gone():
    gateway, clock = make_gateway()
    asking = Asking(_polls(gateway))
    await settle()
    advance(gateway, clock, 20)
    assert gateway.hub.connections() == 0
    await asking.answered
    assert (asking.status, asking.body) == (200, b"")


@pytest.mark.parametrize(
    ("refusal", "status", "retry_after"),
    [(Vetoed("Not you."), 403, None), (HookUnavailable(retry_after_s=4.2), 503, b"5")],
)
async def test_whom_the_operators_program_does_not_let_in_is_told_so(refusal, status, retry_after):
    gateway, _ = make_gateway()
    gateway.hooks = hooks = Heard(refusal)
    asking = Asking(_polls(gateway, KnownTokens({"token": "7"})), "token")
    await asking.answered
    assert (asking.status, asking.headers.get(b"retry-after")) == (status, retry_after)
    (question,) = hooks.questions
    assert (question.kind, question.user, question.device, question.address) == (
        HookKind.CONNECT,
        "7",
        "device of 7",
        "127.0.0.1",
    )
    assert gateway.hub.connections() == 0


async def test_who_is_revoked_while_the_operators_program_is_asked_is_refused():
    gateway, _ = make_gateway()
    tokens = KnownTokens({"token": "7"})
    gateway.hooks = Heard(meanwhile=lambda: tokens.revoked.add("7"))
    asking = Asking(_polls(gateway, tokens), "token")
    await asking.answered
    assert asking.status == 403


async def test_a_server_that_began_to_drain_meanwhile_says_so():
    gateway, _ = make_gateway()

    def drain() -> None:
        gateway.draining = True

    gateway.hooks = Heard(meanwhile=drain)
    asking = Asking(_polls(gateway))
    await asking.answered
    assert (asking.status, asking.body) == (503, b"draining")
