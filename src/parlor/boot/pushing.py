"""Pushing wired: rooms and what they keep, mailboxes, the durable queue, backlogs."""

from __future__ import annotations

from dataclasses import dataclass

from parlor.boot.accounts import AccountServices
from parlor.boot.config import Config
from parlor.drivers.memory.bus import MemoryBus
from parlor.drivers.memory.history import MemoryHistory
from parlor.drivers.memory.presence import MemoryPresence
from parlor.drivers.sql.log import SqlLog
from parlor.drivers.sql.mailbox import SqlMailbox
from parlor.gateway.gateway import Gateway
from parlor.gateway.presence import RoomPresence
from parlor.push.backlog import Backlog
from parlor.push.dispatch import Dispatch
from parlor.push.durable import DurablePushes
from parlor.push.listed import ListedRooms
from parlor.push.mailboxes import Mailboxes
from parlor.push.policies import Policies
from parlor.push.publishing import Publishing
from parlor.push.pushes import Pushes
from parlor.push.replay import Replay
from parlor.push.rooms import RoomPushes
from parlor.push.route import PUSH_SUBJECT, Route
from parlor.push.settings import DurableSettings, MailboxSettings, PushSettings
from parlor.push.traces import Traces

PUSH_LOG = "push"


@dataclass(frozen=True, slots=True)
class Pushing:
    replay: Replay
    rooms: RoomPushes
    policies: Policies
    history: MemoryHistory
    publishing: Publishing
    listed: ListedRooms
    room_presence: RoomPresence
    mailboxes: Mailboxes
    durable: DurablePushes
    backlog: Backlog
    pushes: Pushes


def build_pushing(
    config: Config,
    base: AccountServices,
    gateway: Gateway,
    bus: MemoryBus,
    presence: MemoryPresence,
    route: Route,
    traces: Traces,
) -> Pushing:
    clock, entropy, meter = base.clock, base.entropy, base.meter
    push_settings = config.section("push", PushSettings)
    policies = Policies(push_settings.rooms)
    history = MemoryHistory(
        clock,
        entropy,
        max_bytes=push_settings.history_bytes,
        max_rooms=push_settings.history_rooms,
    )
    replay = Replay(route, history, policies)
    rooms = RoomPushes(replay, presence, clock, push_settings, policies)
    publishing = Publishing(rooms, policies, clock, entropy, meter, push_settings, traces)
    room_presence = RoomPresence(gateway, presence, route, policies, push_settings)
    mailbox = config.section("mailbox", MailboxSettings)
    mail_store = SqlMailbox(base.database, mailbox.limits())
    mailboxes = Mailboxes(mail_store, bus, presence, clock, meter, mailbox, traces)
    dispatch = Dispatch(replay, rooms, mailboxes)
    queue = config.section("durable", DurableSettings)
    push_log = SqlLog(base.database, PUSH_LOG, queue.limits())
    durable = DurablePushes(push_log, dispatch, clock, meter, queue, traces)
    backlog = Backlog(
        lambda: bus.waiting(PUSH_SUBJECT),
        push_settings.max_backlog,
        push_settings.backlog_patience_s,
    )
    pushes = Pushes(dispatch, durable, presence, clock, entropy, meter, push_settings, traces)
    return Pushing(
        replay=replay,
        rooms=rooms,
        policies=policies,
        history=history,
        publishing=publishing,
        listed=ListedRooms(presence, policies, clock, push_settings),
        room_presence=room_presence,
        mailboxes=mailboxes,
        durable=durable,
        backlog=backlog,
        pushes=pushes,
    )
