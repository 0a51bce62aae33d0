"""Who hears of a group's events: its members, those who have just come or gone, and, when
somebody asks to come in, those who decide."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from parlor.im.announce import Announcements
from parlor.im.members import Rosters
from parlor.im.own import Lists
from parlor.model.conversation import Member
from parlor.model.errors import NotMember, ParlorError
from parlor.model.event import Event, EventKind
from parlor.model.group import Permission, Role
from parlor.model.group_link import Asked, JoinRequest
from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.ports.conversations import Conversations
from parlor.ports.members import Members
from parlor.wire.native.pushes import ConversationPush, EventPush, GroupRequestPush

_TOLD_OF_REQUESTS = 100
"""So many administrators are told at most; the others see the request when they look."""


_LISTED = frozenset({EventKind.JOINED, EventKind.LEFT})


class Telling:
    def __init__(
        self,
        conversations: Conversations,
        members: Members,
        rosters: Rosters,
        announcements: Announcements,
        lists: Lists,
    ) -> None:
        self._conversations = conversations
        self._members = members
        self._rosters = rosters
        self._announcements = announcements
        self._lists = lists

    async def event(self, event: Event, *, not_to: ConnectionKey | None = None) -> None:
        """After `event` was stored: once per event, however many come or go with it."""
        about = event.conversation_id
        if event.kind is EventKind.JOINED:
            self._rosters.forget(about)
            # They see the group alike: one view for however many came in together.
            appeared = partial(self._appeared, about, alone=len(event.members) == 1)
            await self._announcements.tell_alike(event.members, appeared, about=about)
        elif event.kind is EventKind.LEFT:
            self._rosters.forget(about)
            push = EventPush(event)
            await self._announcements.tell(event.members, push, about=about, not_to=not_to)
        await self._announcements.tell_members(
            self._rosters.of, EventPush(event), about=about, not_to=not_to
        )
        if event.kind in _LISTED:
            await self._lists.changed(event.members, about)

    async def asked(self, requests: Sequence[JoinRequest]) -> None:
        """All of one group."""
        await self._tell_deciders(requests, Asked.ASKED, ())

    async def decided(self, request: JoinRequest, *, let_in: bool) -> None:
        """All who decide, so that they see one list, and who asked: who was invited by another
        hears nothing of a refusal."""
        how = Asked.LET_IN if let_in else Asked.REFUSED
        await self._tell_deciders([request], how, (request.invited_by or request.user_id,))

    async def _tell_deciders(
        self, requests: Sequence[JoinRequest], how: Asked, also: tuple[UserId, ...]
    ) -> None:
        if not requests:
            return
        group = requests[0].conversation_id
        try:
            deciders = await self._deciders(group)
        except ParlorError:
            deciders = []
        users = [*(member.user_id for member in deciders), *also]
        for one in requests:
            push = GroupRequestPush(group, one.user_id, one.text, one.at_ms, how, one.invited_by)
            await self._announcements.tell(users, push, about=group)

    async def _deciders(self, group: ConversationId) -> Sequence[Member]:
        """Never plain members, also where those may decide: they see the request when they look."""
        deciders = await self._members.with_role(group, Role.OWNER, 1)
        found = await self._conversations.get(group)
        if found is None or found.settings.least_role(Permission.MANAGE_LINKS) is Role.OWNER:
            return deciders
        others = await self._members.with_role(group, Role.ADMINISTRATOR, _TOLD_OF_REQUESTS)
        return [*deciders, *others]

    async def _appeared(
        self, about: ConversationId, user: UserId, *, alone: bool
    ) -> ConversationPush:
        view = await self._conversations.view(about, user)
        if view is None:
            raise NotMember
        # That the first of many came again and is still muted is nothing about the others.
        return ConversationPush(view if alone else msgspec.structs.replace(view, muted_until=0))
