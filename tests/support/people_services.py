"""The services of people over a store in memory, with an announcer that remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from parlor.drivers.memory.bus import MemoryBus
from parlor.drivers.memory.people import MemoryPeople
from parlor.drivers.memory.self_log import MemorySelfLog
from parlor.im.announce import Announcements
from parlor.im.contacts import Contacts
from parlor.im.own import Own
from parlor.im.people_settings import PeopleSettings
from parlor.im.pictures import Pictures
from parlor.im.profiles import Names, Profiles
from parlor.im.settings import ImSettings
from parlor.im.statuses import Statuses
from parlor.model.account import User
from parlor.model.ids import DeviceId, RoomId, UserId
from parlor.ports.bus import Bus
from parlor.ports.clock import Clock
from parlor.ports.presence import Presence
from tests.support.own_services import NoConversations
from tests.support.steady import CountingMeter, HandClock, Told


class Counts:
    """Who is connected, as the test says."""

    def __init__(self) -> None:
        self.there: dict[UserId, int] = {}

    def online(self, user: UserId) -> int:
        return self.there.get(user, 0)

    def device_online(self, device: DeviceId) -> int:
        return 0

    def users_online(self) -> int:
        return len(self.there)

    def in_room(self, room: RoomId) -> int:
        return 0

    def top_rooms(self, prefix: str, limit: int) -> Sequence[tuple[RoomId, int]]:
        return ()

    def totals(self) -> tuple[int, int]:
        return sum(self.there.values()), 0


class KeptNames:
    """Display names, beside a store that keeps the rest of the profile."""

    def __init__(self, people: MemoryPeople) -> None:
        self._people = people
        self.changes: list[UserId] = []

    async def rename(self, user: UserId, display_name: str) -> User:
        renamed = await self._people.rename(user, display_name)
        await self.changed(user)
        return renamed

    async def changed(self, user: UserId) -> None:
        self.changes.append(user)


@dataclass(frozen=True)
class PeopleHouse:
    store: MemoryPeople
    names: Names
    told: Told
    clock: Clock
    counts: Presence
    bus: Bus
    statuses: Statuses
    contacts: Contacts
    profiles: Profiles
    pictures: Pictures
    settings: PeopleSettings

    @property
    def hand(self) -> HandClock:
        """The clock, of a house that was made without another one."""
        assert isinstance(self.clock, HandClock)
        return self.clock


def people_house(
    *users: UserId,
    clock: Clock | None = None,
    bus: Bus | None = None,
    counts: Presence | None = None,
    store: MemoryPeople | None = None,
    names: Names | None = None,
    **settings: float,
) -> PeopleHouse:
    """`users` have accounts, and those that `store` has already."""
    chosen = PeopleSettings(**settings)  # type: ignore[arg-type]
    store = store or MemoryPeople()
    for user in users:
        store.add(User(user, f"user{user}", f"User {user}"))
    told, time = Told(), clock or HandClock()
    names, counts, bus = names or KeptNames(store), counts or Counts(), bus or MemoryBus()
    announcements = Announcements(told, CountingMeter(), limit_s=1.0)
    nowhere = cast("Any", NoConversations())
    news = Own(MemorySelfLog(nowhere), announcements, ImSettings(), time)
    statuses = Statuses(store, counts, bus, news, time, chosen)
    return PeopleHouse(
        store,
        names,
        told,
        time,
        counts,
        bus,
        statuses,
        Contacts(store, statuses, news, time, chosen),
        Profiles(store, store, names, statuses, announcements, news, time, chosen),
        Pictures(store, time, chosen),
        chosen,
    )
