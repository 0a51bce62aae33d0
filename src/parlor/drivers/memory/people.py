"""Contacts, profiles and pictures without a disk: for tests, and for nothing that must last.

Conversations and search are elsewhere: who may write to whom is in `pair`, and stays there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from parlor.model.account import User
from parlor.model.errors import NotFound
from parlor.model.ids import UserId
from parlor.model.people import (
    NO_SIDE,
    Blocked,
    Contact,
    ContactState,
    Held,
    Pair,
    Privacy,
    Side,
    contact_of,
)
from parlor.model.relation_entries import (
    PRIVACY,
    STATUS,
    changes_between,
    request_gone,
    setting_change,
)
from parlor.model.self_log import Change, Entry
from parlor.model.status import Sight, State, Status, sight_of
from parlor.ports.profiles import Card, DecidePrivacy
from parlor.ports.relations import Decide

_DAY_MS = 86_400_000
_EXPIRING = frozenset({ContactState.ASKED, ContactState.ASKS, ContactState.ENDED})


class MemoryPeople:
    """Satisfies `ports.relations.Relations`, `ports.profiles.Profiles` and
    `ports.pictures.Pictures`, but for durability."""

    def __init__(self, users: Iterable[User] = ()) -> None:
        self._cards: dict[UserId, Card] = {}
        for user in users:
            self.add(user)
        self._sides: dict[tuple[UserId, UserId], Side] = {}
        self._last_seen: dict[UserId, int] = {}
        self._last_seq: Counter[UserId] = Counter()
        self._pictures: dict[str, tuple[str, bytes, int]] = {}

    def add(self, user: User) -> None:
        """There is this account now."""
        self._cards[user.id] = Card(user, "", Privacy(), Status())

    async def rename(self, user: UserId, display_name: str) -> User:
        """As `ports.accounts.Accounts.rename`, for tests that have no accounts."""
        card = self._must(user)
        renamed = replace(card.user, display_name=display_name)
        self._cards[user] = replace(card, user=renamed)
        return renamed

    async def pair(self, user: UserId, peer: UserId) -> Pair:
        return self._pair(user, peer, 0)

    async def change(
        self, user: UserId, peer: UserId, decide: Decide, at_ms: int
    ) -> tuple[Pair, Sequence[Entry]]:
        before = self._pair(user, peer, at_ms)
        after = decide(before)
        if after is None or after == before:
            return before, ()
        self._sides[user, peer], self._sides[peer, user] = after.mine, after.theirs
        return after, self._put(changes_between(user, peer, before, after), at_ms)

    async def refusing_groups(self, adder: UserId, users: Sequence[UserId]) -> Sequence[UserId]:
        refusing = []
        for user in dict.fromkeys(users):
            if user in self._cards:
                pair = self._pair(user, adder, 0)
                allowed = pair.my_privacy.groups.includes(contact=pair.mine.is_contact)
                if pair.is_blocked or not allowed:
                    refusing.append(user)
        return refusing

    async def contacts(
        self, user: UserId, states: Sequence[ContactState], after: UserId | None, limit: int
    ) -> Sequence[Contact]:
        found = [
            contact_of(peer, side)
            for peer, side in self._of(user, after)
            if side.state in states and side.state is not ContactState.NONE
        ]
        return found[:limit]

    async def blocks(self, user: UserId, after: UserId | None, limit: int) -> Sequence[Blocked]:
        found = [
            Blocked(peer, side.blocked_at) for peer, side in self._of(user, after) if side.blocks
        ]
        return found[:limit]

    async def expire(self, before_ms: int, at_ms: int, limit: int) -> tuple[Sequence[Entry], int]:
        old = [
            (names, side)
            for names, side in self._sides.items()
            if side.state in _EXPIRING and side.at < before_ms
        ][:limit]
        changes = []
        for (user, peer), side in old:
            self._sides[user, peer] = replace(NO_SIDE, blocked_at=side.blocked_at)
            if side.state is not ContactState.ENDED:
                changes.append(request_gone(user, peer))
        return self._put(changes, at_ms), len(old)

    async def card(self, user: UserId) -> Card | None:
        return self._cards.get(user)

    async def set_about(self, user: UserId, about: str) -> None:
        self._cards[user] = replace(self._must(user), about=about)

    async def set_avatar(self, user: UserId, avatar: str) -> None:
        card = self._must(user)
        if avatar and avatar not in self._pictures:
            raise NotFound("There is no such picture.")
        self._cards[user] = replace(card, user=replace(card.user, avatar=avatar))

    async def change_privacy(
        self, user: UserId, decide: DecidePrivacy, at_ms: int
    ) -> tuple[Privacy, Sequence[Entry]]:
        card = self._must(user)
        after = decide(card.privacy)
        if after == card.privacy:
            return after, ()
        self._cards[user] = replace(card, privacy=after)
        return after, self._put([setting_change(PRIVACY, user, after)], at_ms)

    async def set_status(self, user: UserId, status: Status, at_ms: int) -> Sequence[Entry]:
        card = self._must(user)
        self._cards[user] = replace(card, status=status)
        if status.state is State.INVISIBLE and card.status.state is not State.INVISIBLE:
            self._last_seen[user] = at_ms
        return self._put([setting_change(STATUS, user, status)], at_ms)

    async def sights(self, pairs: Sequence[tuple[UserId, UserId]]) -> Sequence[Sight]:
        return [self._sight(viewer, user) for viewer, user in pairs]

    async def put_last_seen(self, at_ms: Mapping[UserId, int]) -> None:
        for user, at in at_ms.items():
            card = self._cards.get(user)
            if card is not None and card.status.state is not State.INVISIBLE:
                self._last_seen[user] = max(at, self._last_seen.get(user, 0))

    async def acquaintances(self, user: UserId, group_size: int, limit: int) -> Sequence[UserId]:
        found = [peer for peer, side in self._of(user, None) if side.is_contact]
        return found[:limit]

    async def put(self, id: str, type: str, body: bytes, at_ms: int) -> None:
        self._pictures[id] = (type, body, at_ms)

    async def get(self, id: str) -> tuple[str, bytes] | None:
        found = self._pictures.get(id)
        return None if found is None else found[:2]

    async def drop_unused(self, before_ms: int, limit: int) -> int:
        used = {card.user.avatar for card in self._cards.values()}
        old = [
            picture
            for picture, (_, _, at) in self._pictures.items()
            if at < before_ms and picture not in used
        ][:limit]
        for picture in old:
            del self._pictures[picture]
        return len(old)

    def _must(self, user: UserId) -> Card:
        card = self._cards.get(user)
        if card is None:
            raise NotFound("There is no such user.")
        return card

    def _of(self, user: UserId, after: UserId | None) -> list[tuple[UserId, Side]]:
        first = int(after) if after and after.isdecimal() else 0
        mine = [
            (peer, side)
            for (owner, peer), side in self._sides.items()
            if owner == user and side != NO_SIDE
        ]
        return sorted(
            ((peer, side) for peer, side in mine if int(peer) > first), key=lambda row: int(row[0])
        )

    def _pair(self, user: UserId, peer: UserId, at_ms: int) -> Pair:
        return Pair(
            self._sides.get((user, peer), NO_SIDE),
            self._sides.get((peer, user), NO_SIDE),
            self._must(user).privacy,
            self._must(peer).privacy,
            self._held(user, at_ms),
            self._held(peer, at_ms),
        )

    def _held(self, user: UserId, at_ms: int) -> Held:
        sides = [side for _, side in self._of(user, None)]
        sent = (ContactState.ASKED, ContactState.ENDED)
        return Held(
            contacts=sum(side.is_contact for side in sides),
            asking=sum(side.state is ContactState.ASKS for side in sides),
            asked=sum(side.state in sent and side.at > at_ms - _DAY_MS for side in sides),
            blocks=sum(side.blocks for side in sides),
        )

    def _sight(self, viewer: UserId, user: UserId) -> Sight:
        card = self._cards.get(user)
        if card is None:
            return Sight(user)
        mine = self._sides.get((user, viewer), NO_SIDE)
        theirs = self._sides.get((viewer, user), NO_SIDE)
        return sight_of(
            viewer,
            user,
            card.status,
            self._last_seen.get(user, 0),
            card.privacy,
            contact=mine.is_contact,
            blocked=mine.blocks or theirs.blocks,
        )

    def _put(self, changes: Sequence[Change], at_ms: int) -> Sequence[Entry]:
        entries = []
        for change in changes:
            self._last_seq[change.user_id] += 1
            seq = self._last_seq[change.user_id]
            entries.append(Entry(change.user_id, change.key, seq, change.kind, change.body, at_ms))
        return entries
