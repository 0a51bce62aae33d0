"""What each person says of themselves, and to whom: profile, privacy, status, last seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from parlor.model.account import User
from parlor.model.ids import UserId
from parlor.model.people import Privacy
from parlor.model.self_log import Entry
from parlor.model.status import Sight, Status


class Card(msgspec.Struct, frozen=True):
    """Everything of one person, for whoever decides how much of it may be shown."""

    user: User
    about: str
    privacy: Privacy
    status: Status


DecidePrivacy = Callable[[Privacy], Privacy]
"""What becomes of somebody's privacy. Called inside the transaction, perhaps on another thread,
perhaps more than once."""


class Profiles(Protocol):
    async def card(self, user: UserId) -> Card | None: ...

    async def set_about(self, user: UserId, about: str) -> None:
        """Raises NotFound."""

    async def set_avatar(self, user: UserId, avatar: str) -> None:
        """The id of a stored picture, or empty. Raises NotFound for one that is not there."""

    async def change_privacy(
        self, user: UserId, decide: DecidePrivacy, at_ms: int
    ) -> tuple[Privacy, Sequence[Entry]]:
        """Store what `decide` makes of it, in one transaction with who may still write to them, by
        what search finds them, and the entries that are returned.

        What is in force now; no entries when nothing changed. Raises NotFound, and what `decide`
        raises.
        """

    async def set_status(self, user: UserId, status: Status, at_ms: int) -> Sequence[Entry]:
        """With the entries that were put. Becoming invisible is the last that is seen of
        somebody: it sets `last_seen`. Raises NotFound."""

    async def sights(self, pairs: Sequence[tuple[UserId, UserId]]) -> Sequence[Sight]:
        """For each (viewer, user), in their order; somebody who does not exist shows nothing.
        A bounded number of queries whatever the number of pairs."""

    async def put_last_seen(self, at_ms: Mapping[UserId, int]) -> None:
        """Never moves back, and leaves those alone who are invisible or do not exist."""

    async def acquaintances(self, user: UserId, group_size: int, limit: int) -> Sequence[UserId]:
        """At most `limit` people who may have `user` on their screen: contacts, and members of
        the conversations of at most `group_size` people that they share."""
