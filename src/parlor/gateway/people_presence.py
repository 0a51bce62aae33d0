"""Telling connections how the people whom they watch are there.

Owns the lists of this process and what each connection was told last. Hears on the bus of every
user for whom something has changed, in any process; gathers for a moment, works out what each
watcher may see, and tells only what looks different. Somebody whom nobody watches costs a look
into a dictionary, and a group costs nothing however big it is.

Also notes who was seen last, and has it written a few times a minute.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Sequence
from typing import Protocol

import structlog

from parlor.gateway.gateway import Gateway
from parlor.gateway.state.link import Link, LinkCodec
from parlor.gateway.state.outbox import Frame
from parlor.gateway.state.watch_lists import Watched, WatchLists
from parlor.im.people_settings import PeopleSettings
from parlor.im.statuses import PEOPLE_SUBJECT, parse_change
from parlor.model.errors import BadRequest, ParlorError, WireError
from parlor.model.ids import UserId
from parlor.model.status import Presence, Sight, State
from parlor.ports.bus import Bus
from parlor.ports.presence import Presence as Counts
from parlor.ports.profiles import Profiles
from parlor.wire.native.pushes import PresencePush

log = structlog.get_logger()
_SLICE = 250
"""Entries per turn of the loop."""
_BATCH = 1_000
"""Users in one bus message."""
_WRITTEN = 500
"""People in one write: others are not kept waiting for long."""


class Changes(Protocol):
    """`im.statuses.Statuses` as this module sees it."""

    async def came_or_left(self, users: Sequence[UserId]) -> None: ...


class _Due:
    """What has to be looked at for one user. `moved_at` is Unix ms of when they came or left,
    0 when they did neither."""

    __slots__ = ("moved_at", "reread")

    def __init__(self) -> None:
        self.moved_at = 0
        self.reread = False

    def add(self, moved_at: int, *, reread: bool) -> None:
        self.moved_at = max(self.moved_at, moved_at)
        self.reread |= reread


class PeoplePresence:
    """Watches the gateway's hub from the moment it is made; `run` tells."""

    def __init__(
        self,
        gateway: Gateway,
        changes: Changes,
        profiles: Profiles,
        counts: Counts,
        bus: Bus,
        settings: PeopleSettings,
    ) -> None:
        self._gateway = gateway
        self._changes = changes
        self._profiles = profiles
        self._counts = counts
        self._bus = bus
        self._settings = settings
        self.lists = WatchLists()
        self._came_or_left: dict[UserId, None] = {}
        self._have_come = asyncio.Event()
        self._due: dict[UserId, _Due] = {}
        self._is_due = asyncio.Event()
        self._seen_at: dict[UserId, int] = {}
        gateway.hub.listen(self._on_added, self._on_removed)
        self.subscribed = asyncio.Event()
        """Set once changes are heard."""

    @property
    def unwritten(self) -> int:
        """People whose last_seen is to be written."""
        return len(self._seen_at)

    async def watch(self, link: Link, users: Sequence[UserId]) -> Sequence[Presence]:
        """`link` watches these and no others from now on; how they are now, each once.

        What happens to them after this answer is told, and nothing before it. Raises BadRequest.
        """
        wanted = list(dict.fromkeys(users))
        if len(wanted) > self._settings.max_watched:
            raise BadRequest(f"A connection watches at most {self._settings.max_watched} people.")
        if link.closing is not None:
            return ()
        watched = self.lists.set(link, wanted)
        while stale := [user for user, one in watched.items() if one.sight is None or one.is_stale]:
            for user in stale:
                watched[user].is_stale = False
            sights = await self._profiles.sights([(link.user, user) for user in stale])
            for user, sight in zip(stale, sights, strict=True):
                watched[user].sight = _later(sight, self._seen_at.get(user, 0))
        # From here on nothing is awaited, so what is told next comes after this answer.
        seen = []
        for user, one in watched.items():
            one.told = self._look(link, user, one)
            seen.append(one.told)
        return seen

    async def run(self) -> None:
        """Until cancelled. One task per process, with three below it."""
        async with asyncio.TaskGroup() as tasks, self._bus.subscribe(PEOPLE_SUBJECT) as messages:
            tasks.create_task(self._announce())
            tasks.create_task(self._keep_telling())
            tasks.create_task(self._keep_writing())
            self.subscribed.set()
            async for message in messages:
                try:
                    change = parse_change(message)
                except WireError as broken:
                    self._gateway.meter.count("bus_messages_refused_total")
                    log.warning("bus_message_refused", reason=str(broken))
                    continue
                self._on_change(change.users, change.at_ms, reread=change.reread)

    async def tell(self) -> None:
        """Tell what has gathered."""
        due, self._due = self._due, {}
        self._is_due.clear()
        entries = [
            (user, one, link, watched)
            for user, one in due.items()
            for link, watched in self.lists.of(user)
        ]
        try:
            await self._reread(
                (user, link, watched) for user, one, link, watched in entries if one.reread
            )
        except ParlorError as failed:
            log.warning("presence_not_read", error=failed.code)
            for user, one in due.items():
                # Something else may have become due while it was read.
                self._due.setdefault(user, _Due()).add(one.moved_at, reread=one.reread)
            self._is_due.set()
            return
        news: dict[Link, list[Presence]] = {}
        for done, (user, one, link, watched) in enumerate(entries):
            if done % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
            if watched.told is None or watched.sight is None:
                # Its list is being read for the first time.
                continue
            watched.sight = _later(watched.sight, one.moved_at)
            seen = self._look(link, user, watched)
            if seen != watched.told:
                watched.told = seen
                news.setdefault(link, []).append(seen)
        await self._push(news)

    async def write(self) -> None:
        """Write down who was seen last. What cannot be stored is tried again the next time."""
        while self._seen_at:
            some = dict(itertools.islice(self._seen_at.items(), _WRITTEN))
            try:
                await self._profiles.put_last_seen(some)
            except ParlorError as failed:
                log.warning("last_seen_not_written", error=failed.code, users=self.unwritten)
                return
            for user, at_ms in some.items():
                # Whoever came or left meanwhile is written in the next part; the last write of a
                # process may meet another.
                if self._seen_at.get(user) == at_ms:
                    del self._seen_at[user]

    def _look(self, link: Link, user: UserId, watched: Watched) -> Presence:
        if watched.sight is None:
            return Presence(user)
        return watched.sight.presence(link.user, online=self._counts.online(user) > 0)

    async def _reread(self, stale: Iterable[tuple[UserId, Link, Watched]]) -> None:
        entries = list(stale)
        for _, _, watched in entries:
            watched.is_stale = watched.told is None
        known = [entry for entry in entries if entry[2].told is not None]
        for start in range(0, len(known), _SLICE):
            some = known[start : start + _SLICE]
            sights = await self._profiles.sights([(link.user, user) for user, link, _ in some])
            for (_, _, watched), sight in zip(some, sights, strict=True):
                before = watched.sight.last_seen if watched.sight else 0
                watched.sight = _later(sight, before)

    async def _push(self, news: dict[Link, list[Presence]]) -> None:
        frames: dict[tuple[LinkCodec, tuple[Presence, ...]], Frame | None] = {}
        for done, (link, seen) in enumerate(news.items()):
            if done % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
            key = (link.codec, tuple(seen))
            if key not in frames:
                frames[key] = link.codec.notice("presence", PresencePush(key[1]))
            frame = frames[key]
            if frame is not None:
                link.put(frame)
        if news:
            told = sum(map(len, news.values()))
            self._gateway.meter.count("presence_told_total", told)

    def _on_added(self, link: Link) -> None:
        if link.user and self._gateway.hub.user_online(link.user) == 1:
            self._on_came_or_left(link.user)

    def _on_removed(self, link: Link) -> None:
        self.lists.drop(link)
        if link.user and not self._gateway.hub.user_online(link.user):
            self._on_came_or_left(link.user)

    def _on_came_or_left(self, user: UserId) -> None:
        self._seen_at[user] = self._gateway.clock.unix_ms()
        self._came_or_left[user] = None
        self._have_come.set()

    def _on_change(self, users: Sequence[UserId], at_ms: int, *, reread: bool) -> None:
        for user in users:
            if not self.lists.is_watched(user):
                continue
            due = self._due.setdefault(user, _Due())
            due.add(0 if reread else at_ms, reread=reread)
            self._is_due.set()

    async def _announce(self) -> None:
        while True:
            await self._have_come.wait()
            self._have_come.clear()
            users, self._came_or_left = tuple(self._came_or_left), {}
            for start in range(0, len(users), _BATCH):
                await self._changes.came_or_left(users[start : start + _BATCH])

    async def _keep_telling(self) -> None:
        while True:
            await self._is_due.wait()
            await asyncio.sleep(self._settings.presence_window_s)
            await self.tell()

    async def _keep_writing(self) -> None:
        while True:
            await asyncio.sleep(self._settings.last_seen_each_s)
            await self.write()


def _later(sight: Sight, at_ms: int) -> Sight:
    """What is known here is not written yet; nothing is learned of those who hide."""
    if at_ms <= sight.last_seen or sight.status.state is State.INVISIBLE:
        return sight
    return sight.seen_at(at_ms)
