"""Coming into a group from outside, and asking to be let in where that is the rule."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from parlor.im.groups import coming
from parlor.im.groups.acts import GroupActs
from parlor.im.groups.links import GroupLinks, manages_links
from parlor.im.groups.roster_pages import MAX_PROFILES
from parlor.im.groups.telling import Telling
from parlor.im.paging import page_size
from parlor.im.settings import ImSettings
from parlor.model.client_id import check_client_id
from parlor.model.errors import BadRequest, NotFound
from parlor.model.event import Draft, Event, EventKind
from parlor.model.group_link import JoinRequest
from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.model.standing import Act, Standing
from parlor.model.text import check_text
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.entrances import Entrances
from parlor.ports.messages import Messages

_MAX_ASKING_CHARS = 256


class Joining:
    def __init__(
        self,
        messages: Messages,
        conversations: Conversations,
        entrances: Entrances,
        links: GroupLinks,
        acts: GroupActs,
        telling: Telling,
        settings: ImSettings,
        clock: Clock,
    ) -> None:
        self._acts = acts
        self._messages = messages
        self._conversations = conversations
        self._entrances = entrances
        self._links = links
        self._telling = telling
        self._settings = settings
        self._clock = clock

    async def join(
        self,
        user: UserId,
        client_id: str,
        code: str,
        group: ConversationId | None,
        text: str = "",
    ) -> tuple[ConversationId, bool]:
        """(the group, whether one is in): with approval one has only asked, saying `text`.

        By the code of a link or, when the group is open or lets people ask, by its id.
        Joining where one is already does nothing. Raises NotFound, LinkEnded, GroupDissolved,
        TooManyMembers, LimitReached, BadRequest, and NotMember for who was removed again before
        this was answered.
        """
        words = _checked(text)
        # Whether the link still works is decided inside: its last use may have been this very act,
        # of which the answer was lost.
        known, _ = await self._links.whither(code, group)
        draft = Draft(known, EventKind.JOINED, user, check_client_id(client_id), members=(user,))
        now = self._clock.unix_ms()
        decide = partial(
            coming.join, draft=draft, most=self._settings.max_group_members, now_ms=now
        )
        act = Act(known, user, draft.client_id, link=code, kind=draft.kind)
        event, created = await self._messages.act(act, decide, now)
        if created and event is not None:
            await self._telling.event(event)
        if await self._conversations.member(known, user) is not None:
            return known, True
        request = JoinRequest(known, user, words, now)
        may_ask = partial(coming.ask, now_ms=now)
        most = self._settings.max_join_requests
        try:
            if await self._entrances.ask(request, code, most, may_ask):
                await self._telling.asked([request])
        except coming.IsInside:
            return known, True
        return known, False

    async def invite(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        members: Sequence[UserId],
        *,
        not_to: ConnectionKey | None = None,
    ) -> tuple[Event | None, Sequence[UserId]]:
        """As `GroupActs.invite`, and those who wait to be let in: with approval, everybody whom
        one invites who may not decide. Raises LimitReached too, when too many wait."""
        event = await self._acts.invite(user, group, client_id, members, not_to=not_to)
        if event is not None:
            return event, ()
        now, invited = self._clock.unix_ms(), list(dict.fromkeys(members))
        wanted = [JoinRequest(group, member, "", now, user) for member in invited]
        choose = partial(coming.waiting, members=invited)
        most = self._settings.max_join_requests
        found = await self._entrances.ask_for(wanted, user, most, choose)
        await self._telling.asked([request for request, is_new in found if is_new])
        return None, [request.user_id for request, _ in found]

    async def requests(
        self, user: UserId, group: ConversationId, cursor: str, limit: int
    ) -> tuple[Sequence[JoinRequest], str]:
        """Who asks to come in, for those who manage links, and the cursor of the next page.

        Raises NotFound, NotMember, Forbidden, BadRequest, GroupDissolved.
        """
        size = min(page_size(limit, self._settings.max_page_members), MAX_PROFILES)
        found = await self._conversations.get(group)
        if found is None:
            raise NotFound
        manages_links(Standing(found, await self._conversations.member(group, user), {}))
        after = UserId(cursor) if cursor else None
        listed = await self._entrances.requests(group, after, size + 1)
        page = listed[:size]
        return page, page[-1].user_id if len(listed) > size else ""

    async def decide(
        self,
        user: UserId,
        group: ConversationId,
        client_id: str,
        asker: UserId,
        *,
        let_in: bool,
        not_to: ConnectionKey | None = None,
    ) -> Event | None:
        """Let somebody in who has asked, or say no. None: no, or that person is in already.

        Whoever asked and all who decide are told. Raises NotFound when nobody of this id asks
        (any more), TooManyMembers, Forbidden, NotMember, GroupDissolved.
        """
        now, client_id = self._clock.unix_ms(), check_client_id(client_id)
        known = await self._entrances.asking(group, asker)
        request = JoinRequest(group, asker, "", now, known.invited_by if known else None)
        if not let_in:
            if await self._entrances.refuse(group, asker, user, now, manages_links):
                await self._telling.decided(request, let_in=False)
            return None
        draft = Draft(group, EventKind.JOINED, user, client_id, members=(asker,))
        act = Act(group, user, client_id, draft.members, asking=True, kind=draft.kind)
        decide = partial(coming.accept, draft=draft, most=self._settings.max_group_members)
        event, created = await self._messages.act(act, decide, now)
        if created and event is not None:
            await self._telling.event(event, not_to=not_to)
            await self._telling.decided(request, let_in=True)
        return event


def _checked(text: str) -> str:
    words = check_text(text) if text.strip() else ""
    if len(words) > _MAX_ASKING_CHARS:
        raise BadRequest(f"At most {_MAX_ASKING_CHARS} characters.")
    return words
