"""Which connection watches whose presence, and what each was told last.

Owns the two indices and nothing of time or bytes. Told by `gateway.people_presence`; a list
belongs to one link and goes with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parlor.gateway.state.link import Link
from parlor.model.ids import UserId
from parlor.model.status import Presence, Sight


class Watched:
    """One person on one list. `sight` is None until it was read; what changes before that sets
    `is_stale`, and it is read again."""

    __slots__ = ("is_stale", "sight", "told")

    def __init__(self) -> None:
        self.sight: Sight | None = None
        self.told: Presence | None = None
        self.is_stale = False


class WatchLists:
    def __init__(self) -> None:
        self._lists: dict[Link, dict[UserId, Watched]] = {}
        self._watchers: dict[UserId, dict[Link, None]] = {}
        self._entries = 0

    def __len__(self) -> int:
        """Entries of all lists."""
        return self._entries

    def set(self, link: Link, users: Sequence[UserId]) -> dict[UserId, Watched]:
        """The link watches these and no others from now on; a new list, with nothing told yet."""
        self.drop(link)
        watched = {user: Watched() for user in users}
        if watched:
            self._lists[link] = watched
            self._entries += len(watched)
            for user in watched:
                self._watchers.setdefault(user, {})[link] = None
        return watched

    def drop(self, link: Link) -> None:
        """The link watches nobody any more. One without a list is none to drop."""
        watched = self._lists.pop(link, None)
        if watched is None:
            return
        self._entries -= len(watched)
        for user in watched:
            watchers = self._watchers[user]
            del watchers[link]
            if not watchers:
                del self._watchers[user]

    def is_watched(self, user: UserId) -> bool:
        return user in self._watchers

    def of(self, user: UserId) -> Iterator[tuple[Link, Watched]]:
        """Who watches `user`: a snapshot, without those that have gone since it was taken."""
        for link in tuple(self._watchers.get(user, ())):
            watched = self._lists.get(link, {}).get(user)
            if watched is not None:
                yield link, watched
