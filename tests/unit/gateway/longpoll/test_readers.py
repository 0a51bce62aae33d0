from hypothesis import given, settings
from hypothesis import strategies as st

from parlor.gateway.longpoll.settings import LongpollSettings
from parlor.gateway.settings import GatewaySettings
from parlor.model.close import Close, CloseCode
from tests.support.http_links import Exchange, HttpHouse, Visitor
from tests.support.native_connection import settle


async def _visitor(
    longpoll: LongpollSettings | None = None, config: GatewaySettings | None = None
) -> tuple[HttpHouse, Visitor]:
    house = HttpHouse(config, longpoll)
    return house, await house.visitor()


async def test_a_poll_waits_until_there_is_something_and_takes_all_of_it():
    _, visitor = await _visitor()
    poll = visitor.begin_poll()
    await settle()
    assert poll.status == 0
    visitor.push("one")
    visitor.push("two")
    await settle()
    assert [message["data"] for message in visitor.take(poll)] == ["one", "two"]
    assert poll.headers[b"content-type"] == b"application/json"


async def test_a_poll_with_nothing_to_say_is_answered_in_time():
    house, visitor = await _visitor(LongpollSettings(poll_s=10))
    poll = visitor.begin_poll()
    await settle()
    await house.pass_time(9.5)
    assert not poll.is_complete
    await house.pass_time(1)
    assert visitor.take(poll) == []


async def test_what_a_broken_poll_did_not_bring_the_next_one_brings():
    _, visitor = await _visitor()
    broken = visitor.begin_poll()
    await settle()
    broken.is_held = True
    visitor.push("once")
    await settle()
    broken.leave()
    await settle()
    visitor.push("twice")
    taken = visitor.take(await visitor.poll())
    assert [message["data"] for message in taken] == ["once", "twice"]


async def test_an_event_stream_speaks_at_once_numbers_and_says_what_must_not_be_kept():
    _, visitor = await _visitor()
    stream = await visitor.stream()
    assert (stream.status, stream.body) == (200, b":\n\n")
    assert stream.headers[b"content-type"] == b"text/event-stream"
    assert stream.headers[b"x-accel-buffering"] == b"no"
    visitor.push("a")
    await settle()
    visitor.push("b")
    visitor.push("c")
    await settle()
    assert stream.body[3:] == (
        b'id: 2\ndata: {"push":"test","data":"a"}\n\n'
        b'id: 3\ndata: {"push":"test","data":"b"}\ndata: {"push":"test","data":"c"}\n\n'
    )


async def test_a_line_break_in_a_message_breaks_no_event():
    _, visitor = await _visitor()
    stream = await visitor.stream()
    visitor.push("one\ntwo\r\nthree\u2028")
    await settle()
    ((_, messages),) = stream.events()
    assert messages[0]["data"] == "one\ntwo\r\nthree\u2028"


async def test_a_quiet_stream_shows_that_it_lives():
    house, visitor = await _visitor(LongpollSettings(comment_s=10), GatewaySettings(heartbeat_s=60))
    stream = await visitor.stream()
    for _ in range(3):
        await house.pass_time(11)
    assert stream.body == b":\n\n" * 4
    visitor.push("x")
    await settle()
    before = len(stream.body)
    await house.pass_time(9)
    assert len(stream.body) == before


async def test_a_stream_that_comes_back_goes_on_after_its_last_event():
    _, visitor = await _visitor()
    stream = await visitor.stream()
    for text in "abc":
        visitor.push(text)
        await settle()
    visitor.has = stream.events()[1][0]
    stream.leave()
    await settle()
    visitor.push("d")
    again = await visitor.stream()
    assert [(number, m[0]["data"]) for number, m in again.events()] == [(4, "c"), (5, "d")]


async def test_of_two_readers_the_older_one_ends_and_the_newer_gets_everything():
    house, visitor = await _visitor()
    poll = visitor.begin_poll()
    await settle()
    stream = await visitor.stream()
    assert (poll.status, poll.answer["error"]["code"]) == (409, "reader_replaced")
    newer = visitor.begin_poll()
    await settle()
    assert stream.is_complete
    visitor.push("x")
    await settle()
    assert [message["data"] for message in visitor.take(newer)] == ["x"]
    assert house.gateway.hub.connections() == 1


async def test_a_link_that_nobody_reads_ends():
    house, visitor = await _visitor(LongpollSettings(reader_gap_s=8))
    stream = await visitor.stream()
    await house.pass_time(20)
    stream.leave()
    await settle()
    await house.pass_time(7)
    assert house.gateway.hub.connections() == 1
    link = visitor.link.link
    await house.pass_time(2)
    assert house.gateway.hub.connections() == 0
    assert link.closing == Close(CloseCode.IDLE)
    await house.pass_time(6)
    assert (len(house.links), house.gateway.admission.total, len(house.gateway.wheel)) == (0, 0, 0)


async def test_a_stream_whose_client_says_nothing_for_two_heartbeats_ends():
    house, visitor = await _visitor(config=GatewaySettings(heartbeat_s=10))
    stream = await visitor.stream()
    await house.pass_time(15)
    await visitor.send({"id": 2, "method": "heartbeat"})
    await house.pass_time(15)
    assert not stream.is_complete
    await house.pass_time(6)
    assert stream.events()[-1][1][0]["data"] == {"code": 4000, "reason": "idle"}
    assert stream.is_complete


async def test_polling_is_a_sign_of_life():
    house, visitor = await _visitor(LongpollSettings(poll_s=10), GatewaySettings(heartbeat_s=10))
    for _ in range(6):
        poll = visitor.begin_poll()
        await settle()
        await house.pass_time(11)
        assert visitor.take(poll) == []
    assert house.gateway.hub.connections() == 1


async def test_the_last_word_waits_for_the_poll_that_is_on_its_way():
    house, visitor = await _visitor()
    visitor.link.link.close(house.gateway.come_back())
    await settle()
    assert house.gateway.hub.connections() == 0
    (bye,) = visitor.take(await visitor.poll())
    assert bye["data"]["code"] == CloseCode.DRAINING
    assert house.gateway.deserted.is_set()


async def test_the_last_word_is_not_kept_for_ever():
    house, visitor = await _visitor(config=GatewaySettings(close_timeout_s=5))
    visitor.link.link.close(house.gateway.come_back())
    await house.pass_time(6)
    assert (len(house.links), house.gateway.admission.total) == (0, 0)
    assert (await visitor.poll()).status == 404


async def test_a_reader_that_acknowledges_nothing_is_closed_within_the_bounds():
    config = GatewaySettings(outbox_frames=8, stall_timeout_s=10, heartbeat_s=10)
    house, visitor = await _visitor(LongpollSettings(tail_bytes=32_768), config)
    stream = await visitor.stream()
    stream.is_held = True
    text = "x" * 4000
    link = visitor.link
    for _ in range(100):
        visitor.push(text)
        await settle()
        assert house.links.unacknowledged_bytes() < 32_768 + 4100
    assert link.link.closing is not None
    assert link.link.closing.code == CloseCode.SLOW_READER
    await house.pass_time(10)
    assert len(house.links) == 0
    assert stream.task.done() is False
    stream.leave()
    await settle()
    assert stream.task.done()


async def test_a_reader_that_stops_acknowledging_is_stalled_even_while_it_talks():
    config = GatewaySettings(stall_timeout_s=10, heartbeat_s=10)
    house, visitor = await _visitor(LongpollSettings(tail_bytes=32_768), config)
    await visitor.stream()
    link = visitor.link
    for _ in range(12):
        visitor.push("x" * 4000)
        await settle()
    for number in range(2, 5):
        await visitor.send({"id": number, "method": "heartbeat"})
        await house.pass_time(8)
    assert link.link.closing is not None
    assert link.link.closing.code == CloseCode.STALLED


async def test_a_reader_that_acknowledges_gets_any_amount():
    _, visitor = await _visitor(LongpollSettings(tail_bytes=32_768))
    stream = await visitor.stream()
    for _ in range(50):
        for _ in range(4):
            visitor.push("x" * 4000)
            await settle()
        await visitor.send(b"", f"ack={stream.events()[-1][0]}")
    numbers = [number for number, _ in stream.events()]
    assert numbers == list(range(2, 202))


STEPS = st.lists(
    st.sampled_from(
        ["push", "push", "poll", "stream", "read", "break", "hold", "ack", "time", "breathe"]
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
async def test_every_message_arrives_once_and_in_order_whatever_breaks(steps):
    house, visitor = await _visitor()
    said: list[str] = []
    heard: list[str] = []
    reader: Exchange | None = None

    def read() -> None:
        """What the client has of its response; a poll only counts when it is whole."""
        if reader is None:
            return
        if reader.headers.get(b"content-type") == b"text/event-stream":
            for number, messages in reader.events():
                if number > visitor.has:
                    assert number == visitor.has + 1
                    visitor.has = number
                    heard.extend(message["data"] for message in messages)
        elif reader.is_complete and reader.status == 200 and reader.answer["upto"] > visitor.has:
            heard.extend(message["data"] for message in visitor.take(reader))

    for step in [*steps, "break", "time", "poll", "breathe", "read"]:
        match step:
            case "push":
                said.append(str(len(said)))
                visitor.push(said[-1])
            case "poll":
                reader = visitor.begin_poll()
            case "stream":
                reader = await visitor.stream()
            case "read":
                read()
            case "break" if reader is not None:
                reader.leave()
                await settle()
                read()
                reader = None
            case "hold" if reader is not None:
                reader.is_held = True
            case "ack":
                await visitor.send(b"", f"ack={visitor.has}")
            case "time":
                await house.pass_time(0.5)
            case _:
                await settle()
    await house.everybody_leaves()
    assert heard == said
