"""What a person says of themselves: name, picture, a line about them, and who may see what.

A change is told to those who may have the person on their screen, as far as they are online and
not too many; everybody else sees it at the next look, whose `version` differs.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

import msgspec

from parlor.im.announce import Announcements
from parlor.im.own import News
from parlor.im.people_settings import PeopleSettings
from parlor.im.statuses import Statuses
from parlor.model.account import User
from parlor.model.errors import BadRequest, NotFound, RateLimited
from parlor.model.ids import ConversationId, UserId
from parlor.model.people import Pair, Privacy, Profile, Who
from parlor.model.text import check_display_name, check_words
from parlor.ports.clock import Clock
from parlor.ports.profiles import Card
from parlor.ports.profiles import Profiles as Store
from parlor.ports.relations import Relations
from parlor.push.paces import Paces
from parlor.wire.native.pushes import UserPush


class Names(Protocol):
    """`accounts.people.People` as this module sees it."""

    async def rename(self, user: UserId, display_name: str) -> User: ...
    async def changed(self, user: UserId) -> None: ...


class PrivacyWish(msgspec.Struct, frozen=True):
    """What to change; None leaves it as it is."""

    found_by_name: bool | None = None
    found_by_number: bool | None = None
    last_seen: Who | None = None
    presence: Who | None = None
    write: Who | None = None
    groups: Who | None = None
    read_receipts: bool | None = None


class Profiles:
    def __init__(
        self,
        store: Store,
        relations: Relations,
        names: Names,
        statuses: Statuses,
        announcements: Announcements,
        news: News,
        clock: Clock,
        settings: PeopleSettings,
    ) -> None:
        self._store = store
        self._relations = relations
        self._names = names
        self._statuses = statuses
        self._announcements = announcements
        self._news = news
        self._clock = clock
        self._settings = settings
        often = settings.profile_per_minute
        self.paces = Paces(often / 60, often)

    async def get(self, viewer: UserId, user: UserId) -> Profile:
        """Raises NotFound."""
        card = await self._card(user)
        pair = Pair() if viewer == user else await self._relations.pair(viewer, user)
        return Profile(
            card.user,
            card.about,
            _version(card),
            pair.mine.state,
            pair.mine.remark,
            pair.mine.blocks,
        )

    async def update(
        self,
        user: UserId,
        *,
        display_name: str | None = None,
        about: str | None = None,
        avatar: str | None = None,
    ) -> User:
        """Change what is not None; an empty `avatar` takes it off. A refusal changes nothing.

        Raises BadDisplayName, TextTooLong, BadText, NotFound (no such picture), RateLimited.
        """
        if (display_name, about, avatar) == (None, None, None):
            return (await self._card(user)).user
        said = None
        if about is not None:
            said = check_words(about, self._settings.max_about_chars, "A line about oneself")
        if display_name is not None:
            check_display_name(display_name)
        if wait_s := self.paces.take_nowait(user, self._clock.now()):
            raise RateLimited(retry_after_s=wait_s)
        # First what the store may refuse: only there it is known whether a picture is kept.
        if avatar is not None:
            await self._store.set_avatar(user, avatar)
            await self._names.changed(user)
        if display_name is not None:
            await self._names.rename(user, display_name)
        if said is not None:
            await self._store.set_about(user, said)
        card = await self._card(user)
        await self._tell(card)
        return card.user

    async def privacy(self, user: UserId) -> Privacy:
        return (await self._card(user)).privacy

    async def set_privacy(self, user: UserId, wish: PrivacyWish) -> Privacy:
        """What is in force now. Raises BadRequest: nobody may write is not for choice."""
        if wish.write is Who.NOBODY:
            raise BadRequest("Everybody may write to you, or your contacts.")
        wanted = {name: value for name, value in _wishes(wish) if value is not None}

        def decide(before: Privacy) -> Privacy:
            return msgspec.structs.replace(before, **wanted)

        after, entries = await self._store.change_privacy(user, decide, self._clock.unix_ms())
        if entries:
            await self._news.tell(entries)
            await self._statuses.changed([user])
        return after

    async def _tell(self, card: Card) -> None:
        settings, user = self._settings, card.user
        others = await self._store.acquaintances(
            user.id, settings.told_group_members, settings.told_users
        )
        push = UserPush(user, _version(card))
        await self._announcements.tell([user.id, *others], push, about=ConversationId(user.id))

    async def _card(self, user: UserId) -> Card:
        card = await self._store.card(user)
        if card is None:
            raise NotFound("There is no such user.")
        return card


def _wishes(wish: PrivacyWish) -> list[tuple[str, bool | Who | None]]:
    return [(name, getattr(wish, name)) for name in wish.__struct_fields__]


def _version(card: Card) -> str:
    """The same for the same profile, in every process and after every restart."""
    shown = msgspec.json.encode((card.user, card.about))
    return hashlib.sha256(shown).hexdigest()[:16]
