"""How people are there: the status they chose, and what others may see of it.

Whether somebody is there at all is the business of the port `presence`, which counts connections
over all processes. Telling those who watch is the gateway's: it hears on `PEOPLE_SUBJECT` of
everybody for whom something has changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parlor.im.own import News
from parlor.im.people_settings import PeopleSettings
from parlor.model.errors import BadRequest, RateLimited, WireError
from parlor.model.ids import UserId
from parlor.model.status import Presence, State, Status
from parlor.model.text import check_words
from parlor.ports.bus import Bus, Subject
from parlor.ports.clock import Clock
from parlor.ports.presence import Presence as Counts
from parlor.ports.profiles import Profiles
from parlor.push.paces import Paces

PEOPLE_SUBJECT = Subject("people")
_CHOSEN = frozenset(State) - {State.OFFLINE}


class PeopleChange(msgspec.Struct, frozen=True, array_like=True):
    """Look at these users anew. `reread`: what the store says of them has changed, not only
    whether they are there. `at_ms` is when."""

    users: tuple[UserId, ...]
    reread: bool
    at_ms: int


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(PeopleChange)


def parse_change(message: bytes) -> PeopleChange:
    """What is on `PEOPLE_SUBJECT`. Raises WireError for anything else."""
    try:
        return _decoder.decode(message)
    except msgspec.MsgspecError as broken:
        raise WireError("not a change of people") from broken


class Statuses:
    def __init__(
        self,
        profiles: Profiles,
        counts: Counts,
        bus: Bus,
        news: News,
        clock: Clock,
        settings: PeopleSettings,
    ) -> None:
        self._profiles = profiles
        self._counts = counts
        self._bus = bus
        self._news = news
        self._clock = clock
        self._settings = settings
        often = settings.status_per_minute
        self.paces = Paces(often / 60, often)

    async def set(self, user: UserId, state: State, text: str) -> Status:
        """Choose for all of one's devices, until another is chosen.

        Raises BadRequest (offline is nobody's choice), TextTooLong, BadText, RateLimited.
        """
        if state not in _CHOSEN:
            raise BadRequest("Nobody chooses to be offline; there is invisible.")
        words = check_words(text, self._settings.max_status_chars, "A status")
        if wait_s := self.paces.take_nowait(user, self._clock.now()):
            raise RateLimited(retry_after_s=wait_s)
        status = Status(state, words)
        entries = await self._profiles.set_status(user, status, self._clock.unix_ms())
        await self._news.tell(entries)
        await self.changed([user])
        return status

    async def seen(self, viewer: UserId, users: Sequence[UserId]) -> Sequence[Presence]:
        """How these are there for `viewer`, in their order, each once. Raises BadRequest."""
        wanted = list(dict.fromkeys(users))
        if len(wanted) > self._settings.max_watched:
            raise BadRequest(f"Ask for at most {self._settings.max_watched} people at once.")
        sights = await self._profiles.sights([(viewer, user) for user in wanted])
        return [
            sight.presence(viewer, online=self._counts.online(sight.user_id) > 0)
            for sight in sights
        ]

    async def changed(self, users: Sequence[UserId]) -> None:
        """What others may see of these has changed in the store. Best effort."""
        change = PeopleChange(tuple(users), True, self._clock.unix_ms())
        await self._bus.publish(PEOPLE_SUBJECT, _encode(change))

    async def came_or_left(self, users: Sequence[UserId]) -> None:
        """Each of these has its first connection here, or lost its last. Best effort."""
        change = PeopleChange(tuple(users), False, self._clock.unix_ms())
        await self._bus.publish(PEOPLE_SUBJECT, _encode(change))
