"""What people are to each other, wired: contacts, profiles, presence, typing.

Part of `assemble`, apart from it for its size. Opens nothing; `processes` runs what has a `run`.
"""

from __future__ import annotations

from dataclasses import dataclass

from parlor.accounts.people import People
from parlor.drivers.sql.database import Database
from parlor.drivers.sql.pictures import SqlPictures
from parlor.drivers.sql.profiles import SqlProfiles
from parlor.drivers.sql.relations import SqlRelations
from parlor.gateway.gateway import Gateway
from parlor.gateway.people_presence import PeoplePresence
from parlor.im.announce import Announcements
from parlor.im.contacts import Contacts
from parlor.im.members import Rosters
from parlor.im.own import News
from parlor.im.people_jobs import PeopleJobs
from parlor.im.people_settings import PeopleSettings
from parlor.im.pictures import Pictures
from parlor.im.profiles import Profiles
from parlor.im.statuses import Statuses
from parlor.im.typing import Typing
from parlor.ports.bus import Bus
from parlor.ports.conversations import Conversations
from parlor.ports.presence import Presence
from parlor.push.route import Route


@dataclass(frozen=True, slots=True)
class PeopleServices:
    contacts: Contacts
    profiles: Profiles
    pictures: Pictures
    statuses: Statuses
    typing: Typing
    presence: PeoplePresence
    jobs: PeopleJobs
    settings: PeopleSettings


def build_people(
    database: Database,
    names: People,
    gateway: Gateway,
    bus: Bus,
    counts: Presence,
    route: Route,
    announcements: Announcements,
    news: News,
    conversations: Conversations,
    rosters: Rosters,
    settings: PeopleSettings,
) -> PeopleServices:
    clock = gateway.clock
    store, relations = SqlProfiles(database), SqlRelations(database)
    statuses = Statuses(store, counts, bus, news, clock, settings)
    contacts = Contacts(relations, statuses, news, clock, settings)
    pictures = Pictures(SqlPictures(database), clock, settings)
    return PeopleServices(
        contacts=contacts,
        profiles=Profiles(store, relations, names, statuses, announcements, news, clock, settings),
        pictures=pictures,
        statuses=statuses,
        typing=Typing(conversations, rosters, store, route, clock, gateway.meter, settings),
        presence=PeoplePresence(gateway, statuses, store, counts, bus, settings),
        jobs=PeopleJobs(contacts, pictures),
        settings=settings,
    )
