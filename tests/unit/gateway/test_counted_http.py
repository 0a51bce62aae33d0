from typing import Any, cast

import pytest

from parlor.gateway.counted_http import CountedHttp, Unread
from parlor.gateway.settings import GatewaySettings
from tests.support.fake_socket import FakeSocket, advance, make_gateway


class Answering:
    """An HTTP connection that has written `waiting` bytes more than its client read."""

    def __init__(self, limit_s: float, waiting: int) -> None:
        settings = GatewaySettings(stall_timeout_s=limit_s)
        self.gateway, self.clock = make_gateway(settings)
        self.transport = FakeSocket(room=0)
        self.transport.set_write_buffer_limits(high=1 << 20)
        if waiting:
            self.transport.write(b"x" * waiting)
        self.unread = Unread(cast("CountedHttp", cast("Any", self)))
        self.gateway.wheel.schedule(self.unread, self.gateway.wheel.now)

    def pass_time(self, seconds: float) -> None:
        advance(self.gateway, self.clock, seconds)


async def test_a_client_that_reads_nothing_is_cut_off_even_while_its_connection_closes():
    for closing in (False, True):
        http = Answering(10, 500)
        http.transport.closed = closing
        http.pass_time(9)
        assert len(http.gateway.wheel) == 1
        http.pass_time(7)
        assert http.transport.aborted
        assert len(http.gateway.wheel) == 0


async def test_a_client_that_reads_slowly_or_has_read_all_is_left_alone():
    http = Answering(10, 500)
    for _ in range(10):
        http.transport.drain(1)
        http.pass_time(9)
    assert not http.transport.aborted
    idle = Answering(10, 0)
    idle.pass_time(100)
    assert not idle.transport.aborted


@pytest.mark.parametrize("waiting", [1, 70_000])
async def test_the_time_begins_anew_with_every_answer(waiting):
    http = Answering(10, waiting)
    http.pass_time(8)
    http.transport.drain()
    http.pass_time(8)
    http.transport.room = 0
    http.transport.write(b"y")
    http.pass_time(8)
    assert not http.transport.aborted
