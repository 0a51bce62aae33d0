import pytest

from parlor.model.errors import NotFound
from parlor.model.ids import ConnectionKey, DeviceId, PushId, RoomId, UserId
from parlor.model.mail import Place
from parlor.model.push import (
    Delivery,
    Envelope,
    Push,
    ToAll,
    ToConnections,
    ToDevices,
    ToRoom,
    ToRooms,
    ToUsers,
)
from parlor.push.settings import TraceSettings
from parlor.push.traces import MAX_LINES, MAX_NAMES, NO_TRACES, OTHERS, Traces
from tests.support.rest_services import HandClock

ANN = UserId("ann")


def push(id: str = "p", body: bytes = b"hello") -> Push:
    return Push(PushId(id), body, "news", Delivery.LOSSY)


def waits(user: UserId, number: int) -> tuple[int, bool]:
    return 0, True


def begun(*ids: str, keep: int = 100) -> Traces:
    traces = Traces(HandClock(), keep)
    for name in ids or ("p",):
        traces.begin(push(name), ToRoom(RoomId("r")), "scores", 3)
    return traces


def test_what_was_accepted_is_known_with_its_sender_size_and_audience():
    trace = begun().look("p", waits)
    assert (trace.by, trace.audience, trace.targets, trace.target_count) == (
        "scores", "room", ("r",), 1,
    )  # fmt: skip
    assert (trace.accepted_at, trace.body_bytes, trace.online) == (1_000_000, 5, 3)
    assert (trace.delivery, trace.tag, trace.handed_at) == (Delivery.LOSSY, "news", 0)


@pytest.mark.parametrize(
    ("to", "kind", "names", "count"),
    [
        (ToUsers((ANN,)), "users", ("ann",), 1),
        (ToDevices((DeviceId("phone"),)), "devices", ("phone",), 1),
        (ToConnections((ConnectionKey("k"),)), "connections", ("k",), 1),
        (ToRooms((RoomId("r"), RoomId("s"))), "rooms", ("r", "s"), 2),
        (ToAll(), "all", (), 0),
    ],
)
def test_every_kind_of_audience_is_named(to, kind, names, count):
    traces = Traces(HandClock(), 1)
    traces.begin(push(), to, "", None)
    trace = traces.look("p", waits)
    assert (trace.audience, trace.targets, trace.target_count) == (kind, names, count)


def test_of_many_targets_the_first_are_kept_and_all_are_counted():
    traces = Traces(HandClock(), 1)
    traces.begin(push(), ToUsers(tuple(UserId(str(n)) for n in range(1_000))), "", None)
    trace = traces.look("p", waits)
    assert (len(trace.targets), trace.target_count) == (MAX_NAMES, 1_000)


def test_the_last_pushes_are_kept_and_no_more():
    traces = begun("one", "two", "three", keep=2)
    assert len(traces) == 2
    with pytest.raises(NotFound, match="not any more"):
        traces.look("one", waits)
    assert traces.look("three", waits).push_id == "three"


def test_a_refused_push_is_not_known():
    traces = begun()
    traces.forget(PushId("p"))
    with pytest.raises(NotFound):
        traces.look("p", waits)


def test_where_nothing_is_kept_every_call_does_nothing():
    NO_TRACES.begin(push(), ToAll(), "", None)
    NO_TRACES.handed(PushId("p"))
    NO_TRACES.queued(PushId("p"), 1)
    NO_TRACES.note(PushId("p"), ANN, DeviceId("d"), "k", "put")
    assert NO_TRACES.legs(Envelope(ToAll(), (push(),))) == ()
    assert NO_TRACES.leg(PushId("p"), "mail") is None
    assert len(NO_TRACES) == 0


def test_the_durable_queue_and_the_way_it_took_are_noted():
    traces = begun()
    traces.queued(PushId("p"), 17)
    traces.handed(PushId("p"))
    trace = traces.look("p", waits)
    assert (trace.durable, trace.position, trace.handed_at) == (True, 17, 1_000_000)


def test_walks_over_the_same_audience_add_up():
    traces = begun()
    for closing in (1, 0):
        legs = traces.legs(Envelope(ToRoom(RoomId("r")), (push(), push("unknown"))))
        assert len(legs) == 1
        traces.walked(
            legs, targeted=10, unwanted=2, closing=closing, written=3, frame_bytes=50 + closing
        )
    (leg,) = traces.look("p", waits).legs
    assert (leg.audience, leg.targeted, leg.unwanted, leg.closing) == ("r", 20, 4, 1)
    assert (leg.written, leg.queued, leg.frame_bytes) == (6, 9, 51)


def test_audiences_after_the_first_share_one_leg():
    traces = begun()
    for n in range(MAX_NAMES + 5):
        legs = traces.legs(Envelope(ToRoom(RoomId(f"r{n}")), (push(),)))
        traces.walked(legs, targeted=1, unwanted=0, closing=0, written=0, frame_bytes=1)
    legs_of_it = traces.look("p", waits).legs
    assert len(legs_of_it) == MAX_NAMES + 1
    assert (legs_of_it[-1].audience, legs_of_it[-1].targeted) == (OTHERS, 5)


def test_who_has_the_mail_is_asked_when_somebody_looks():
    traces = begun()
    places = [Place(UserId(str(n)), n, 1) for n in range(1, 30)]
    traces.stored(PushId("p"), places, 29, 2)

    def standing(user: UserId, number: int) -> tuple[int, bool]:
        return number, number > 1

    trace = traces.look("p", standing)
    assert (trace.mail_stored, trace.mail_dropped, len(trace.mail)) == (29, 2, MAX_NAMES)
    assert (trace.mail[0].acknowledged_by, trace.mail[0].waits) == (1, False)
    assert (trace.mail[1].acknowledged_by, trace.mail[1].waits) == (2, True)


def test_steps_of_watched_users_are_kept_up_to_a_number():
    traces = begun()
    for _ in range(MAX_LINES + 1):
        traces.note(PushId("p"), ANN, DeviceId("phone"), "k", "put")
    lines = traces.look("p", waits).users
    assert len(lines) == MAX_LINES
    assert (lines[0].user, lines[0].device, lines[0].step) == ("ann", "phone", "put")


@pytest.mark.parametrize(
    "wrong", [{"keep": -1}, {"lines_per_second": 0}, {"max_users": 1, "users": ("a", "b")}]
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=r"negative|at least|max_users"):
        TraceSettings(**wrong)
