import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.im.groups import powers
from parlor.model.conversation import ConversationKind, Member
from parlor.model.errors import BadRequest, Forbidden, GroupDissolved, NotFound, NotMember
from parlor.model.event import EventKind
from parlor.model.group import LEAST_ROLE, GroupSettings, Join, Permission, Role, Visible
from parlor.model.group_change import SettingsChange
from tests.support.standings import (
    ADMINISTRATOR,
    ME,
    MEMBER,
    OTHER,
    OWNER,
    THIRD,
    group_standing,
    wish,
)

CHANGES = {
    "role": lambda s: powers.give_role(s, wish(EventKind.ROLE, OTHER, role=ADMINISTRATOR)),
    "transfer": lambda s: powers.transfer(s, wish(EventKind.ROLE, OTHER, role=OWNER)),
    "mute one": lambda s: powers.mute(s, wish(EventKind.MUTE, OTHER, until=50)),
    "mute all": lambda s: powers.mute(s, wish(EventKind.MUTE, until=50)),
    "title": lambda s: powers.rename(s, wish(EventKind.TITLE, title="New")),
    "announcement": lambda s: powers.announce(s, wish(EventKind.ANNOUNCEMENT, text="New")),
    "avatar": lambda s: powers.show(s, wish(EventKind.AVATAR, avatar="a1")),
    "settings": lambda s: powers.change(
        s, wish(EventKind.SETTINGS), wish=SettingsChange(slow_mode_s=9)
    ),
    "permissions": lambda s: powers.change(
        s, wish(EventKind.SETTINGS), wish=SettingsChange(permissions={Permission.PIN: MEMBER})
    ),
    "dissolve": lambda s: powers.dissolve(s, wish(EventKind.DISSOLVED)),
}
FOR_THE_OWNER = {"role", "transfer", "permissions", "dissolve"}


@pytest.mark.parametrize("act", CHANGES)
def test_each_act_is_for_those_whose_it_is(act):
    for role in Role:
        standing = group_standing(role, {OTHER: MEMBER})
        least = OWNER if act in FOR_THE_OWNER else ADMINISTRATOR
        if role.at_least(least):
            assert CHANGES[act](standing) is not None
        else:
            with pytest.raises(Forbidden):
                CHANGES[act](standing)


@pytest.mark.parametrize("act", CHANGES)
def test_outsiders_direct_conversations_and_dissolved_groups_are_refused(act):
    with pytest.raises(NotMember):
        CHANGES[act](group_standing(None, {OTHER: MEMBER}))
    with pytest.raises(BadRequest):
        CHANGES[act](group_standing(OWNER, {OTHER: MEMBER}, kind=ConversationKind.DIRECT))
    with pytest.raises(GroupDissolved):
        CHANGES[act](group_standing(OWNER, {OTHER: MEMBER}, dissolved=True))


@pytest.mark.parametrize("act", ["role", "transfer", "mute one"])
def test_it_is_about_somebody_in_the_group(act):
    with pytest.raises(NotFound):
        CHANGES[act](group_standing(OWNER, {THIRD: MEMBER}))


def test_what_is_so_already_is_not_done_again():
    same = group_standing(OWNER, {OTHER: ADMINISTRATOR}, GroupSettings(all_muted=True))
    assert powers.give_role(same, wish(EventKind.ROLE, OTHER, role=ADMINISTRATOR)) is None
    assert powers.rename(same, wish(EventKind.TITLE, title="Old")) is None
    assert powers.announce(same, wish(EventKind.ANNOUNCEMENT, text="")) is None
    assert powers.show(same, wish(EventKind.AVATAR, avatar="")) is None
    assert powers.mute(same, wish(EventKind.MUTE)) is None
    assert powers.mute(same, wish(EventKind.MUTE, OTHER, off=True)) is None
    assert powers.change(same, wish(EventKind.SETTINGS), wish=SettingsChange()) is None


def test_a_group_has_one_owner():
    standing = group_standing(OWNER, {OTHER: MEMBER, ME: OWNER})
    with pytest.raises(BadRequest):
        powers.give_role(standing, wish(EventKind.ROLE, OTHER, role=OWNER))
    with pytest.raises(BadRequest):
        powers.give_role(standing, wish(EventKind.ROLE, ME, role=MEMBER))
    assert powers.transfer(standing, wish(EventKind.ROLE, ME, role=OWNER)) is None


@pytest.mark.parametrize("other", [ADMINISTRATOR, OWNER])
def test_an_administrator_does_not_mute_another_nor_the_owner(other):
    with pytest.raises(Forbidden):
        powers.mute(
            group_standing(ADMINISTRATOR, {OTHER: other}), wish(EventKind.MUTE, OTHER, until=50)
        )


def test_somebody_muted_is_let_speak_again():
    muted = {OTHER: Member(OTHER, MEMBER, 1, 1, muted_until=50)}
    standing = msgspec.structs.replace(group_standing(OWNER), others=muted)
    draft = wish(EventKind.MUTE, OTHER, off=True)
    assert powers.mute(standing, draft) == draft
    assert powers.mute(standing, wish(EventKind.MUTE, OTHER, until=50)) is None


def test_everybody_is_let_speak_again():
    muted = group_standing(ADMINISTRATOR, settings=GroupSettings(all_muted=True))
    draft = wish(EventKind.MUTE, off=True)
    assert powers.mute(muted, draft) == draft
    assert powers.mute(group_standing(ADMINISTRATOR), draft) is None


SETTINGS = st.builds(
    GroupSettings,
    join=st.sampled_from(Join),
    history=st.sampled_from(Visible),
    all_muted=st.booleans(),
    slow_mode_s=st.integers(0, 99),
    read_only=st.booleans(),
    permissions=st.dictionaries(st.sampled_from(Permission), st.sampled_from(Role)),
)
WISHES = st.builds(
    SettingsChange,
    join=st.none() | st.sampled_from(Join),
    history=st.none() | st.sampled_from(Visible),
    slow_mode_s=st.none() | st.integers(0, 99),
    read_only=st.none() | st.booleans(),
    permissions=st.none()
    | st.dictionaries(st.sampled_from(Permission), st.sampled_from(Role), min_size=1),
)


@given(SETTINGS, WISHES)
def test_a_change_changes_what_it_names_and_nothing_else(old, change):
    draft = powers.change(
        group_standing(OWNER, settings=old), wish(EventKind.SETTINGS), wish=change
    )
    new = (draft and draft.settings) or old
    assert new.all_muted == old.all_muted
    for name in ("join", "history", "slow_mode_s", "read_only"):
        wanted = getattr(change, name)
        assert getattr(new, name) == (getattr(old, name) if wanted is None else wanted)
    for permission in Permission:
        named = (change.permissions or {}).get(permission)
        stood = old.permissions.get(permission, LEAST_ROLE[permission])
        assert new.permissions.get(permission, LEAST_ROLE[permission]) == (named or stood)
