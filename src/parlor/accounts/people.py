"""Finding people, and what they are called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from parlor.model.account import User
from parlor.model.errors import BadRequest, NotFound
from parlor.model.ids import UserId
from parlor.model.text import MAX_TITLE_CHARS, check_display_name
from parlor.ports.accounts import Accounts

MAX_IDS = 100
MAX_PAGE = 100


class People:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._on_changed: list[Callable[[UserId], Awaitable[None]]] = []

    def on_changed(self, callback: Callable[[UserId], Awaitable[None]]) -> None:
        """Await `callback` after somebody's `User` was changed, before the change is answered."""
        self._on_changed.append(callback)

    async def user(self, id: UserId) -> User:
        """Raises NotFound."""
        found = await self._accounts.users([id])
        if not found:
            raise NotFound("There is no such user.")
        return found[0]

    async def users(self, ids: Sequence[UserId]) -> Sequence[User]:
        """In the order asked; those that do not exist are left out. At most 100 at once."""
        if len(ids) > MAX_IDS:
            raise BadRequest(f"Ask for at most {MAX_IDS} users at once.")
        return await self._accounts.users(ids)

    async def find(self, query: str, cursor: str, limit: int) -> tuple[Sequence[User], str]:
        """People with a word that starts with `query`, by account name, and the next cursor.

        Somebody's whole id finds them too. Neither finds whoever does not want to be found so.
        The cursor is empty when there is no more; an empty query finds everybody else.
        """
        if limit < 1:
            raise BadRequest("A page has at least one entry.")
        limit = min(limit, MAX_PAGE)
        if len(query) > MAX_TITLE_CHARS or not _is_unicode(query) or not _is_unicode(cursor):
            return (), ""
        found = await self._accounts.find_users(query, cursor, limit + 1)
        more = len(found) > limit
        return found[:limit], found[limit - 1].name if more else ""

    async def rename(self, user: UserId, display_name: str) -> User:
        """Raises BadDisplayName, NotFound."""
        renamed = await self._accounts.rename(user, check_display_name(display_name))
        await self.changed(user)
        return renamed

    async def changed(self, user: UserId) -> None:
        """Something of this `User` was changed in the store, by whoever calls."""
        for callback in self._on_changed:
            await callback(user)


def _is_unicode(words: str) -> bool:
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return True
