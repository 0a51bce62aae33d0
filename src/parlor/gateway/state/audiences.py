"""Which links of this process belong to members of which large conversation.

Looked up for the people who are here when such a conversation first says something, and for each
who comes afterwards; kept right by the joins and leaves that are announced like everything else.
Owns the index, not the looking up: `gateway.large` asks the store and says what it found.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from parlor.gateway.state.hub import Hub
from parlor.gateway.state.link import Link
from parlor.model.event import Event
from parlor.model.ids import ConversationId, UserId


class Audience:
    """The links of one conversation, in the order in which they were found."""

    __slots__ = ("has_gap", "last_seq", "links", "looked_up_at")

    def __init__(self, now: float) -> None:
        self.links: dict[Link, None] = {}
        self.last_seq = 0
        """Of the last event that was announced here; 0 before the first."""
        self.has_gap = False
        """Whether an event was not announced here: somebody may have come or gone unheard."""
        self.looked_up_at = now

    def note(self, events: Iterable[Event]) -> None:
        """These are announced here, in this order; the same ones may be noted again."""
        for event in events:
            self.has_gap = self.has_gap or 0 < self.last_seq < event.seq - 1
            self.last_seq = max(self.last_seq, event.seq)


class Audiences:
    """At most `max_places` links in all audiences together, least recently used first out; the
    one in use stays."""

    def __init__(self, hub: Hub, max_places: int) -> None:
        self._hub = hub
        self._max_places = max_places
        self._kept: OrderedDict[ConversationId, Audience] = OrderedDict()
        self._of_user: dict[UserId, set[ConversationId]] = {}
        self._arrived: dict[UserId, None] = {}
        self.places = 0
        """Links in all audiences."""
        hub.listen(self._on_added, self._on_removed)

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, conversation: ConversationId) -> bool:
        return conversation in self._kept

    def conversations(self) -> Sequence[ConversationId]:
        return tuple(self._kept)

    def use(self, conversation: ConversationId) -> Audience:
        """Raises KeyError when nobody has looked it up, or it was dropped since."""
        self._kept.move_to_end(conversation)
        return self._kept[conversation]

    def open(self, conversation: ConversationId, now: float) -> None:
        """Begin to keep it. Who arrives from now on is among the arrivals; `put` the others."""
        self.drop(conversation)
        self._kept[conversation] = Audience(now)

    def take_arrivals(self) -> Sequence[UserId]:
        """Everybody of whom is to be found out what they are in; they count as found out."""
        arrived, self._arrived = tuple(self._arrived), {}
        return arrived

    def put(self, conversation: ConversationId, users: Iterable[UserId]) -> None:
        """These are members. Those who are not here are passed over."""
        audience = self._kept.get(conversation)
        if audience is None:
            return
        before = len(audience.links)
        for user in users:
            links = self._hub.of_user(user)
            if links:
                audience.links.update(dict.fromkeys(links))
                self._of_user.setdefault(user, set()).add(conversation)
        self.places += len(audience.links) - before
        self._shrink()

    def leave(self, conversation: ConversationId, users: Iterable[UserId]) -> None:
        """These are members no longer."""
        audience = self._kept.get(conversation)
        if audience is None:
            return
        before = len(audience.links)
        for user in users:
            for link in self._hub.of_user(user):
                audience.links.pop(link, None)
            self._forget(user, conversation)
        self.places += len(audience.links) - before

    def drop(self, conversation: ConversationId) -> None:
        """Keep it no longer; nothing happens when it is not kept."""
        audience = self._kept.pop(conversation, None)
        if audience is None:
            return
        self.places -= len(audience.links)
        for user in {link.user for link in audience.links}:
            self._forget(user, conversation)
        if not self._kept:
            self._arrived = {}

    def _forget(self, user: UserId, conversation: ConversationId) -> None:
        inside = self._of_user.get(user)
        if inside is not None:
            inside.discard(conversation)
            if not inside:
                del self._of_user[user]

    def _shrink(self) -> None:
        while self.places > self._max_places and len(self._kept) > 1:
            self.drop(next(iter(self._kept)))

    def _on_added(self, link: Link) -> None:
        if not self._kept or not link.user:
            return
        inside = self._of_user.get(link.user)
        if inside is not None:
            for conversation in inside:
                self._kept[conversation].links[link] = None
            self.places += len(inside)
        elif link.user not in self._arrived and self._hub.user_online(link.user) == 1:
            self._arrived[link.user] = None

    def _on_removed(self, link: Link) -> None:
        if not link.user:
            return
        if not self._hub.user_online(link.user):
            self._arrived.pop(link.user, None)
        inside = self._of_user.get(link.user)
        if inside is None:
            return
        for conversation in inside:
            del self._kept[conversation].links[link]
        self.places -= len(inside)
        if not self._hub.user_online(link.user):
            del self._of_user[link.user]
