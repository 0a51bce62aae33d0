"""Groups: what their members do with them, and how people come in."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, page, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.im.groups.links import path_of
from parlor.model.ids import ConversationId, UserId
from parlor.wire.native.methods import Empty
from parlor.wire.native.methods import groups as wire


class Groups:
    def __init__(self, services: Services) -> None:
        self._people = services.people
        self._groups = services.groups

    def bound(self) -> dict[str, Bound]:
        return {
            "group.invite": bind(wire.GroupInvite, self.invite, finishes=True),
            "group.leave": bind(wire.GroupLeave, self.leave, finishes=True),
            "group.remove": bind(wire.GroupRemove, self.remove, finishes=True),
            "group.role": bind(wire.GroupRole, self.give_role, finishes=True),
            "group.transfer": bind(wire.GroupTransfer, self.transfer, finishes=True),
            "group.mute": bind(wire.GroupMute, self.mute, finishes=True),
            "group.update": bind(wire.GroupUpdate, self.update, finishes=True),
            "group.dissolve": bind(wire.GroupDissolve, self.dissolve, finishes=True),
            "group.online": bind(wire.GroupOnline, self.online),
            "group.link.make": bind(wire.GroupLinkMake, self.make_link, finishes=True),
            "group.link.list": bind(wire.GroupLinkList, self.links),
            "group.link.revoke": bind(wire.GroupLinkRevoke, self.end_link, finishes=True),
            "group.link.show": bind(wire.GroupLinkShow, self.look),
            "group.join": bind(wire.GroupJoin, self.join, finishes=True),
            "group.requests": bind(wire.GroupRequests, self.requests),
            "group.decide": bind(wire.GroupDecide, self.decide, finishes=True),
        }

    async def invite(self, caller: Caller, params: wire.GroupInvite) -> wire.GroupActResult:
        group, members = ConversationId(params.conversation_id), list(map(UserId, params.members))
        user = who(caller).user
        event, waiting = await self._groups.joining.invite(
            user, group, params.client_id, members, not_to=caller.link.key
        )
        return wire.GroupActResult(event, tuple(waiting))

    async def leave(self, caller: Caller, params: wire.GroupLeave) -> wire.GroupActResult:
        group = ConversationId(params.conversation_id)
        event = await self._groups.acts.leave(
            who(caller).user, group, params.client_id, not_to=caller.link.key
        )
        return wire.GroupActResult(event)

    async def remove(self, caller: Caller, params: wire.GroupRemove) -> wire.GroupActResult:
        group, members = ConversationId(params.conversation_id), list(map(UserId, params.members))
        user = who(caller).user
        event = await self._groups.acts.remove(
            user, group, params.client_id, members, not_to=caller.link.key
        )
        return wire.GroupActResult(event)

    async def give_role(self, caller: Caller, params: wire.GroupRole) -> wire.GroupActResult:
        event = await self._groups.acts.give_role(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.client_id,
            UserId(params.user_id),
            params.role,
            not_to=caller.link.key,
        )
        return wire.GroupActResult(event)

    async def transfer(self, caller: Caller, params: wire.GroupTransfer) -> wire.GroupActResult:
        event = await self._groups.acts.transfer(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.client_id,
            UserId(params.user_id),
            not_to=caller.link.key,
        )
        return wire.GroupActResult(event)

    async def mute(self, caller: Caller, params: wire.GroupMute) -> wire.GroupActResult:
        event = await self._groups.acts.mute(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.client_id,
            UserId(params.user_id) if params.user_id else None,
            params.for_s,
            off=params.off,
            not_to=caller.link.key,
        )
        return wire.GroupActResult(event)

    async def update(self, caller: Caller, params: wire.GroupUpdate) -> wire.GroupActResult:
        event = await self._groups.acts.update(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.client_id,
            title=params.title,
            announcement=params.announcement,
            avatar=params.avatar,
            wish=params.settings,
            not_to=caller.link.key,
        )
        return wire.GroupActResult(event)

    async def dissolve(self, caller: Caller, params: wire.GroupDissolve) -> wire.GroupActResult:
        group = ConversationId(params.conversation_id)
        event = await self._groups.acts.dissolve(
            who(caller).user, group, params.client_id, not_to=caller.link.key
        )
        return wire.GroupActResult(event)

    async def online(self, caller: Caller, params: wire.GroupOnline) -> wire.GroupOnlineResult:
        group = ConversationId(params.conversation_id)
        online, members = await self._groups.online.count(who(caller).user, group)
        return wire.GroupOnlineResult(online, members)

    async def make_link(self, caller: Caller, params: wire.GroupLinkMake) -> wire.GroupLinkResult:
        link = await self._groups.links.make(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.client_id,
            expires_in_s=params.expires_in_s,
            max_uses=params.max_uses,
        )
        return wire.GroupLinkResult(link, path_of(link))

    async def links(self, caller: Caller, params: wire.GroupLinkList) -> wire.GroupLinksResult:
        group = ConversationId(params.conversation_id)
        return wire.GroupLinksResult(tuple(await self._groups.links.list(who(caller).user, group)))

    async def end_link(self, caller: Caller, params: wire.GroupLinkRevoke) -> Empty:
        group = ConversationId(params.conversation_id)
        await self._groups.links.end(who(caller).user, group, params.code)
        return Empty()

    async def look(self, caller: Caller, params: wire.GroupLinkShow) -> wire.GroupPreviewResult:
        group = ConversationId(params.conversation_id) if params.conversation_id else None
        preview = await self._groups.links.look(who(caller).user, params.code, group)
        return wire.GroupPreviewResult(preview)

    async def join(self, caller: Caller, params: wire.GroupJoin) -> wire.GroupJoinResult:
        group, inside = await self._groups.joining.join(
            who(caller).user,
            params.client_id,
            params.code,
            ConversationId(params.conversation_id) if params.conversation_id else None,
            params.text,
        )
        return wire.GroupJoinResult(group, inside)

    async def requests(
        self, caller: Caller, params: wire.GroupRequests
    ) -> wire.GroupRequestsResult:
        group, limit = ConversationId(params.conversation_id), page(params.limit)
        listed, cursor = await self._groups.joining.requests(
            who(caller).user, group, params.cursor, limit
        )
        users = await self._people.users([request.user_id for request in listed])
        return wire.GroupRequestsResult(tuple(listed), tuple(users), cursor)

    async def decide(self, caller: Caller, params: wire.GroupDecide) -> wire.GroupActResult:
        event = await self._groups.joining.decide(
            who(caller).user,
            ConversationId(params.conversation_id),
            params.client_id,
            UserId(params.user_id),
            let_in=params.let_in,
            not_to=caller.link.key,
        )
        return wire.GroupActResult(event)
