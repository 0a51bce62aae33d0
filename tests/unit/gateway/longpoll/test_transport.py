import asyncio

import pytest

from parlor.gateway.longpoll.transport import HttpTransport
from parlor.model.errors import BadRequest


class _Protocol(asyncio.Protocol):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def pause_writing(self) -> None:
        self.heard.append("pause")

    def resume_writing(self) -> None:
        self.heard.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.heard.append("lost")


def test_the_writer_is_paused_at_the_limit_and_resumed_by_an_acknowledgement():
    protocol = _Protocol()
    transport = HttpTransport(protocol, "192.0.2.1", 10)
    transport.write(b"12345")
    transport.write(b"67890")
    transport.write(b"more")
    assert protocol.heard == ["pause"]
    assert transport.get_write_buffer_size() == 14
    transport.acknowledge(2)
    assert protocol.heard == ["pause", "resume"]
    with pytest.raises(BadRequest):
        transport.acknowledge(4)


def test_after_its_close_nothing_is_taken_and_its_end_is_told_once():
    protocol = _Protocol()
    transport = HttpTransport(protocol, "192.0.2.1", 10)
    transport.write(b"bye")
    transport.close()
    transport.write(b"late")
    assert (transport.tail.last, transport.is_closing()) == (1, True)
    transport.abort()
    transport.abort()
    assert protocol.heard == ["lost"]
    assert transport.get_write_buffer_size() == 0


def test_it_knows_its_peer_and_no_socket():
    transport = HttpTransport(_Protocol(), "192.0.2.1", 10)
    assert transport.get_extra_info("peername")[0] == "192.0.2.1"
    assert transport.get_extra_info("socket") is None
