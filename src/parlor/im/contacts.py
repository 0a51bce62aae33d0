"""Contacts, requests and blocks: the service behind `contact.*` and `block.*`.

Decides nothing itself (`im.relating` does, in the store's transaction): checks words, tells both
people's devices, and has presence looked at anew, since a block hides it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from parlor.im import relating
from parlor.im.own import News
from parlor.im.paging import page_size
from parlor.im.people_settings import PeopleSettings
from parlor.im.statuses import Statuses
from parlor.model.errors import BadRequest, LimitReached
from parlor.model.ids import UserId
from parlor.model.people import Blocked, Contact, ContactState, Pair, contact_of
from parlor.model.text import check_words
from parlor.ports.clock import Clock
from parlor.ports.relations import Decide, Relations

_LISTED = {
    "contacts": (ContactState.CONTACT,),
    "requests": (ContactState.ASKED, ContactState.ASKS),
}


class Contacts:
    def __init__(
        self,
        relations: Relations,
        statuses: Statuses,
        news: News,
        clock: Clock,
        settings: PeopleSettings,
    ) -> None:
        self._relations = relations
        self._statuses = statuses
        self._news = news
        self._clock = clock
        self._settings = settings

    async def request(self, user: UserId, peer: UserId, text: str) -> Contact:
        """Ask to be contacts; agree, when `peer` asks already. Asking twice is asking once.

        Raises NotFound, NotWanted (a block, by either), LimitReached, RateLimited, TextTooLong,
        BadText, BadRequest (oneself).
        """
        greeting = check_words(text, self._settings.max_greeting_chars, "A greeting")
        now = self._clock.unix_ms()
        ask = partial(relating.ask, text=greeting, now_ms=now, limits=self._settings)
        return contact_of(peer, (await self._change(user, peer, ask, now)).mine)

    async def decide(self, user: UserId, peer: UserId, *, accept: bool) -> Contact:
        """Answer a request. Raises NotFound when there is none (any more), LimitReached."""
        now = self._clock.unix_ms()
        answer = partial(relating.answer, accept=accept, now_ms=now, limits=self._settings)
        return contact_of(peer, (await self._change(user, peer, answer, now)).mine)

    async def update(
        self, user: UserId, peer: UserId, remark: str | None, tags: Sequence[str] | None
    ) -> Contact:
        """Name and sort a contact for oneself; None leaves it. Raises NotFound, LimitReached
        (tags), TextTooLong, BadText."""
        called = None
        if remark is not None:
            called = check_words(remark, self._settings.max_remark_chars, "A remark")
        describe = partial(relating.describe, remark=called, tags=self._check_tags(tags))
        changed = await self._change(user, peer, describe, self._clock.unix_ms())
        return contact_of(peer, changed.mine)

    async def remove(self, user: UserId, peer: UserId) -> None:
        """End it for both, or withdraw a request. Nothing to end is no error; NotFound is."""
        await self._change(user, peer, relating.part, self._clock.unix_ms())

    async def page(
        self, user: UserId, kind: str, cursor: str, limit: int
    ) -> tuple[Sequence[Contact], str]:
        """`kind` is contacts or requests, in the order of user ids; and the next cursor."""
        states = _LISTED.get(kind)
        if states is None:
            raise BadRequest("There are contacts and requests.")
        size = page_size(limit, self._settings.max_page)
        after = UserId(cursor) if cursor else None
        found = await self._relations.contacts(user, states, after, size + 1)
        following = found[size - 1].user_id if len(found) > size else ""
        oldest = self._clock.unix_ms() - self._settings.request_ms
        return [one for one in found[:size] if kind == "contacts" or one.at > oldest], following

    async def block(self, user: UserId, peer: UserId, *, on: bool) -> None:
        """Neither writes to, rings or sees the other while it lasts. Raises NotFound,
        LimitReached."""
        now = self._clock.unix_ms()
        block = partial(relating.block, now_ms=now, limits=self._settings)
        await self._change(user, peer, block if on else relating.unblock, now)

    async def blocked(self, user: UserId, cursor: str, limit: int) -> tuple[Sequence[Blocked], str]:
        """Whom one blocks, in the order of user ids, and the next cursor."""
        size = page_size(limit, self._settings.max_page)
        after = UserId(cursor) if cursor else None
        found = await self._relations.blocks(user, after, size + 1)
        return found[:size], found[size - 1].user_id if len(found) > size else ""

    async def expire(self, limit: int) -> int:
        """Forget some of the requests that ran out, and tell; how many are gone."""
        now = self._clock.unix_ms()
        before = now - self._settings.request_ms
        entries, gone = await self._relations.expire(before, now, limit)
        await self._news.tell(entries)
        return gone

    async def _change(self, user: UserId, peer: UserId, decide: Decide, now: int) -> Pair:
        if user == peer:
            raise BadRequest("This is you.")
        pair, entries = await self._relations.change(user, peer, decide, now)
        if entries:
            await self._news.tell(entries)
            await self._statuses.changed((user, peer))
        return pair

    def _check_tags(self, tags: Sequence[str] | None) -> tuple[str, ...] | None:
        if tags is None:
            return None
        if len(tags) > self._settings.max_tags:
            raise LimitReached(f"A contact has at most {self._settings.max_tags} tags.")
        checked = (check_words(tag, self._settings.max_tag_chars, "A tag") for tag in tags)
        return tuple(dict.fromkeys(tag for tag in checked if tag))
