from parlor.gateway.walk import Walk
from parlor.model.close import Close, CloseCode
from parlor.model.ids import PushId, RoomId
from parlor.model.push import Delivery, Envelope, Push, ToAll, ToRoom
from parlor.model.trace import Leg
from tests.support.links import make_link

ROOM = ToRoom(RoomId("r"))


def envelope(to=ROOM, *tags: str, delivery: Delivery = Delivery.LOSSY) -> Envelope:
    pushes = [Push(PushId(str(n)), b"body", tag, delivery) for n, tag in enumerate(tags or ("",))]
    return Envelope(to, tuple(pushes))


def counts(walk: Walk) -> tuple[int, int, int, int]:
    return walk.targeted, walk.unwanted, walk.closing, walk.written


def test_links_that_take_it_are_counted_as_targets_only():
    walk = Walk.of(envelope())
    walk.put([make_link("a")[0], make_link("b")[0]])
    walk.put([make_link("c")[0]])
    assert counts(walk) == (3, 0, 0, 0)
    assert walk.accepted == 3


def test_what_is_written_alone_is_told_from_what_had_to_be_queued():
    sent = envelope()
    walk = Walk(
        lambda codec: codec.pushes(sent), sent, write_descriptor=lambda number, data: len(data)
    )
    direct, closing = make_link("a")[0], make_link("c")[0]
    direct.direct = 7
    closing.closing = Close(CloseCode.IDLE)
    walk.put([direct, make_link("b")[0], closing], alone=True)
    assert counts(walk) == (3, 0, 1, 1)
    assert walk.accepted == 2


def test_who_asked_for_other_tags_did_not_want_it():
    walk = Walk.of(envelope(ToAll(), "news"))
    wants, _ = make_link("a", tags=frozenset({"news"}))
    other, _ = make_link("b", tags=frozenset({"sport"}))
    walk.put([wants, other])
    assert counts(walk) == (2, 1, 0, 0)


def test_a_leg_hears_of_readers_that_are_too_slow_for_a_lossy_push():
    leg = Leg("r")
    link, shell = make_link("a", max_frames=2)
    for _ in range(4):
        Walk.of(envelope(), (leg,)).put([link])
    assert (leg.missed, shell.missed) == (2, 2)


def test_a_leg_hears_of_a_reader_that_is_closed_for_a_push_that_must_arrive():
    leg = Leg("r")
    link, shell = make_link("a", max_frames=2)
    for _ in range(3):
        Walk.of(envelope(delivery=Delivery.MUST_ARRIVE), (leg,)).put([link])
    assert leg.slow == 1
    assert [close.code for close in shell.ended] == [CloseCode.SLOW_READER]
    link.outbox.clear()
    assert leg.lost == 2


def test_legs_of_every_push_in_one_frame_hear_of_it_and_the_size_is_known():
    legs = (Leg("r"), Leg("r"))
    link, _ = make_link("a")
    walk = Walk.of(envelope(ROOM, "", ""), legs)
    walk.put([link])
    link.outbox.clear()
    assert [leg.lost for leg in legs] == [1, 1]
    assert walk.frame_bytes > 0
