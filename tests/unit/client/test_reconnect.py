import contextlib

import pytest

from parlor.client.connection import Connection, ConnectionClosed
from parlor.client.reconnect import BACK_OFF, stay_connected, wait_before
from parlor.model.close import CloseCode
from parlor.model.errors import Unauthenticated
from parlor.wire.native.methods import BackOff


def test_waits_grow_and_are_bounded_and_spread():
    waits = [wait_before(attempt, None, 0.999) or 0.0 for attempt in range(12)]
    assert waits == sorted(waits)
    assert waits[0] < 0.6
    assert waits[-1] <= BACK_OFF.longest_s
    assert wait_before(3, None, 0.0) != wait_before(3, None, 0.9)


@pytest.mark.parametrize(
    "code",
    [
        CloseCode.NORMAL,
        CloseCode.UNAUTHENTICATED,
        CloseCode.SIGNED_OUT,
        CloseCode.REPLACED,
        CloseCode.MALFORMED,
        4999,
    ],
)
def test_some_ends_are_final(code):
    assert wait_before(0, ConnectionClosed(code, ""), 0.5) is None


@pytest.mark.parametrize("code", [1006, CloseCode.IDLE, CloseCode.GOING_AWAY])
def test_others_are_not(code):
    assert wait_before(0, ConnectionClosed(code, ""), 0.5) is not None


def test_the_server_sets_the_pace_when_it_says_so():
    closed = ConnectionClosed(CloseCode.DRAINING, "draining after_s=7.5")
    assert wait_before(0, closed, 0.1) == 7.5


class EndedConnection(Connection):
    def __init__(self, code: int) -> None:
        self.closed = ConnectionClosed(code, "")
        self.welcome = None

    async def wait_closed(self) -> None:
        return


async def test_connections_follow_each_other_until_one_end_is_final():
    codes = [CloseCode.SIGNED_OUT]

    @contextlib.asynccontextmanager
    async def connect():
        yield EndedConnection(codes.pop(0))

    connections = [connection async for connection in stay_connected(connect)]
    assert len(connections) == 1


async def test_a_refusal_that_no_retry_can_help_is_raised():
    def connect() -> contextlib.AbstractAsyncContextManager[Connection]:
        raise Unauthenticated

    with pytest.raises(Unauthenticated):
        await anext(stay_connected(connect))


def test_the_server_says_how_long_to_back_off():
    told = BackOff(first_s=2.0, longest_s=5.0)
    assert wait_before(0, None, 0.0, told) == 1.0
    assert wait_before(9, None, 0.0, told) == 2.5
