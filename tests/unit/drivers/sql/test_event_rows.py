from hypothesis import given
from hypothesis import strategies as st

from parlor.drivers.sql.event_rows import (
    EVENT_COLUMNS,
    event_of_row,
    row_of_erased,
    row_of_event,
)
from parlor.model.event import CallOutcome, CallRecord, Event, EventKind, wordless
from parlor.model.ids import CallId, ConversationId, UserId, event_id

IDS = st.integers(1, 2**53 - 1).map(str)
USERS = IDS.map(UserId)
CALLS = st.builds(
    CallRecord,
    call_id=IDS.map(CallId),
    caller=USERS,
    media=st.sampled_from(["audio", "video"]),
    outcome=st.sampled_from(CallOutcome),
    duration_s=st.integers(0, 10**6),
)


@st.composite
def any_event(draw):
    conversation = ConversationId(draw(IDS))
    seq = draw(st.integers(1, 2**53))
    return Event(
        conversation_id=conversation,
        seq=seq,
        id=event_id(conversation, seq),
        kind=draw(st.sampled_from(EventKind)),
        sender=draw(USERS),
        sent_at=draw(st.integers(0, 2**53)),
        client_id=draw(st.text(max_size=64)),
        text=draw(st.text(max_size=50)),
        reply_to=draw(st.integers(0, 2**53)),
        mentions=tuple(draw(st.lists(USERS, max_size=3))),
        members=tuple(draw(st.lists(USERS, max_size=3))),
        title=draw(st.text(max_size=20)),
        call=draw(st.none() | CALLS),
    )


def back(row):
    return event_of_row([row[column.name] for column in EVENT_COLUMNS])


@given(any_event())
def test_an_event_survives_its_row(event):
    assert back(row_of_event(event)) == event


@given(any_event())
def test_what_is_erased_is_the_event_without_its_words(event):
    assert back(row_of_erased(event)) == wordless(event)


@given(any_event())
def test_a_query_can_tell_an_erased_message_by_its_kind(event):
    kind = row_of_erased(event)["kind"]
    assert (kind == row_of_event(event)["kind"]) is (event.kind is not EventKind.MESSAGE)
    assert kind != EventKind.MESSAGE.value


def test_an_ordinary_message_costs_no_extra_column():
    talk = ConversationId("7")
    plain = Event(talk, 2, event_id(talk, 2), EventKind.MESSAGE, UserId("8"), 5, "c", "hello")
    assert row_of_event(plain)["rest"] is None
