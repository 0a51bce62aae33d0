"""The watch list: users of whose connections the log tells every step, changeable while serving.

Owns the list and how much may be told. What is told of one connection is `watched_link`'s
business. Nobody else pays for it: a link that comes or goes costs one look into a set, a push to
thousands nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from parlor.gateway.state.hub import Hub
from parlor.gateway.state.link import Link
from parlor.gateway.turn import Turn
from parlor.gateway.watched_link import WatchedLink
from parlor.model.errors import BadRequest
from parlor.model.ids import UserId
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter
from parlor.push.settings import TraceSettings
from parlor.push.traces import Traces

log = structlog.get_logger()

MAX_USER_CHARS = 256


class Watching:
    """Listens to the hub from the moment it is made, so it sees every kind of connection."""

    def __init__(
        self,
        hub: Hub,
        turn: Turn,
        clock: Clock,
        meter: Meter,
        traces: Traces,
        settings: TraceSettings,
    ) -> None:
        self._hub = hub
        self._turn = turn
        self._meter = meter
        self._max_users = settings.max_users
        self._max_lines = settings.lines_per_second
        self._second = 0
        self._lines = 0
        self._left_out = 0
        self.clock = clock
        self.traces = traces
        self.users: frozenset[UserId] = frozenset(map(UserId, settings.users))
        self._as_set = settings.users
        hub.listen(self._on_added, self._on_removed)

    def apply(self, settings: TraceSettings) -> None:
        """The settings were read again. A list that was changed by hand meanwhile stays when the
        one of the settings did not change."""
        if settings.users != self._as_set:
            self._as_set = settings.users
            self.set(settings.users)

    def set(self, users: Iterable[str]) -> None:
        """Watch these users and no others, connections that are open already included.

        Raises BadRequest for too many, or a name that is none; then nothing changes.
        """
        wanted = frozenset(map(UserId, users))
        if len(wanted) > self._max_users:
            raise BadRequest(f"At most {self._max_users} users are watched.")
        if not all(1 <= len(user) <= MAX_USER_CHARS for user in wanted):
            raise BadRequest(f"A user's id has 1 to {MAX_USER_CHARS} characters.")
        before, self.users = self.users, wanted
        for user in before - wanted:
            for link in self._hub.of_user(user):
                self._end(link)
        for user in wanted - before:
            for link in self._hub.of_user(user):
                WatchedLink(self, self._turn, link).begin("watched_found")
        log.info("watch_list_set", users=len(wanted))

    def tell(self, event: str, **fields: object) -> None:
        """One line of the log, unless this second has had too many."""
        second = int(self.clock.now())
        if second != self._second:
            self._second, self._lines = second, 0
            if self._left_out:
                log.warning("watched_lines_left_out", lines=self._left_out)
                self._left_out = 0
        if self._lines >= self._max_lines:
            self._left_out += 1
            self._meter.count("watched_lines_left_out_total")
            return
        self._lines += 1
        log.info(event, **fields)

    def refused(self, user: UserId, address: str, code: str) -> None:
        """Somebody who proved to be `user` was not let in."""
        if user in self.users:
            self.tell("watched_refused", user=user, address=address, code=code)

    def _on_added(self, link: Link) -> None:
        if self.users and link.user in self.users:
            WatchedLink(self, self._turn, link).begin("watched_connected")

    def _on_removed(self, link: Link) -> None:
        if isinstance(link.watch, WatchedLink):
            link.watch.on_closed()
            self._end(link)

    def _end(self, link: Link) -> None:
        if isinstance(link.watch, WatchedLink):
            link.watch.end_watch()
