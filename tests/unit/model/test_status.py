from parlor.model.ids import UserId
from parlor.model.people import Privacy, Who
from parlor.model.status import Presence, Sight, State, Status, sight_of

ANN, BOB = UserId("1"), UserId("2")


def sight(state=State.BUSY, *, presence=True, last_seen=True):
    return Sight(ANN, Status(state, "in town"), 77, presence, last_seen)


def test_somebody_who_is_there_shows_what_they_chose():
    assert sight().presence(BOB, online=True) == Presence(ANN, State.BUSY, "in town")


def test_somebody_who_is_away_shows_when_they_were_seen_and_no_text():
    assert sight().presence(BOB, online=False) == Presence(ANN, State.OFFLINE, "", 77)


def test_whoever_hides_looks_as_if_they_were_away():
    hidden = sight(State.INVISIBLE)
    assert hidden.presence(BOB, online=True) == hidden.presence(BOB, online=False)


def test_one_sees_oneself_hide():
    assert sight(State.INVISIBLE).presence(ANN, online=True).state is State.INVISIBLE


def test_who_may_not_see_presence_learns_nothing_from_last_seen_while_they_are_there():
    shown = sight(presence=False)
    assert shown.presence(BOB, online=True) == shown.presence(BOB, online=False)
    assert shown.presence(BOB, online=True).last_seen == 77
    nothing = sight(presence=False, last_seen=False)
    assert nothing.presence(BOB, online=False) == Presence(ANN)


def seen(privacy, *, contact=False, blocked=False, viewer=BOB):
    found = sight_of(viewer, ANN, Status(), 1, privacy, contact=contact, blocked=blocked)
    return found.sees_presence, found.sees_last_seen


def test_sight_is_what_privacy_gives_to_whom():
    assert seen(Privacy()) == (True, False)
    assert seen(Privacy(), contact=True) == (True, True)
    assert seen(Privacy(presence=Who.NOBODY, last_seen=Who.EVERYBODY), contact=True) == (
        False,
        True,
    )
    assert seen(Privacy(), contact=True, blocked=True) == (False, False)
    assert seen(Privacy(presence=Who.NOBODY, last_seen=Who.NOBODY), viewer=ANN) == (True, True)
