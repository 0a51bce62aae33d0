import pytest

from parlor.im.edit import decide_edit
from parlor.im.message_settings import MessageSettings
from parlor.model.errors import (
    BadRequest,
    Forbidden,
    GroupDissolved,
    LimitReached,
    MessageGone,
    NotMember,
    NotWanted,
    ParlorError,
    TooLate,
)
from parlor.model.event import Draft, EventKind, Forwarded
from parlor.model.group import GroupSettings
from parlor.model.ids import UserId
from parlor.model.standing import Standing
from tests.support.standing import NOW, SAID, act, direct, group, said, standing, state
from tests.support.storage import ANN, BOB, CEM, TALK

SETTINGS = MessageSettings(edit_window_s=60, max_edits=2)


def edit(facts, *about, text="better", actor=ANN, after_s=0, settings=SETTINGS):
    return decide_edit(act(actor, *about), text, facts, NOW + after_s * 1000, settings)


def test_an_edit_is_an_event_about_the_message():
    assert edit(standing(), BOB) == Draft(
        TALK, EventKind.EDIT, ANN, "c-1", "better", mentions=(BOB,), target=SAID
    )


def test_an_edit_expires_with_its_message():
    assert edit(standing(message=said(expires_at=NOW + 9))).expires_at == NOW + 9


def test_a_message_that_says_so_already_is_left_alone():
    assert edit(standing(), text="hello") is None
    assert edit(standing(state=state(text="newer")), text="newer") is None
    assert edit(standing(state=state(text="newer")), text="hello") is not None


def test_a_message_is_edited_until_its_window_ends_and_for_ever_without_one():
    assert edit(standing(), after_s=60)
    with pytest.raises(TooLate):
        edit(standing(), after_s=60.001)
    assert edit(standing(), after_s=10**9, settings=MessageSettings(edit_window_s=0))


def test_a_message_is_edited_so_often_and_no_oftener():
    assert edit(standing(state=state(edits=(8,))))
    with pytest.raises(LimitReached):
        edit(standing(state=state(edits=(8, 9))))


REFUSED: dict[str, tuple[Standing, type[ParlorError], UserId]] = {
    "a stranger": (standing(None), NotMember, ANN),
    "another's message": (standing(BOB), Forbidden, BOB),
    "another's, for an administrator": (standing(CEM), Forbidden, CEM),
    "no message": (standing(message=said(kind=EventKind.TITLE)), BadRequest, ANN),
    "before one's history": (standing(mine={"history_from": SAID + 1}), BadRequest, ANN),
    "recalled": (standing(state=state(recalled_by=CEM)), MessageGone, ANN),
    "expired": (standing(message=said(expires_at=NOW)), MessageGone, ANN),
    "forwarded": (standing(message=said(forwarded=Forwarded(BOB, 1))), Forbidden, ANN),
    "merged": (standing(message=said(merged=(Forwarded(BOB, 1, "x"),))), Forbidden, ANN),
    "muted": (standing(BOB, said(BOB), mine={"muted_until": NOW + 1}), Forbidden, BOB),
    "read only": (
        standing(BOB, said(BOB), conversation=group(GroupSettings(read_only=True))),
        Forbidden,
        BOB,
    ),
    "dissolved": (standing(conversation=group(dissolved=True)), GroupDissolved, ANN),
    "blocked": (standing(conversation=direct(), mine={"barred": True}), NotWanted, ANN),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_not_be_edited_is_refused(case):
    facts, refusal, actor = REFUSED[case]
    with pytest.raises(refusal):
        edit(facts, actor=actor)


def test_there_is_nothing_to_edit_where_there_is_no_event():
    facts = Standing(group(), standing().actor, {})
    with pytest.raises(BadRequest):
        edit(facts)


def test_only_members_are_mentioned_in_an_edit():
    with pytest.raises(BadRequest):
        edit(standing(), BOB, CEM)
