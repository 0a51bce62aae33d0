import pytest

from parlor.im.message_settings import MessageSettings
from parlor.im.recall import decide_recall
from parlor.model.errors import (
    BadRequest,
    Forbidden,
    GroupDissolved,
    MessageGone,
    NotMember,
    TooLate,
)
from parlor.model.event import Draft, EventKind
from parlor.model.group import GroupSettings, Permission, Role
from tests.support.standing import NOW, SAID, act, direct, group, said, standing, state
from tests.support.storage import ANN, BOB, CEM, TALK

SETTINGS = MessageSettings(recall_window_s=120)


def recall(facts, actor, after_s=0):
    return decide_recall(act(actor), facts, NOW + after_s * 1000, SETTINGS)


def test_one_s_own_message_is_recalled_until_the_window_ends():
    mine = standing(BOB, said(BOB))
    assert recall(mine, BOB, after_s=120) == Draft(TALK, EventKind.RECALL, BOB, "c-1", target=SAID)
    with pytest.raises(TooLate):
        recall(mine, BOB, after_s=120.001)


def test_another_s_message_is_not_recalled():
    with pytest.raises(Forbidden):
        recall(standing(BOB), BOB)


@pytest.mark.parametrize("who", [ANN, CEM])
def test_administrators_recall_any_message_at_any_time(who):
    assert recall(standing(who, said(BOB)), who, after_s=10**9)


def test_a_group_decides_who_recalls_what_others_said():
    only_owner = group(GroupSettings(permissions={Permission.RECALL_OTHERS: Role.OWNER}))
    with pytest.raises(Forbidden):
        recall(standing(CEM, conversation=only_owner), CEM)


def test_of_two_people_nobody_is_administrator():
    with pytest.raises(Forbidden):
        recall(standing(ANN, said(BOB), conversation=direct()), ANN)
    with pytest.raises(TooLate):
        recall(standing(ANN, conversation=direct()), ANN, after_s=121)


def test_a_message_that_was_recalled_is_left_alone_whoever_asks():
    for who in (ANN, BOB, CEM):
        assert recall(standing(who, state=state(recalled_by=CEM)), who) is None


def test_who_is_muted_may_still_take_back():
    assert recall(standing(BOB, said(BOB), mine={"muted_until": NOW + 9}), BOB)


def test_what_cannot_be_recalled_is_refused():
    with pytest.raises(NotMember):
        recall(standing(None), ANN)
    with pytest.raises(BadRequest):
        recall(standing(message=said(kind=EventKind.CALL)), ANN)
    with pytest.raises(MessageGone):
        recall(standing(message=said(expires_at=NOW)), ANN)
    with pytest.raises(GroupDissolved):
        recall(standing(conversation=group(dissolved=True)), ANN)
