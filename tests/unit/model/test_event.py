from parlor.model.event import Draft, Event, EventKind, event_of, has_expired, readable, wordless
from parlor.model.ids import ConversationId, EventId, UserId

TALK, ANN, BOB = ConversationId("7"), UserId("1"), UserId("2")


def test_an_event_says_what_its_draft_did():
    draft = Draft(
        TALK, EventKind.MESSAGE, ANN, "c", "hello", 3, (BOB,), silent=True, mentions_all=True
    )
    assert event_of(draft, 2, 5) == Event(
        conversation_id=TALK,
        seq=2,
        id=EventId("7-2"),
        kind=EventKind.MESSAGE,
        sender=ANN,
        sent_at=5,
        client_id="c",
        text="hello",
        reply_to=3,
        mentions=(BOB,),
        silent=True,
        mentions_all=True,
    )


def test_nothing_that_a_draft_can_say_is_left_out_of_the_event():
    placed = ("conversation_id", "seq", "id", "kind", "sender", "sent_at")
    said = Draft.__struct_fields__[3:]
    assert Draft.__struct_fields__[:3] == ("conversation_id", "kind", "sender")
    assert Event.__struct_fields__ == (*placed, *said)


def test_a_message_may_be_read_until_the_moment_it_expires():
    message = event_of(Draft(TALK, EventKind.MESSAGE, ANN, "c", "hello", expires_at=8), 2, 5)
    assert not has_expired(message, 7)
    assert readable(message, 7) == message
    assert has_expired(message, 8)
    assert readable(message, 8) == wordless(message)
    assert wordless(message).text == ""
    assert wordless(message).expires_at == 8
