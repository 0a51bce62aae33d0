"""Links into groups, and those who asked to be let in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from parlor.model.group_link import GroupLink, JoinRequest
from parlor.model.ids import ConversationId, UserId
from parlor.model.standing import Standing

Check = Callable[[Standing], None]
"""Pure; raises the refusal. Called inside the transaction, as `Messages.act` calls `decide`."""

Choose = Callable[[Standing], Collection[UserId]]
"""As `Check`; of the others in the standing, those who have to wait."""


class Entrances(Protocol):
    """Coming in itself is `Messages.act`, which counts the use of a link and ends a request."""

    async def make_link(
        self, link: GroupLink, client_id: str, most: int, check: Check
    ) -> GroupLink:
        """Store `link`, unless its maker has made one there with this `client_id`: then that.

        `check` gets the maker's standing. Raises NotFound, and LimitReached when the group has
        `most` that still work at `link.made_at`.
        """

    async def links(self, conversation: ConversationId, now_ms: int) -> Sequence[GroupLink]:
        """Those that still work, the newest first: as many as `make_link` allows."""

    async def link(self, code: str) -> GroupLink | None: ...

    async def end_link(
        self, conversation: ConversationId, code: str, actor: UserId, at_ms: int, check: Check
    ) -> bool:
        """Take a link back; False when it was before. Raises NotFound (none of this group)."""

    async def ask(self, request: JoinRequest, code: str, most: int, check: Check) -> bool:
        """Remember who asks, by the link `code` (empty: none); False when that person had asked
        before, whose text is replaced.

        `check` gets the standing of who asks. Raises NotFound, and LimitReached when
        `most` wait already.
        """

    async def ask_for(
        self, wanted: Sequence[JoinRequest], inviter: UserId, most: int, choose: Choose
    ) -> Sequence[tuple[JoinRequest, bool]]:
        """Remember that `inviter` wants these people in: those of them who wait now, and whether
        each is new. All are of one group, one at least; who waits already stays as they are.

        `choose` gets the standing of `inviter` with those of the wanted who are in, and says who
        has to wait. Raises NotFound (no such group or person), and LimitReached when more than
        `most` would wait: then nobody new does.
        """

    async def asking(self, conversation: ConversationId, user: UserId) -> JoinRequest | None: ...

    async def requests(
        self, conversation: ConversationId, after: UserId | None, limit: int
    ) -> Sequence[JoinRequest]:
        """Those who wait, in the order of user ids."""

    async def refuse(
        self,
        conversation: ConversationId,
        user: UserId,
        actor: UserId,
        at_ms: int,
        check: Check,
    ) -> bool:
        """Forget a request; False when there is none. `check` gets `actor`'s standing."""
