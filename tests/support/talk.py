"""Instant messaging as boot wires it, over a real store, with an announcer that remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from parlor.im.announce import Announcements
from parlor.im.conversations import Threads
from parlor.im.members import Rosters
from parlor.im.read import Reading
from parlor.im.send import Send
from parlor.im.settings import ImSettings
from parlor.im.sync import Sync
from parlor.model.conversation import ConversationKind
from parlor.model.ids import ConversationId, UserId
from tests.support.steady import CountedBytes, CountingMeter, HandClock, Told
from tests.support.storage import ANN, BOB, CEM, DAN, Stores, sqlite_stores


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
async def open_talk(folder: Path, **settings: float) -> AsyncIterator[Talk]:
    """Ann, Bob, Cem and Dan have accounts."""
    chosen = msgspec.convert(settings, ImSettings)
    clock, meter, told = HandClock(), CountingMeter(), Told()
    async with sqlite_stores(folder) as stores:
        await stores.add_people(ANN, BOB, CEM, DAN)
        messages, conversations = stores.messages, stores.conversations
        rosters = Rosters(conversations, chosen.remembered_members, chosen.announce_members)
        announcements = Announcements(told, meter, limit_s=chosen.announce_limit_s)
        yield Talk(
            stores,
            clock,
            meter,
            told,
            Threads(conversations, announcements, chosen, clock, CountedBytes()),
            Send(messages, rosters, announcements, chosen, clock),
            Sync(messages, conversations, chosen),
            Reading(conversations, announcements),
        )
