import pytest

from parlor.im.message_settings import MessageSettings
from parlor.im.pin import decide_pin
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
from parlor.model.group import GroupSettings, Permission, Role
from tests.support.standing import NOW, SAID, act, direct, group, said, standing, state
from tests.support.storage import ANN, BOB, CEM, TALK

SETTINGS = MessageSettings(max_pins=2)
PINNED = state(pinned=True)


def pin(facts, actor=CEM, *, off=False):
    return decide_pin(act(actor), facts, NOW, SETTINGS, off=off)


def test_a_pin_is_an_event_and_unpinning_is_another():
    assert pin(standing(CEM)) == Draft(TALK, EventKind.PIN, CEM, "c-1", target=SAID)
    assert pin(standing(CEM, state=PINNED), off=True).off


def test_what_is_so_already_is_left_alone():
    assert pin(standing(CEM, state=PINNED)) is None
    assert pin(standing(CEM), off=True) is None
    assert pin(standing(CEM, state=state(recalled_by=ANN)), off=True) is None


def test_so_many_are_pinned_and_no_more():
    assert pin(standing(CEM, pins=1))
    with pytest.raises(LimitReached):
        pin(standing(CEM, pins=2))
    assert pin(standing(CEM, state=PINNED, pins=2), off=True)


def test_who_may_pin_is_the_group_s_to_say_and_both_may_between_two():
    with pytest.raises(Forbidden):
        pin(standing(BOB), BOB)
    everybody = GroupSettings(permissions={Permission.PIN: Role.MEMBER})
    assert pin(standing(BOB, conversation=group(everybody)), BOB)
    assert pin(standing(BOB, conversation=direct()), BOB)


def test_who_may_not_write_to_somebody_pins_nothing_there_either():
    with pytest.raises(NotWanted):
        pin(standing(BOB, conversation=direct(), mine={"barred": True}), BOB)
    with pytest.raises(Forbidden):
        pin(standing(CEM, mine={"muted_until": NOW + 1}))


def test_what_cannot_be_pinned_is_refused():
    with pytest.raises(NotMember):
        pin(standing(None))
    with pytest.raises(BadRequest):
        pin(standing(CEM, said(kind=EventKind.CALL)))
    with pytest.raises(MessageGone):
        pin(standing(CEM, state=state(recalled_by=ANN)))
    with pytest.raises(MessageGone):
        pin(standing(CEM, said(expires_at=NOW)))
    with pytest.raises(GroupDissolved):
        pin(standing(CEM, conversation=group(dissolved=True)))
