import pytest

from parlor.im.message_settings import MessageSettings
from parlor.im.react import decide_reaction
from parlor.model.errors import (
    BadRequest,
    Forbidden,
    GroupDissolved,
    LimitReached,
    MessageGone,
    NotMember,
    NotWanted,
)
from parlor.model.event import Draft, EventKind
from parlor.model.group import GroupSettings
from parlor.model.message_state import Reaction
from tests.support.standing import NOW, SAID, act, direct, group, said, standing, state
from tests.support.storage import ANN, BOB, TALK

SETTINGS = MessageSettings(max_reaction_kinds=2, max_reactions_of_user=1)
GIVEN = state(reactions=(Reaction("👍", 3, (ANN,)), Reaction("🎉", 1, (ANN,))))


def react(facts, emoji="👍", *, off=False):
    return decide_reaction(act(BOB), emoji, facts, NOW, SETTINGS, off=off)


def test_a_reaction_is_an_event_and_taking_it_back_is_another():
    assert react(standing(BOB)) == Draft(
        TALK, EventKind.REACTION, BOB, "c-1", target=SAID, emoji="👍"
    )
    given = standing(BOB, state=GIVEN, reactions=frozenset({"👍"}))
    taken = react(given, off=True)
    assert (taken.emoji, taken.off) == ("👍", True)


def test_what_is_so_already_is_left_alone():
    assert react(standing(BOB, state=GIVEN, reactions=frozenset({"👍"}))) is None
    assert react(standing(BOB, state=GIVEN), off=True) is None


def test_one_person_gives_a_message_so_many_reactions_and_no_more():
    assert react(standing(BOB, state=GIVEN), "🎉")
    with pytest.raises(LimitReached):
        react(standing(BOB, state=GIVEN, reactions=frozenset({"👍"})), "🎉")


def test_a_message_has_so_many_different_reactions_and_no_more():
    assert react(standing(BOB, state=GIVEN), "👍")
    with pytest.raises(LimitReached):
        react(standing(BOB, state=GIVEN), "❤️")


def test_the_readers_of_a_channel_react():
    assert react(standing(BOB, conversation=group(GroupSettings(read_only=True))))


def test_what_takes_no_reaction_is_refused():
    with pytest.raises(NotMember):
        react(standing(None))
    with pytest.raises(BadRequest):
        react(standing(BOB, said(kind=EventKind.JOINED)))
    with pytest.raises(MessageGone):
        react(standing(BOB, state=state(recalled_by=ANN)))
    with pytest.raises(MessageGone):
        react(standing(BOB, said(expires_at=NOW)))
    with pytest.raises(Forbidden):
        react(standing(BOB, mine={"muted_until": NOW + 1}))
    with pytest.raises(NotWanted):
        react(standing(BOB, conversation=direct(), mine={"barred": True}))
    with pytest.raises(GroupDissolved):
        react(standing(BOB, conversation=group(dissolved=True)))
