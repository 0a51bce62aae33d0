"""Making conversations, and each person's view of theirs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial

import msgspec

from parlor.im.announce import Announcements
from parlor.im.own import Lists
from parlor.im.paging import page_size
from parlor.im.settings import ImSettings
from parlor.model.client_id import check_client_id
from parlor.model.conversation import ConversationKind, ConversationView
from parlor.model.errors import BadRequest, NotFound, NotMember, NotWanted, TooManyMembers
from parlor.model.event import has_expired, wordless
from parlor.model.ids import ConversationId, UserId, number_id
from parlor.model.text import check_display_name
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.entropy import Entropy
from parlor.wire.native.pushes import ConversationPush


class Threads:
    def __init__(
        self,
        conversations: Conversations,
        announcements: Announcements,
        lists: Lists,
        settings: ImSettings,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._conversations = conversations
        self._announcements = announcements
        self._lists = lists
        self._settings = settings
        self._clock = clock
        self._entropy = entropy

    async def create(
        self,
        user: UserId,
        kind: ConversationKind,
        members: Sequence[UserId],
        title: str,
        *,
        client_id: str = "",
    ) -> tuple[ConversationView, bool]:
        """`user`'s view of the conversation, and whether it is new. `members` are the others.

        The same `client_id` of the same user again is the same group, so an unanswered request
        can be repeated.

        A direct one that exists is returned; its title is ignored. A group may be without title.
        Every member is told of a new one; a direct one is hidden from the other person until
        something is said there. Whoever asks has it in their list.

        Raises BadRequest, BadDisplayName (title), TooManyMembers, NotFound (a member does not
        exist), NotWanted (one does not take it).
        """
        others = [member for member in dict.fromkeys(members) if member != user]
        if kind is ConversationKind.DIRECT and len(others) != 1:
            raise BadRequest("A direct conversation is with exactly one other person.")
        if not others:
            raise BadRequest("A group needs at least one other person.")
        if len(others) > self._settings.max_members_per_request:
            most = self._settings.max_members_per_request
            raise BadRequest(f"A group begins with at most {most} others; invite more later.")
        if len(others) >= self._settings.max_group_members:
            raise TooManyMembers
        is_group = kind is ConversationKind.GROUP
        checked_title = check_display_name(title) if is_group and title.strip() else ""
        conversation, created = await self._conversations.create(
            self._new_id(user, client_id),
            kind,
            user,
            others,
            checked_title,
            self._clock.unix_ms(),
        )
        view = await self.get(user, conversation.id)
        if view.hidden:
            await self._lists.show(user, view.id)
            view = msgspec.structs.replace(view, hidden=False)
        if created and is_group:
            await self._announcements.tell([user], ConversationPush(view), about=view.id)
            # All but the owner see it alike: one view for however many.
            theirs = partial(self._push_for, view.id)
            await self._announcements.tell_alike(others, theirs, about=view.id)
        elif created:
            await self._announcements.tell_each(
                [user, *others], partial(self._push_for, view.id), about=view.id
            )
        if created:
            await self._lists.changed([user, *others], view.id)
        return view, created

    def _new_id(self, user: UserId, client_id: str) -> ConversationId:
        """Random, or given by who asks and what they call it: then asking twice is asking once."""
        if not client_id:
            return ConversationId(number_id(self._entropy.token_bytes(7)))
        name = f"{user} {check_client_id(client_id)}"
        return ConversationId(number_id(hashlib.sha256(name.encode()).digest()))

    async def get(self, user: UserId, id: ConversationId) -> ConversationView:
        """Raises NotFound, NotMember."""
        view = await self._conversations.view(id, user)
        if view is None:
            raise await self._why_not(id)
        return self._shown(view)

    async def page(
        self, user: UserId, cursor: str, limit: int
    ) -> tuple[Sequence[ConversationView], str]:
        """Newest first, and the cursor of the next page, empty when there is none.

        Without those that `user` has hidden: a page may hold fewer than asked for, or none, and
        still not be the last.

        A conversation that becomes active between two pages moves up and out of the later ones;
        its announcement brings it. Raises BadRequest (cursor, limit).
        """
        size = page_size(limit, self._settings.max_page_conversations)
        found = await self._conversations.views(user, _parse_cursor(cursor), size + 1)
        page = found[:size]
        following = f"{page[-1].active_at}-{page[-1].id}" if len(found) > size else ""
        return [self._shown(view) for view in page if not view.hidden], following

    async def require_direct_peer(self, user: UserId, conversation_id: ConversationId) -> UserId:
        """The other person of `user`'s direct conversation, who takes what `user` has to say.

        Raises NotFound, NotMember, BadRequest (it is a group), NotWanted.
        """
        peer = (await self.get(user, conversation_id)).peer
        if peer is None:
            raise BadRequest("This is not a conversation of two people.")
        member = await self._conversations.member(conversation_id, user)
        if member is None:
            raise NotMember
        if member.barred:
            raise NotWanted
        return peer

    def _shown(self, view: ConversationView) -> ConversationView:
        """Without what its last event said, if that has expired."""
        last = view.last_event
        if last is None or not has_expired(last, self._clock.unix_ms()):
            return view
        return msgspec.structs.replace(view, last_event=wordless(last))

    async def _why_not(self, id: ConversationId) -> NotFound | NotMember:
        return NotFound() if await self._conversations.get(id) is None else NotMember()

    async def _push_for(self, id: ConversationId, member: UserId) -> ConversationPush:
        return ConversationPush(await self.get(member, id))


def _parse_cursor(cursor: str) -> tuple[int, ConversationId] | None:
    if not cursor:
        return None
    active_at, _, last = cursor.partition("-")
    if not (cursor.isascii() and active_at.isdigit() and last.isdigit() and len(active_at) <= 16):
        raise BadRequest("This is not a cursor of a conversation list.")
    return int(active_at), ConversationId(last)
