"""What is one person's own, and catching up with everything: the services, wired."""

from __future__ import annotations

from parlor.im.changes import CatchUp
from parlor.im.drafts import Drafts, Preferences
from parlor.im.own import Own
from parlor.im.services import OwnServices
from parlor.im.settings import ImSettings
from parlor.im.stars import Stars
from parlor.ports.changes import Changes
from parlor.ports.clock import Clock
from parlor.ports.conversations import Conversations
from parlor.ports.self_log import SelfLog


def build_own(
    log: Own,
    self_log: SelfLog,
    changes: Changes,
    conversations: Conversations,
    settings: ImSettings,
    clock: Clock,
) -> OwnServices:
    return OwnServices(
        log=log,
        drafts=Drafts(log, conversations, settings),
        preferences=Preferences(log, settings),
        stars=Stars(log, self_log, changes, conversations, settings, clock),
        changes=CatchUp(changes, conversations, log, settings, clock),
    )
