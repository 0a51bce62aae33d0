"""Groups wired: their drivers and the services around them."""

from __future__ import annotations

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.entrances import SqlEntrances
from parlor.drivers.sql.members import SqlMembers
from parlor.drivers.sql.relations import SqlRelations
from parlor.im.announce import Announcements
from parlor.im.groups.acts import GroupActs
from parlor.im.groups.groups import Groups
from parlor.im.groups.joining import Joining
from parlor.im.groups.links import GroupLinks
from parlor.im.groups.online import Connected, Online
from parlor.im.groups.roster_pages import RosterPages
from parlor.im.groups.telling import Telling
from parlor.im.members import Rosters
from parlor.im.own import Own
from parlor.im.settings import ImSettings
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.entropy import Entropy
from parlor.ports.messages import Messages


def build_groups(
    database: Database,
    messages: Messages,
    conversations: Conversations,
    rosters: Rosters,
    announcements: Announcements,
    log: Own,
    connected: Connected,
    settings: ImSettings,
    clock: Clock,
    entropy: Entropy,
) -> Groups:
    members, entrances = SqlMembers(database), SqlEntrances(database)
    telling = Telling(conversations, members, rosters, announcements, log)
    links = GroupLinks(conversations, entrances, settings, clock, entropy)
    acts = GroupActs(messages, telling, settings, clock, SqlRelations(database))
    return Groups(
        acts=acts,
        links=links,
        joining=Joining(messages, conversations, entrances, links, acts, telling, settings, clock),
        members=RosterPages(conversations, members, settings),
        online=Online(conversations, members, connected, settings, clock),
    )
