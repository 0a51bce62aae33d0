from parlor.gateway.state.outbox import Frame
from parlor.model.close import Close, CloseCode
from parlor.model.push import Delivery
from tests.support.links import make_link


def _must(data: bytes) -> Frame:
    return Frame(data, Delivery.MUST_ARRIVE)


def _lossy(data: bytes) -> Frame:
    return Frame(data, Delivery.LOSSY)


def test_a_link_wakes_its_shell_once_for_many_frames():
    link, shell = make_link("k")
    for _ in range(5):
        link.put(_must(b"x"))
    assert shell.wakes == 1
    assert link.take() == b"xxxxx"


def test_a_full_outbox_is_written_when_the_reader_can_have_it():
    link, shell = make_link("k", max_frames=2)
    shell.is_ready = True
    for number in range(7):
        link.put(_lossy(b"%d" % number))
    assert shell.written + link.take() == b"0123456"


def test_the_count_of_what_was_missed_leads_and_is_told_once():
    link, _ = make_link("k", max_frames=2)
    for number in range(5):
        link.put(_lossy(b"%d" % number))
    assert link.take() == b"<missed 3>34"
    assert link.take() == b""


def test_a_reader_too_slow_for_what_must_arrive_is_closed():
    link, shell = make_link("k", max_frames=2)
    for number in range(5):
        link.put(_must(b"%d" % number))
    assert shell.ended == [Close(CloseCode.SLOW_READER)]


def test_the_first_reason_to_close_stays_and_nothing_is_put_afterwards():
    link, shell = make_link("k")
    link.close(Close(CloseCode.IDLE))
    link.close(Close(CloseCode.DRAINING, 3.0))
    link.close_soon(Close(CloseCode.SIGNED_OUT))
    link.put(_must(b"x"))
    assert (shell.ended, shell.ending_soon) == ([Close(CloseCode.IDLE)], [])
    assert (link.take(), shell.wakes) == (b"", 0)


def test_an_endpoint_is_the_device_and_the_tab():
    link, _ = make_link("k", device="phone", instance="tab-1")
    assert link.endpoint == "phone/tab-1"
