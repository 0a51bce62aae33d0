"""Instant messaging as boot wires it, over a real store, with an announcer that remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from parlor.boot.messaging import Messaging, build_messaging
from parlor.boot.own import build_own
from parlor.im.announce import Announcements
from parlor.im.conversations import Threads
from parlor.im.groups.acts import GroupActs
from parlor.im.groups.groups import Groups
from parlor.im.groups.joining import Joining
from parlor.im.groups.links import GroupLinks
from parlor.im.groups.online import Online
from parlor.im.groups.roster_pages import RosterPages
from parlor.im.groups.telling import Telling
from parlor.im.members import Rosters
from parlor.im.message_settings import MessageSettings
from parlor.im.own import Own
from parlor.im.read import Reading
from parlor.im.send import Send
from parlor.im.services import OwnServices
from parlor.im.settings import ImSettings
from parlor.im.sync import Sync
from parlor.model.conversation import ConversationKind
from parlor.model.ids import ConversationId, UserId
from tests.support.steady import CountedBytes, CountingMeter, HandClock, Told
from tests.support.storage import ANN, BOB, CEM, DAN, STORES, Stores

DEFAULTS = MessageSettings()


class Somebody:
    """Who is connected: those a test puts in."""

    def __init__(self) -> None:
        self.here: set[UserId] = set()

    def users(self) -> Iterable[UserId]:
        return self.here


@dataclass(frozen=True)
class Talk:
    stores: Stores
    clock: HandClock
    meter: CountingMeter
    told: Told
    threads: Threads
    send: Send
    sync: Sync
    reading: Reading
    messaging: Messaging
    own: OwnServices
    groups: Groups
    connected: set[UserId]

    async def direct(self, one: UserId = ANN, other: UserId = BOB) -> ConversationId:
        view, _ = await self.threads.create(one, ConversationKind.DIRECT, [other], "")
        self.told.pushes.clear()
        return view.id

    async def group(self, owner: UserId, *others: UserId) -> ConversationId:
        view, _ = await self.threads.create(owner, ConversationKind.GROUP, others, "")
        self.told.pushes.clear()
        return view.id

    async def say(self, sender: UserId, talk: ConversationId, text: str) -> int:
        """`text` is its own client_id; the seq it got."""
        event, _ = await self.send.text(sender, talk, text, text)
        return event.seq


@asynccontextmanager
async def open_talk(
    folder: Path,
    stored: str = "sqlite",
    *,
    of_messages: MessageSettings = DEFAULTS,
    **settings: float,
) -> AsyncIterator[Talk]:
    """Ann, Bob, Cem and Dan have accounts. `stored` is a kind of database."""
    chosen = msgspec.convert(settings, ImSettings)
    clock, meter, told = HandClock(), CountingMeter(), Told()
    async with STORES[stored](folder) as stores:
        await stores.add_people(ANN, BOB, CEM, DAN)
        messages, conversations = stores.messages, stores.conversations
        connected, entropy = Somebody(), CountedBytes()

        rosters = Rosters(conversations, clock, chosen.remembered_members, chosen.announce_members)
        announcements = Announcements(told, meter, limit_s=chosen.announce_limit_s)
        send = Send(messages, rosters, announcements, chosen, clock)
        log = Own(stores.self_log, announcements, chosen, clock)
        telling = Telling(conversations, stores.members, rosters, announcements, log)
        links = GroupLinks(conversations, stores.entrances, chosen, clock, entropy)
        acts = GroupActs(messages, telling, chosen, clock, stores.relations)
        groups = Groups(
            acts,
            links,
            Joining(messages, conversations, stores.entrances, links, acts, telling, chosen, clock),
            RosterPages(conversations, stores.members, chosen),
            Online(conversations, stores.members, connected, chosen, clock),
        )
        yield Talk(
            stores,
            clock,
            meter,
            told,
            Threads(conversations, announcements, log, chosen, clock, entropy),
            send,
            Sync(messages, conversations, chosen, clock),
            Reading(conversations, log, announcements, clock),
            build_messaging(
                stores.database,
                messages,
                conversations,
                rosters,
                announcements,
                send,
                of_messages,
                chosen,
                clock,
                meter,
            ),
            build_own(log, stores.self_log, stores.changes, conversations, chosen, clock),
            groups,
            connected.here,
        )
