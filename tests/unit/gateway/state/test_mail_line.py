from hypothesis import given
from hypothesis import strategies as st

from parlor.gateway.state.mail_line import Announced, MailLine

FIRST = 1_000


def test_the_first_mail_of_an_empty_box_is_given_at_once():
    line = MailLine()
    assert line.on_announced(FIRST, FIRST) is Announced.GIVE
    assert line.on_announced(FIRST + 1, FIRST) is Announced.GIVE
    assert line.sent == FIRST + 1


def test_the_first_mail_after_something_unknown_is_read_with_it():
    line = MailLine()
    assert line.on_announced(FIRST + 3, FIRST) is Announced.READ
    assert line.on_announced(FIRST + 4, FIRST) is Announced.NOTHING
    assert not line.on_page(FIRST + 4, more=False, given=FIRST + 4)
    assert line.on_announced(FIRST + 5, FIRST) is Announced.GIVE


def test_a_gap_is_noticed_and_read_once():
    line = MailLine(sent=FIRST)
    assert line.on_announced(FIRST + 2, FIRST) is Announced.READ
    assert line.on_announced(FIRST + 3, FIRST) is Announced.NOTHING


def test_what_was_announced_during_a_read_is_read_after_it():
    line = MailLine(sent=FIRST)
    line.begin_reading()
    line.on_announced(FIRST + 9, FIRST)
    assert line.on_page(FIRST + 5, more=False, given=FIRST + 5)
    assert not line.on_page(FIRST + 9, more=False, given=FIRST + 9)
    assert not line.is_behind


def test_an_announcement_that_comes_twice_or_late_is_nothing():
    line = MailLine(sent=FIRST + 5)
    assert line.on_announced(FIRST + 5, FIRST) is Announced.NOTHING
    assert line.on_announced(FIRST, FIRST) is Announced.NOTHING


def test_the_next_page_waits_for_the_acknowledgement_of_the_last():
    line = MailLine()
    line.begin_reading()
    assert not line.on_page(FIRST + 9, more=True, given=FIRST + 9)
    assert line.on_ack(FIRST + 8) == (FIRST + 8, False)
    assert line.on_ack(FIRST + 9) == (FIRST + 9, True)
    assert line.on_ack(FIRST + 9) == (FIRST + 9, False)  # it is on its way already
    assert not line.on_page(FIRST + 12, more=False, given=FIRST + 12)
    assert line.on_announced(FIRST + 13, FIRST) is Announced.GIVE


def test_a_page_with_nothing_for_this_connection_is_followed_by_the_next_at_once():
    line = MailLine()
    line.begin_reading()
    assert line.on_page(FIRST + 9, more=True, given=0)
    assert line.is_reading


def test_who_has_all_that_was_given_has_all_that_was_sent():
    """The last of a page may be for another device, or have a tag nobody here asked for."""
    line = MailLine()
    line.begin_reading()
    assert not line.on_page(FIRST + 9, more=True, given=FIRST + 6)
    assert line.on_ack(FIRST + 5) == (FIRST + 5, False)
    assert line.on_ack(FIRST + 6) == (FIRST + 9, True)
    assert line.on_page(FIRST + 12, more=True, given=0)
    assert not line.on_page(FIRST + 15, more=False, given=FIRST + 14)
    assert line.on_announced(FIRST + 16, FIRST) is Announced.GIVE
    assert line.on_ack(FIRST + 13) == (FIRST + 13, False)
    assert line.on_ack(FIRST + 14) == (FIRST + 16, False)
    assert line.on_announced(FIRST + 17, FIRST) is Announced.GIVE
    line.on_given(FIRST + 17)
    assert line.on_ack(FIRST + 16) == (FIRST + 16, False)


def test_an_acknowledgement_counts_up_to_what_was_sent_and_never_moves_back():
    line = MailLine(sent=FIRST)
    assert line.on_ack(2**53)[0] == FIRST
    assert line.on_ack(-5)[0] == FIRST


@given(
    st.lists(
        st.one_of(
            st.just("put"), st.just("lost"), st.just("page"), st.just("ack"), st.just("hello")
        ),
        max_size=200,
    ),
    st.integers(1, 5),
)
def test_whatever_is_lost_each_number_is_sent_in_order_and_once(moves, page_size):
    """A store, a lossy bus and one connection after another of the same device."""
    newest = FIRST
    sent: list[int] = []
    acked = FIRST
    line = MailLine(sent=FIRST)
    last_sent = FIRST

    def page() -> None:
        nonlocal last_sent
        after = line.sent or acked
        upto = min(newest, after + page_size)
        for number in range(after + 1, upto + 1):
            assert number == last_sent + 1
            last_sent = number
            sent.append(number)
        if line.on_page(upto, more=upto < newest, given=upto if upto > after else 0):
            page()

    for move in [*moves, "hello", *["page", "ack"] * (len(moves) + 2)]:
        if move in ("put", "lost"):
            newest += 1
            if move == "put":
                due = line.on_announced(newest, FIRST + 1)
                if due is Announced.GIVE:
                    assert newest == last_sent + 1
                    line.on_given(newest)
                    last_sent = newest
                    sent.append(newest)
        elif move == "page" and line.is_reading:
            page()
        elif move == "ack":
            acked = max(acked, line.on_ack(last_sent)[0])
        elif move == "hello":
            line = MailLine()
            line.begin_reading()
            last_sent = acked
    assert acked == newest
    assert set(range(FIRST + 1, newest + 1)) == set(sent)
