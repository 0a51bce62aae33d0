"""Facts about a group, as a decision gets them, in a few words."""

from __future__ import annotations

from parlor.model.conversation import Conversation, ConversationKind, Member
from parlor.model.event import Draft, EventKind
from parlor.model.group import GroupSettings, Role
from parlor.model.group_link import GroupLink
from parlor.model.ids import ConversationId, UserId
from parlor.model.standing import Standing

ME, OTHER, THIRD = UserId("1"), UserId("2"), UserId("3")
GROUP = ConversationId("900")
OWNER, ADMINISTRATOR, MEMBER = Role.OWNER, Role.ADMINISTRATOR, Role.MEMBER


def group_standing(
    me: Role | None,
    others: dict[UserId, Role] | None = None,
    settings: GroupSettings | None = None,
    *,
    count: int | None = None,
    kind: ConversationKind = ConversationKind.GROUP,
    dissolved: bool = False,
    link: GroupLink | None = None,
    asking: frozenset[UserId] = frozenset(),
) -> Standing:
    """ME acts with the role `me`, None from outside; `count` members unless those are all."""
    there = {user: Member(user, role, 1, 1) for user, role in (others or {}).items()}
    conversation = Conversation(
        GROUP,
        kind,
        "Old",
        7,
        member_count=len(there) + (me is not None) if count is None else count,
        settings=settings or GroupSettings(),
        dissolved=dissolved,
    )
    actor = None if me is None else Member(ME, me, 1, 1)
    return Standing(conversation, actor, there, link=link, asking=asking)


def wish(kind: EventKind, *members: UserId, **values: object) -> Draft:
    return Draft(GROUP, kind, ME, "c-1", members=members, **values)  # type: ignore[arg-type]
