"""What may be done with messages, wired: acts, forwarding, schedules and the jobs behind them."""

from __future__ import annotations

from dataclasses import dataclass

from parlor.drivers.sql.database import Database
from parlor.drivers.sql.message_states import SqlMessageStates
from parlor.drivers.sql.scheduled import SqlSchedule
from parlor.im.acts import Acts
from parlor.im.announce import Announcements
from parlor.im.forward import Forwarding
from parlor.im.jobs import MessageJobs
from parlor.im.members import Rosters
from parlor.im.message_settings import MessageSettings
from parlor.im.schedule import Schedules
from parlor.im.send import Send
from parlor.im.settings import ImSettings
from parlor.im.states import States
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.messages import Messages
from parlor.ports.meter import Meter


@dataclass(frozen=True, slots=True)
class Messaging:
    acts: Acts
    states: States
    forwarding: Forwarding
    schedules: Schedules
    jobs: MessageJobs


def build_messaging(
    database: Database,
    messages: Messages,
    conversations: Conversations,
    rosters: Rosters,
    announcements: Announcements,
    send: Send,
    settings: MessageSettings,
    im: ImSettings,
    clock: Clock,
    meter: Meter,
) -> Messaging:
    stored = SqlMessageStates(database)
    states = States(stored, conversations, clock)
    schedules = Schedules(SqlSchedule(database), send, announcements, settings, im, clock, meter)
    return Messaging(
        Acts(messages, rosters, announcements, settings, im, clock),
        states,
        Forwarding(states, send, settings),
        schedules,
        MessageJobs(schedules, stored, settings, clock, meter),
    )
