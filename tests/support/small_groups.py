"""Groups as the doors see them: every call is remembered and answered with something plain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from parlor.im.groups.groups import Groups
from parlor.im.groups.roster_pages import MemberPage
from parlor.model.conversation import Member
from parlor.model.event import Event, EventKind
from parlor.model.group import Join
from parlor.model.group_link import GroupLink, JoinRequest, Preview
from parlor.model.ids import ConversationId, UserId, event_id


class SmallGroups:
    """`threads` says who is in a conversation, and refuses those who are not."""

    def __init__(self, threads: Any) -> None:
        self.threads = threads
        self.asked: list[tuple[str, UserId, tuple[object, ...]]] = []

    def groups(self) -> Groups:
        links, joining = cast("Any", _Links(self)), cast("Any", _Joining(self))
        members, online = cast("Any", _Members(self.threads)), cast("Any", _Online())
        return Groups(cast("Any", self), links, joining, members, online)

    def __getattr__(self, name: str) -> Any:
        """Every act of `GroupActs`: remembered, and answered with an event."""

        async def act(user: UserId, group: ConversationId, *values: object, **named: object) -> Any:
            await self.threads.get(user, group)
            return self.note(name, user, group, *values, *named.items())

        return act

    def note(self, name: str, user: UserId, group: ConversationId, *values: object) -> Event:
        self.asked.append((name, user, (group, *values)))
        return Event(group, 2, event_id(group, 2), EventKind.SETTINGS, user, 1_790_000_000_000)


LINK = GroupLink("q7", ConversationId("900"), UserId("1"), 1_790_000_000_000)


class _Links:
    def __init__(self, small: SmallGroups) -> None:
        self._small = small

    async def make(self, user: UserId, group: ConversationId, *v: object, **n: object) -> GroupLink:
        self._small.note("make", user, group, *v, *n.items())
        return LINK

    async def list(self, user: UserId, group: ConversationId) -> Sequence[GroupLink]:
        return [LINK]

    async def end(self, user: UserId, group: ConversationId, code: str) -> None:
        self._small.note("end", user, group, code)

    async def look(self, user: UserId, code: str, group: ConversationId | None) -> Preview:
        return Preview(ConversationId("900"), "Team", "", 2, Join.OPEN, False, False)


class _Joining:
    def __init__(self, small: SmallGroups) -> None:
        self._small = small

    async def invite(
        self, user: UserId, group: ConversationId, *v: object, **n: object
    ) -> tuple[Event, Sequence[UserId]]:
        await self._small.threads.get(user, group)
        return self._small.note("invite", user, group, *v, *n.items()), ()

    async def join(
        self, user: UserId, client_id: str, code: str, group: ConversationId | None, text: str
    ) -> tuple[ConversationId, bool]:
        self._small.note("join", user, group or ConversationId("900"), client_id, code, text)
        return ConversationId("900"), not text

    async def requests(
        self, user: UserId, group: ConversationId, cursor: str, limit: int
    ) -> tuple[Sequence[JoinRequest], str]:
        return [JoinRequest(group, user, "let me in", 1_790_000_000_000)], ""

    async def decide(self, user: UserId, group: ConversationId, *v: object, **n: object) -> Event:
        return self._small.note("decide", user, group, *v, *n.items())


class _Members:
    def __init__(self, threads: Any) -> None:
        self._threads = threads

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
        members: tuple[Sequence[Member], str] = await self._threads.members(user, id, cursor, limit)
        left = () if since is None else (UserId("9"),)
        return MemberPage(tuple(members[0]), left, members[1], 7)


class _Online:
    async def count(self, user: UserId, group: ConversationId) -> tuple[int, int]:
        return 1, 2
