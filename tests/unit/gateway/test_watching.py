import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from parlor.drivers.memory.bus import MemoryBus
from parlor.gateway.deliver import Deliver
from parlor.gateway.gateway import Gateway
from parlor.gateway.state.link import NO_DESCRIPTOR
from parlor.model.close import Close, CloseCode
from parlor.model.errors import BadRequest
from parlor.model.ids import ConnectionKey, PushId, RoomId, UserId
from parlor.model.push import Delivery, Envelope, Push, ToAll, ToRoom, ToUsers
from parlor.push.settings import TraceSettings
from parlor.push.traces import Traces
from tests.support.fake_socket import FakeSocket, PlainStream, make_gateway, open_stream
from tests.support.links import make_link

ANN, BEN = UserId("ann"), UserId("ben")


class House:
    """A gateway that watches, and what its log said."""

    def __init__(self, lines: list[Any], settings: TraceSettings | None = None) -> None:
        self._lines = lines
        plain, self.clock = make_gateway()
        self.traces = Traces(self.clock, 10)
        self.gateway = Gateway(
            plain.settings,
            self.clock,
            plain.entropy,
            plain.meter,
            traces=self.traces,
            watched=settings or TraceSettings(users=("ann",)),
        )
        self.deliver = Deliver(self.gateway, MemoryBus())

    def link(self, key: str, user: str, **more):
        link, shell = make_link(key, user, "phone", **more)
        shell.link = link
        self.gateway.hub.add(link)
        return link, shell

    def told(self) -> list[dict[str, Any]]:
        told = list(self._lines)
        self._lines.clear()
        return told

    def events(self) -> list[str]:
        return [line["event"] for line in self.told()]

    async def push(self, to, id: str = "p", delivery: Delivery = Delivery.LOSSY) -> None:
        push = Push(PushId(id), b"the body", delivery=delivery)
        self.traces.begin(push, to, "scores", None)
        await self.deliver.deliver(Envelope(to, (push,)))


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with capture_logs() as told:
        yield told


@pytest.fixture
async def house(lines):
    return House(lines)


async def test_a_watched_user_is_told_from_connect_to_close_and_others_are_absent(house):
    link, _ = house.link("k1", "ann")
    other, _ = house.link("k2", "ben")
    await house.push(ToAll())
    house.clock.at += 2.5
    link.closing = Close(CloseCode.IDLE)
    house.gateway.hub.remove(link)
    house.gateway.hub.remove(other)
    lines = house.told()
    assert [line["event"] for line in lines] == [
        "watched_connected", "watched_push_put", "watched_closed",
    ]  # fmt: skip
    assert {line["user"] for line in lines} == {"ann"}
    assert (lines[0]["address"], lines[0]["device"]) == ("198.51.100.1", "phone")
    assert lines[1]["pushes"] == ("p",)
    assert (lines[2]["reason"], lines[2]["seconds"]) == ("idle", 2.5)
    assert "the body" not in str(lines)


async def test_an_unwatched_link_keeps_its_own_codec_and_shell(house):
    link, shell = house.link("k", "ben")
    assert (link.shell, link.watch) == (shell, None)


async def test_what_a_watched_reader_is_written_is_told_when_it_is(house):
    link, shell = house.link("k", "ann")
    await house.push(ToUsers((ANN,)))
    assert house.events() == ["watched_connected", "watched_push_put"]
    shell.is_ready = True
    link.shell.flush()
    (written,) = house.told()
    assert (written["event"], written["pushes"]) == ("watched_push_written", ["p"])
    steps = [line.step for line in house.traces.look("p", lambda *_: (0, True)).users]
    assert steps == ["put", "written"]


async def test_a_reader_that_does_not_read_is_told_as_blocked(house):
    link, _ = house.link("k", "ann")
    await house.push(ToUsers((ANN,)))
    link.shell.flush()
    assert house.events()[-1] == "watched_blocked"


async def test_a_push_that_a_watched_reader_misses_is_told_by_its_id(house):
    house.link("k", "ann", max_frames=1)
    for n in range(3):
        await house.push(ToUsers((ANN,)), f"p{n}")
    told = [line for line in house.told() if line["event"] == "watched_push_missed"]
    assert [line["pushes"] for line in told] == [("p0",), ("p1",)]
    steps = [line.step for line in house.traces.look("p0", lambda *_: (0, True)).users]
    assert steps == ["put", "missed"]


async def test_a_wide_walk_writes_to_a_watched_link_like_to_any_other(house):
    link, shell = house.link("k", "ann")
    shell.is_ready = True
    house.gateway.hub.join(link, RoomId("r"))
    for n in range(300):
        other, _ = house.link(f"o{n}", f"u{n}")
        house.gateway.hub.join(other, RoomId("r"))
    await house.push(ToRoom(RoomId("r")))
    assert shell.written
    assert house.events()[-1] == "watched_push_written"


async def test_nobody_writes_past_the_shell_of_a_watched_stream(house):
    stream, peer = PlainStream(house.gateway), FakeSocket()
    open_stream(stream, peer)
    assert stream.link.direct != NO_DESCRIPTOR
    stream.link.key, stream.link.user = ConnectionKey("k"), ANN
    house.gateway.hub.add(stream.link)
    await house.push(ToUsers((ANN,)))
    await asyncio.sleep(0)
    assert stream.link.direct == NO_DESCRIPTOR
    assert house.events()[-1] == "watched_push_written"
    house.gateway.watching.set([])
    stream.flush()
    assert stream.link.direct != NO_DESCRIPTOR


async def test_requests_are_told_with_their_time_and_outcome(house):
    link, _ = house.link("k", "ann")
    assert link.watch is not None
    link.watch.on_request(1, "room.join")
    house.clock.at += 0.012
    link.watch.on_answer(1, "forbidden")
    link.watch.on_acknowledged(7)
    request, acked = house.told()[1:]
    assert (request["method"], request["outcome"], request["ms"]) == (
        "room.join", "forbidden", 12.0,
    )  # fmt: skip
    assert (acked["event"], acked["upto"]) == ("watched_acknowledged", 7)


async def test_the_list_changes_while_connections_are_open(house):
    ann, ann_shell = house.link("a", "ann")
    ben, _ = house.link("b", "ben")
    house.gateway.watching.set(["ben"])
    assert (ann.shell, ann.watch) == (ann_shell, None)
    assert ben.watch is not None
    assert house.events() == ["watched_connected", "watched_found", "watch_list_set"]
    await house.push(ToUsers((ANN, BEN)))
    told = [line for line in house.told() if line["event"].startswith("watched_push")]
    assert {line["user"] for line in told} == {"ben"}


async def test_more_users_than_allowed_change_nothing(lines):
    house = House(lines, TraceSettings(max_users=2))
    with pytest.raises(BadRequest, match="At most 2"):
        house.gateway.watching.set(["a", "b", "c"])
    with pytest.raises(BadRequest, match="characters"):
        house.gateway.watching.set([""])
    assert house.gateway.watching.users == frozenset()


async def test_lines_over_the_limit_of_a_second_are_left_out_and_counted(lines):
    house = House(lines, TraceSettings(users=("ann",), lines_per_second=5))
    link, _ = house.link("k", "ann")
    assert link.watch is not None
    for n in range(9):
        link.watch.on_acknowledged(n)
    assert len(house.told()) == 5
    house.clock.at += 1
    link.watch.on_acknowledged(10)
    first, second = house.told()
    assert (first["event"], first["lines"]) == ("watched_lines_left_out", 5)
    assert second["upto"] == 10


async def test_somebody_who_is_refused_after_proving_who_it_is_is_told(house):
    house.gateway.watching.refused(ANN, "198.51.100.1", "forbidden")
    house.gateway.watching.refused(BEN, "198.51.100.1", "forbidden")
    (line,) = house.told()
    assert (line["event"], line["user"], line["code"]) == ("watched_refused", "ann", "forbidden")


async def test_the_list_of_the_settings_counts_only_when_it_changed(house):
    watching = house.gateway.watching
    watching.set(["ben"])
    watching.apply(TraceSettings(users=("ann",)))
    assert watching.users == {"ben"}
    watching.apply(TraceSettings(users=("cem",)))
    assert watching.users == {"cem"}
