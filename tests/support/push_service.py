"""A bus that remembers, counts that a test sets, and the push services over them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager

from parlor.drivers.memory.history import MemoryHistory
from parlor.drivers.memory.log import MemoryLog
from parlor.drivers.memory.mailbox import MemoryMailbox
from parlor.model.ids import DeviceId, RoomId, UserId
from parlor.model.mail import MailNotice
from parlor.model.push import Envelope, Notice
from parlor.ports.bus import Subject
from parlor.push.dispatch import Dispatch
from parlor.push.durable import DurablePushes
from parlor.push.mailboxes import MAIL_SUBJECT, Mailboxes, parse_notice
from parlor.push.policies import Policies
from parlor.push.publishing import Publishing
from parlor.push.pushes import Pushes
from parlor.push.replay import Replay
from parlor.push.rooms import RoomPushes
from parlor.push.route import PUSH_SUBJECT, Route, parse_routed
from parlor.push.settings import DurableSettings, MailboxSettings, PushSettings
from tests.support.steady import CountedBytes, CountingMeter, HandClock


class RememberingBus:
    """Nobody subscribes; `failure` is raised instead of publishing."""

    may_wait = False

    def __init__(self) -> None:
        self.published: list[tuple[Subject, bytes]] = []
        self.failure: Exception | None = None

    async def publish(self, subject: Subject, message: bytes) -> None:
        if self.failure is not None:
            raise self.failure
        self.published.append((subject, message))

    def subscribe(self, subject: Subject) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        raise NotImplementedError

    def routed(self) -> list[Envelope | Notice]:
        return [
            parse_routed(message) for subject, message in self.published if subject == PUSH_SUBJECT
        ]

    def mail(self) -> list[MailNotice]:
        return [
            parse_notice(message) for subject, message in self.published if subject == MAIL_SUBJECT
        ]


class SetCounts:
    """Presence as the test says."""

    def __init__(self) -> None:
        self.users: dict[str, int] = {}
        self.rooms: dict[str, int] = {}
        self.devices: dict[str, int] = {}

    def online(self, user: UserId) -> int:
        return self.users.get(user, 0)

    def users_online(self) -> int:
        return len(self.users)

    def device_online(self, device: DeviceId) -> int:
        return self.devices.get(device, 0)

    def in_room(self, room: RoomId) -> int:
        return self.rooms.get(room, 0)

    def top_rooms(self, prefix: str, limit: int) -> Sequence[tuple[RoomId, int]]:
        return []

    def totals(self) -> tuple[int, int]:
        return sum(self.users.values()), 1


class PushService:
    """All of `push` on a hand-moved clock."""

    def __init__(self, settings: PushSettings | None = None) -> None:
        settings = settings or PushSettings()
        self.bus = RememberingBus()
        self.clock = HandClock()
        self.counts = SetCounts()
        self.meter = CountingMeter()
        self.route = Route(self.bus)
        self.policies = Policies(settings.rooms)
        entropy = CountedBytes()
        self.history = MemoryHistory(
            self.clock, entropy, max_bytes=settings.history_bytes, max_rooms=settings.history_rooms
        )
        self.replay = Replay(self.route, self.history, self.policies)
        self.rooms = RoomPushes(self.replay, self.counts, self.clock, settings, self.policies)
        self.mail = MemoryMailbox(MailboxSettings().limits())
        self.mailboxes = Mailboxes(
            self.mail, self.bus, self.counts, self.clock, self.meter, MailboxSettings()
        )
        self.dispatch = Dispatch(self.replay, self.rooms, self.mailboxes)
        self.log = MemoryLog(DurableSettings().limits())
        self.durable = DurablePushes(
            self.log, self.dispatch, self.clock, self.meter, DurableSettings()
        )
        self.pushes = Pushes(
            self.dispatch, self.durable, self.counts, self.clock, entropy, self.meter, settings
        )
        self.publishing = Publishing(
            self.rooms, self.policies, self.clock, entropy, self.meter, settings
        )

    def envelopes(self) -> list[Envelope]:
        routed = self.bus.routed()
        assert all(isinstance(one, Envelope) for one in routed)
        return [one for one in routed if isinstance(one, Envelope)]

    def bodies(self) -> list[list[bytes]]:
        return [[push.body for push in envelope.pushes] for envelope in self.envelopes()]
