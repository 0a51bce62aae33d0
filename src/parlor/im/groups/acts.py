"""What the members of a group do with it. Every act is one event, stored once per client_id.

The actor is who the caller has authenticated. Each method returns the event, or None when there
was nothing to do (somebody invited is in already, a title is the same); all of them may be asked
again with the same `client_id` and answer the first event. Everybody in the group is told of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from parlor.im.groups import coming, powers
from parlor.im.groups.telling import Telling
from parlor.im.settings import ImSettings
from parlor.model.client_id import check_client_id
from parlor.model.errors import BadRequest, NotFound
from parlor.model.event import FOREVER, Draft, Event, EventKind
from parlor.model.group import Role
from parlor.model.group_change import SettingsChange
from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.model.standing import Act, Decide
from parlor.model.text import check_display_name, check_text
from parlor.ports.clock import Clock
from parlor.ports.messages import Messages
from parlor.ports.relations import Relations

_MAX_PICTURE_CHARS = 64


class GroupActs:
    """`not_to` is the actor's own connection, which learns of the event by the answer.

    All raise NotFound, NotMember, BadRequest (not a group; bad values), GroupDissolved and,
    for who lacks the right, Forbidden."""

    def __init__(
        self,
        messages: Messages,
        telling: Telling,
        settings: ImSettings,
        clock: Clock,
        relations: Relations,
    ) -> None:
        self._messages = messages
        self._relations = relations
        self._telling = telling
        self._settings = settings
        self._clock = clock

    async def invite(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        members: Sequence[UserId],
        *,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """Those who are not in yet come in, or nobody where they would have to wait: then ask
        `Joining.invite`. Raises TooManyMembers, NotFound (no such person), NotWanted (their
        privacy, or a block)."""
        draft = Draft(group, EventKind.JOINED, user, client_id, members=self._some(members))
        decide = partial(
            coming.invite,
            draft=draft,
            most=self._settings.max_group_members,
            refusing=await self._relations.refusing_groups(user, draft.members),
        )
        return await self._act(draft, decide, not_to)

    async def leave(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        *,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """Raises OwnerMustTransfer while others are there."""
        draft = Draft(group, EventKind.LEFT, user, client_id, members=(user,))
        return await self._act(draft, partial(coming.leave, draft=draft), not_to)

    async def remove(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        members: Sequence[UserId],
        *,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """All of them or, when one of them may not be removed, none."""
        draft = Draft(group, EventKind.LEFT, user, client_id, members=self._some(members))
        return await self._act(draft, partial(coming.remove, draft=draft), not_to)

    async def give_role(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        member: UserId,
        role: Role,
        *,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """Make somebody an administrator, or a member again."""
        draft = Draft(group, EventKind.ROLE, user, client_id, members=(member,), role=role)
        return await self._act(draft, partial(powers.give_role, draft=draft), not_to)

    async def transfer(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        member: UserId,
        *,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """Hand the group over; who had it is an administrator from then on."""
        draft = Draft(group, EventKind.ROLE, user, client_id, members=(member,), role=Role.OWNER)
        return await self._act(draft, partial(powers.transfer, draft=draft), not_to)

    async def mute(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        member: UserId | None,
        for_s: int = 0,
        *,
        off: bool = False,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """One member for so many seconds (0: until it is taken back), or everybody below
        administrator until it is taken back; `off` takes it back."""
        longest = self._settings.longest_mute_s
        if not 0 <= for_s <= longest:
            raise BadRequest(f"One is muted for 0 to {longest} seconds.")
        if for_s and (off or member is None):
            raise BadRequest("Only one member is muted for a time.")
        until = self._clock.unix_ms() + for_s * 1000 if for_s else FOREVER
        draft = Draft(
            group,
            EventKind.MUTE,
            user,
            client_id,
            members=() if member is None else (member,),
            until=0 if off else until,
            off=off,
        )
        return await self._act(draft, partial(powers.mute, draft=draft), not_to)

    async def update(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        *,
        title: str | None = None,
        announcement: str | None = None,
        avatar: str | None = None,
        wish: SettingsChange | None = None,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """One of these, since one act is one event. Raises as the method for each."""
        if sum(given is not None for given in (title, announcement, avatar, wish)) != 1:
            raise BadRequest("Exactly one of title, announcement, avatar and settings.")
        if title is not None:
            return await self.rename(user, group, client_id, title, not_to=not_to)
        if announcement is not None:
            return await self.announce(user, group, client_id, announcement, not_to=not_to)
        if avatar is not None:
            return await self.show(user, group, client_id, avatar, not_to=not_to)
        return await self.change(user, group, client_id, wish or SettingsChange(), not_to=not_to)

    async def rename(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        title: str,
        *,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """An empty title is none. Raises BadDisplayName."""
        checked = check_display_name(title) if title.strip() else ""
        draft = Draft(group, EventKind.TITLE, user, client_id, title=checked)
        return await self._act(draft, partial(powers.rename, draft=draft), not_to)

    async def announce(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        text: str,
        *,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """An empty text takes the announcement down. Raises TextTooLong, BadText."""
        checked = check_text(text) if text.strip() else ""
        draft = Draft(group, EventKind.ANNOUNCEMENT, user, client_id, text=checked)
        return await self._act(draft, partial(powers.announce, draft=draft), not_to)

    async def show(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        avatar: str,
        *,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """The picture with this id, empty for none."""
        if len(avatar) > _MAX_PICTURE_CHARS or not (avatar.isascii() and avatar.isprintable()):
            raise BadRequest("This is not the id of a picture.")
        draft = Draft(group, EventKind.AVATAR, user, client_id, avatar=avatar)
        return await self._act(draft, partial(powers.show, draft=draft), not_to)

    async def change(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        wish: SettingsChange,
        *,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """Settings and, by the owner alone, permissions."""
        longest = self._settings.longest_slow_mode_s
        if not 0 <= (wish.slow_mode_s or 0) <= longest:
            raise BadRequest(f"Slow mode takes 0 to {longest} seconds.")
        draft = Draft(group, EventKind.SETTINGS, user, client_id)
        return await self._act(draft, partial(powers.change, draft=draft, wish=wish), not_to)

    async def dissolve(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        *,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """For good: it can be read, and nothing happens in it any more."""
        draft = Draft(group, EventKind.DISSOLVED, user, client_id)
        return await self._act(draft, partial(powers.dissolve, draft=draft), not_to)

    def _some(self, members: Sequence[UserId]) -> tuple[UserId, ...]:
        asked = tuple(dict.fromkeys(members))
        most = self._settings.max_members_per_request
        if not 1 <= len(asked) <= most:
            raise BadRequest(f"One request is about 1 to {most} people.")
        if not all(map(str.isascii, asked)):
            raise NotFound("There is no such user.")
        return asked

    async def _act(
        self, draft: Draft, decide: Decide, not_to: ConnectionKey | None
    ) -> Event | None:
        named = check_client_id(draft.client_id)
        act = Act(draft.conversation_id, draft.sender, named, draft.members, kind=draft.kind)
        event, created = await self._messages.act(act, decide, self._clock.unix_ms())
        if created and event is not None:
            await self._telling.event(event, not_to=not_to)
        return event
