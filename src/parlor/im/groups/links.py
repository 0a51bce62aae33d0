"""Links into a group: made and taken back by those who may, looked at by anybody who has one.

What a stranger may learn of a group is its `Preview`, and only with a link that works or when
the group lets people ask or come in by themselves; any other group is not found.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from parlor.im.groups.rights import require, require_group
from parlor.im.settings import ImSettings
from parlor.model.client_id import check_client_id
from parlor.model.conversation import Conversation, ConversationKind
from parlor.model.errors import BadRequest, LinkEnded, NotFound
from parlor.model.group import Join, Permission
from parlor.model.group_link import GroupLink, Preview
from parlor.model.ids import ConversationId, UserId
from parlor.model.standing import Standing
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.entrances import Entrances
from parlor.ports.entropy import Entropy

_CODE_BYTES = 16
_MAX_CODE_CHARS = 64
_MAX_USES = 1_000_000


class GroupLinks:
    """What changes links raises Forbidden, NotMember, NotFound, BadRequest, GroupDissolved."""

    def __init__(
        self,
        conversations: Conversations,
        entrances: Entrances,
        settings: ImSettings,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._conversations = conversations
        self._entrances = entrances
        self._settings = settings
        self._clock = clock
        self._entropy = entropy

    async def make(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        *,
        expires_in_s: int = 0,
        max_uses: int = 0,
    ) -> GroupLink:
        """0 is no limit. The same `client_id` again is the same link. Raises LimitReached too."""
        longest = self._settings.longest_link_s
        if not 0 <= expires_in_s <= longest:
            raise BadRequest(f"A link works for 1 to {longest} seconds, or 0: without an end.")
        if not 0 <= max_uses <= _MAX_USES:
            raise BadRequest(f"A link works 1 to {_MAX_USES} times, or 0: as often as one likes.")
        now = self._clock.unix_ms()
        code = base64.urlsafe_b64encode(self._entropy.token_bytes(_CODE_BYTES)).decode()
        link = GroupLink(
            code=code.rstrip("="),
            conversation_id=group,
            made_by=user,
            made_at=now,
            expires_at=now + expires_in_s * 1000 if expires_in_s else 0,
            max_uses=max_uses,
        )
        return await self._entrances.make_link(
            link, check_client_id(client_id), self._settings.max_group_links, manages_links
        )

    async def list(self, user: UserId, group: ConversationId) -> Sequence[GroupLink]:
        """Those that work, newest first."""
        found = await self._conversations.get(group)
        if found is None:
            raise NotFound
        manages_links(Standing(found, await self._conversations.member(group, user), {}))
        return await self._entrances.links(group, self._clock.unix_ms())

    async def end(self, user: UserId, group: ConversationId, code: str) -> None:
        """Nobody comes in by it any more; who came in stays. Ending it twice does nothing."""
        known = code if _may_be_code(code) else ""
        await self._entrances.end_link(group, known, user, self._clock.unix_ms(), manages_links)

    async def look(self, user: UserId, code: str, group: ConversationId | None) -> Preview:
        """What may be seen from outside. Raises NotFound, LinkEnded, GroupDissolved."""
        found = await self.find(code, group)
        inside = await self._conversations.member(found.id, user) is not None
        asked = not inside and await self._entrances.asking(found.id, user) is not None
        return Preview(
            conversation_id=found.id,
            title=found.title,
            avatar=found.avatar,
            member_count=found.member_count,
            join=found.settings.join,
            inside=inside,
            asked=asked,
        )

    async def find(self, code: str, group: ConversationId | None) -> Conversation:
        """The group that somebody outside has found, by a link's code or by its own id.

        Raises NotFound, LinkEnded, GroupDissolved, BadRequest (both, or neither).
        """
        where, link = await self.whither(code, group)
        if link is not None and not link.works(self._clock.unix_ms()):
            raise LinkEnded
        found = await self._conversations.get(where)
        if found is None or found.kind is not ConversationKind.GROUP:
            raise NotFound
        if not code and found.settings.join is Join.INVITE:
            raise NotFound
        require_group(found)
        return found

    async def whither(
        self, code: str, group: ConversationId | None
    ) -> tuple[ConversationId, GroupLink | None]:
        """Which group is meant, and the link that leads there if one does. Whether it lets anybody
        in, or is there at all, is not looked at.

        Raises NotFound (no such link), BadRequest (both, or neither).
        """
        if not code and group is not None:
            return group, None
        if not code or group is not None:
            raise BadRequest("Either the code of a link or the id of a group.")
        link = await self._entrances.link(code) if _may_be_code(code) else None
        if link is None:
            raise NotFound("There is no such link.")
        return link.conversation_id, link


def _may_be_code(code: str) -> bool:
    return code.isascii() and code.isprintable() and len(code) <= _MAX_CODE_CHARS


def manages_links(standing: Standing) -> None:
    """Whether the actor decides who comes in: links and requests are one permission."""
    require(standing, Permission.MANAGE_LINKS)


def path_of(link: GroupLink) -> str:
    """What follows the server's own address; the page makes the whole link, and its QR code."""
    return f"/join/{link.code}"
