"""Links without sockets."""

from __future__ import annotations

from parlor.gateway.state.link import Link, LinkCodec
from parlor.gateway.state.outbox import OutboxLimits
from parlor.model.close import Close
from parlor.model.ids import ConnectionKey, DeviceId, UserId
from tests.support.fake_socket import PlainCodec


class RecordingShell:
    """Takes from the outbox only when told to by the test, unless `is_ready`."""

    def __init__(self) -> None:
        self.link: Link | None = None
        self.is_ready = False
        self.wakes = 0
        self.missed = 0
        self.written = b""
        self.ended: list[Close] = []
        self.ending_soon: list[Close] = []

    def wake(self) -> None:
        self.wakes += 1

    def flush(self) -> None:
        if self.is_ready and self.link is not None:
            self.written += self.link.take()

    def send_rest(self, data: bytes) -> None:
        self.written += data

    def end(self, close: Close) -> None:
        self.ended.append(close)

    def on_missed(self, count: int) -> None:
        self.missed += count

    def end_soon(self, close: Close) -> None:
        self.ending_soon.append(close)


def make_link(
    key: str,
    user: str = "u",
    device: str = "d",
    address: str = "198.51.100.1",
    *,
    codec: LinkCodec | None = None,
    max_frames: int = 100,
    instance: str = "",
    tags: frozenset[str] | None = None,
) -> tuple[Link, RecordingShell]:
    shell = RecordingShell()
    link = Link(
        ConnectionKey(key),
        UserId(user),
        DeviceId(device),
        address,
        codec or PlainCodec(),
        shell,
        OutboxLimits(max_frames=max_frames),
        instance=instance,
        tags=tags,
    )
    shell.link = link
    return link, shell
