import pytest

from parlor.im.groups import coming
from parlor.model.conversation import ConversationKind
from parlor.model.errors import (
    BadRequest,
    Forbidden,
    GroupDissolved,
    LinkEnded,
    NotFound,
    NotMember,
    OwnerMustTransfer,
    TooManyMembers,
)
from parlor.model.event import EventKind
from parlor.model.group import GroupSettings, Join, Permission, Role
from parlor.model.group_link import GroupLink
from tests.support.standings import (
    ADMINISTRATOR,
    GROUP,
    ME,
    MEMBER,
    OTHER,
    OWNER,
    THIRD,
    group_standing,
    wish,
)

LINK = GroupLink("q7", GROUP, OTHER, made_at=5)
JOINED, LEFT = EventKind.JOINED, EventKind.LEFT


def invite(standing, *members, most=100):
    return coming.invite(standing, wish(JOINED, *members), most=most)


def join(standing, now_ms=10, most=100):
    return coming.join(standing, wish(JOINED, ME), most=most, now_ms=now_ms)


@pytest.mark.parametrize("role", Role)
def test_every_member_invites_unless_the_group_says_otherwise(role):
    assert invite(group_standing(role), OTHER) == wish(JOINED, OTHER)
    strict = GroupSettings(permissions={Permission.INVITE: ADMINISTRATOR})
    if role is MEMBER:
        with pytest.raises(Forbidden):
            invite(group_standing(role, settings=strict), OTHER)
    else:
        assert invite(group_standing(role, settings=strict), OTHER) == wish(JOINED, OTHER)


def test_those_who_are_in_are_left_out_of_an_invitation():
    inside = group_standing(OWNER, {OTHER: MEMBER})
    assert invite(inside, OTHER, THIRD) == wish(JOINED, THIRD)
    assert invite(inside, OTHER) is None


@pytest.mark.parametrize("role", Role)
def test_where_coming_in_needs_approval_the_guests_of_those_who_cannot_give_it_wait(role):
    asking = group_standing(role, {OTHER: MEMBER}, GroupSettings(join=Join.APPROVAL))
    waits = role is MEMBER
    assert invite(asking, OTHER, THIRD) == (None if waits else wish(JOINED, THIRD))
    assert coming.waiting(asking, [OTHER, THIRD]) == ([THIRD] if waits else [])
    deciding = {Permission.MANAGE_LINKS: MEMBER}
    trusted = GroupSettings(join=Join.APPROVAL, permissions=deciding)
    assert invite(group_standing(role, settings=trusted), THIRD) == wish(JOINED, THIRD)


def test_nobody_waits_for_who_may_not_invite():
    strict = GroupSettings(join=Join.APPROVAL, permissions={Permission.INVITE: ADMINISTRATOR})
    with pytest.raises(Forbidden):
        coming.waiting(group_standing(MEMBER, settings=strict), [OTHER])


def test_a_group_takes_the_last_that_it_may_have_and_nobody_more():
    assert invite(group_standing(OWNER, count=9), OTHER, most=10) == wish(JOINED, OTHER)
    with pytest.raises(TooManyMembers):
        invite(group_standing(OWNER, count=9), OTHER, THIRD, most=10)
    with pytest.raises(TooManyMembers):
        join(group_standing(None, count=10, link=LINK), most=10)


@pytest.mark.parametrize("act", [coming.leave, coming.remove])
def test_outsiders_and_direct_conversations_are_refused(act):
    draft = wish(LEFT, OTHER)
    with pytest.raises(NotMember):
        act(group_standing(None), draft)
    with pytest.raises(BadRequest):
        act(group_standing(OWNER, kind=ConversationKind.DIRECT), draft)


def test_nobody_is_removed_from_a_dissolved_group_and_everybody_may_leave_it():
    with pytest.raises(GroupDissolved):
        coming.remove(group_standing(OWNER, dissolved=True), wish(LEFT, OTHER))
    for role in Role:
        gone = group_standing(role, {OTHER: MEMBER}, dissolved=True, count=2)
        assert coming.leave(gone, wish(LEFT, ME)) == wish(LEFT, ME)


def test_an_outsider_learns_nothing_of_a_dissolved_group_by_acting_on_it():
    with pytest.raises(NotMember):
        coming.leave(group_standing(None, dissolved=True), wish(LEFT, ME))


def test_with_a_link_one_comes_in():
    for joining in (Join.INVITE, Join.OPEN):
        outside = group_standing(None, {}, GroupSettings(join=joining), count=3, link=LINK)
        assert join(outside) == wish(JOINED, ME)


def test_without_a_link_only_an_open_group_is_found():
    assert join(group_standing(None, {}, GroupSettings(join=Join.OPEN), count=3)) is not None
    with pytest.raises(NotFound):
        join(group_standing(None, {}, GroupSettings(join=Join.INVITE), count=3))


def test_where_somebody_decides_joining_does_nothing_by_itself():
    asking = GroupSettings(join=Join.APPROVAL)
    assert join(group_standing(None, {}, asking, count=3, link=LINK)) is None
    assert join(group_standing(None, {}, asking, count=3)) is None


def test_joining_where_one_is_does_nothing():
    assert join(group_standing(MEMBER, link=LINK)) is None


@pytest.mark.parametrize(
    "link",
    [
        GroupLink("q7", GROUP, OTHER, 5, expires_at=10),
        GroupLink("q7", GROUP, OTHER, 5, max_uses=2, uses=2),
        GroupLink("q7", GROUP, OTHER, 5, ended=True),
    ],
)
def test_a_link_that_has_ended_lets_nobody_in_nor_ask(link):
    with pytest.raises(LinkEnded):
        join(group_standing(None, count=3, link=link))
    with pytest.raises(LinkEnded):
        coming.ask(group_standing(None, count=3, link=link), now_ms=10)


def test_a_link_works_until_the_moment_it_expires():
    link = GroupLink("q7", GROUP, OTHER, 5, expires_at=10, max_uses=2, uses=1)
    assert join(group_standing(None, count=3, link=link), now_ms=9) is not None


def test_nobody_comes_into_a_group_that_everybody_has_left():
    with pytest.raises(NotFound):
        join(group_standing(None, count=0, link=LINK))


def test_one_asks_where_somebody_decides_and_nowhere_else():
    asking = GroupSettings(join=Join.APPROVAL)
    coming.ask(group_standing(None, {}, asking, count=3), now_ms=10)
    with pytest.raises(coming.IsInside):
        coming.ask(group_standing(MEMBER, {}, asking), now_ms=10)
    with pytest.raises(NotMember):
        coming.ask(group_standing(None, {}, GroupSettings(join=Join.OPEN), count=3), now_ms=10)
    with pytest.raises(NotFound):
        coming.ask(group_standing(None, count=3), now_ms=10)


def test_who_asks_is_let_in_by_those_who_manage_links():
    waiting = frozenset({OTHER})
    draft = wish(JOINED, OTHER)
    assert coming.accept(group_standing(ADMINISTRATOR, asking=waiting), draft, most=9) == draft
    with pytest.raises(Forbidden):
        coming.accept(group_standing(MEMBER, asking=waiting), draft, most=9)


def test_who_does_not_ask_is_not_let_in():
    draft = wish(JOINED, OTHER)
    with pytest.raises(NotFound):
        coming.accept(group_standing(OWNER), draft, most=9)
    inside = group_standing(OWNER, {OTHER: MEMBER})
    assert coming.accept(inside, draft, most=9) is None


def test_the_owner_leaves_last():
    draft = wish(LEFT, ME)
    with pytest.raises(OwnerMustTransfer):
        coming.leave(group_standing(OWNER, {OTHER: ADMINISTRATOR}), draft)
    assert coming.leave(group_standing(OWNER), draft) == draft
    assert coming.leave(group_standing(MEMBER, {OTHER: OWNER}), draft) == draft


REMOVALS = [
    (OWNER, ADMINISTRATOR, True),
    (OWNER, MEMBER, True),
    (ADMINISTRATOR, MEMBER, True),
    (ADMINISTRATOR, ADMINISTRATOR, False),
    (ADMINISTRATOR, OWNER, False),
    (MEMBER, MEMBER, False),
    (MEMBER, OWNER, False),
]


@pytest.mark.parametrize(("me", "other", "may"), REMOVALS)
def test_members_are_removed_by_administrators_and_those_by_the_owner(me, other, may):
    standing, draft = group_standing(me, {OTHER: other}), wish(LEFT, OTHER)
    if may:
        assert coming.remove(standing, draft) == draft
    else:
        with pytest.raises(Forbidden):
            coming.remove(standing, draft)


def test_one_who_may_not_be_removed_keeps_all_of_them_in():
    with pytest.raises(Forbidden):
        coming.remove(
            group_standing(ADMINISTRATOR, {OTHER: MEMBER, THIRD: OWNER}),
            wish(LEFT, OTHER, THIRD),
        )


def test_those_who_are_out_are_left_out_of_a_removal():
    standing = group_standing(OWNER, {OTHER: MEMBER})
    assert coming.remove(standing, wish(LEFT, THIRD, OTHER)) == wish(LEFT, OTHER)
    assert coming.remove(standing, wish(LEFT, THIRD)) is None


def test_nobody_removes_themselves():
    both = group_standing(ADMINISTRATOR, {ME: ADMINISTRATOR})
    with pytest.raises(BadRequest):
        coming.remove(both, wish(LEFT, ME))


def test_members_who_may_remove_by_the_groups_settings_remove_members_only():
    wild = GroupSettings(permissions={Permission.REMOVE_MEMBERS: MEMBER})
    draft = wish(LEFT, OTHER)
    assert coming.remove(group_standing(MEMBER, {OTHER: MEMBER}, wild), draft) == draft
    with pytest.raises(Forbidden):
        coming.remove(group_standing(MEMBER, {OTHER: ADMINISTRATOR}, wild), draft)
