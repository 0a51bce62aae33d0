"""The members of a conversation, however many: in pages, by name, or what has changed.

The version of the list is the seq of the last event that changed it. A device keeps the list
with the version of the first page it got; asking for what changed since brings it up to date.
Read positions are not part of it: they move with every message.
"""

from __future__ import annotations

import msgspec

from parlor.im.paging import check_seq, page_size
from parlor.im.settings import ImSettings
from parlor.model.conversation import ConversationKind, Member
from parlor.model.errors import BadRequest, Forbidden, NotFound, NotMember
from parlor.model.group import Permission
from parlor.model.ids import ConversationId, UserId
from parlor.model.text import MAX_TITLE_CHARS
from parlor.ports.conversations import Conversations
from parlor.ports.members import Members

MAX_PROFILES = 100
"""`accounts.people` looks up so many at once, and every member on a page is shown by name."""


class MemberPage(msgspec.Struct, frozen=True):
    """`cursor` is empty on the last page. `left` is only filled where changes were asked for."""

    members: tuple[Member, ...]
    left: tuple[UserId, ...]
    cursor: str
    version: int


class RosterPages:
    """All raise NotFound, NotMember, Forbidden (members may not see each other), BadRequest."""

    def __init__(
        self, conversations: Conversations, members: Members, settings: ImSettings
    ) -> None:
        self._conversations = conversations
        self._members = members
        self._settings = settings

    async def page(
        self,
        user: UserId,
        id: ConversationId,
        cursor: str,
        limit: int,
        *,
        query: str = "",
        since: int | None = None,
    ) -> MemberPage:
        """In the order of user ids; with `query` those with a word in their names that begins so;
        with `since` everybody whose place has changed after that version, in that order.

        Pages of at most 100. A list that changes while it is read is whole once the changes
        since the first page's version are applied to it.
        """
        size = min(page_size(limit, self._settings.max_page_members), MAX_PROFILES)
        await self._check(user, id)
        version = await self._members.version(id)
        if since is not None:
            if query:
                raise BadRequest("Either a query or a version.")
            return await self._changes(id, check_seq(since), cursor, size, version)
        after = UserId(cursor) if cursor else None
        if not query:
            found = await self._conversations.members(id, after, size + 1)
        elif _is_findable(query):
            found = await self._members.find(id, query, after, size + 1)
        else:
            found = ()
        page = tuple(found[:size])
        return MemberPage(page, (), page[-1].user_id if len(found) > size else "", version)

    async def _changes(
        self, id: ConversationId, since: int, cursor: str, size: int, version: int
    ) -> MemberPage:
        after = _parse_cursor(cursor) if cursor else (since, None)
        found = await self._members.changes(id, after, size + 1)
        page = found[:size]
        more = len(found) > size
        return MemberPage(
            tuple(change.member for change in page if change.member is not None),
            tuple(change.user_id for change in page if change.member is None),
            f"{page[-1].version}-{page[-1].user_id}" if more else "",
            version,
        )

    async def _check(self, user: UserId, id: ConversationId) -> None:
        conversation = await self._conversations.get(id)
        if conversation is None:
            raise NotFound("There is no such conversation.")
        member = await self._conversations.member(id, user)
        if member is None:
            raise NotMember
        least = conversation.settings.least_role(Permission.SEE_MEMBERS)
        if conversation.kind is ConversationKind.GROUP and not member.role.at_least(least):
            raise Forbidden("The members of this group do not see each other.")


def _is_findable(query: str) -> bool:
    """Nobody's name is longer, or is no Unicode text."""
    try:
        query.encode()
    except UnicodeEncodeError:
        return False
    return len(query) <= MAX_TITLE_CHARS


def _parse_cursor(cursor: str) -> tuple[int, UserId]:
    version, _, user = cursor.partition("-")
    if not (cursor.isascii() and version.isdigit() and user.isdigit() and len(cursor) <= 34):
        raise BadRequest("This is not a cursor of a list of changes.")
    return check_seq(int(version)), UserId(user)
