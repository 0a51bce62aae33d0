"""What runs while the process serves, as `assemble` has wired it."""

from __future__ import annotations

from dataclasses import dataclass

from parlor.api.services import Services as ApiServices
from parlor.boot.devices import DeviceServices
from parlor.boot.gauges import Gauges
from parlor.boot.people import PeopleServices
from parlor.boot.remembered import Remembered
from parlor.calls.ring import Calls
from parlor.doors.goim.door import GoimDoor
from parlor.gateway.deliver import Deliver
from parlor.gateway.gateway import Gateway
from parlor.gateway.large import LargeConversations
from parlor.gateway.longpoll.app import HttpLinks
from parlor.gateway.native import Native
from parlor.gateway.presence import RoomPresence
from parlor.gateway.tls.listening import Tls
from parlor.im.files.tidying import FileTidying
from parlor.im.indexing import Indexing
from parlor.im.jobs import MessageJobs
from parlor.im.retention import Keeping
from parlor.ports.bus import Bus
from parlor.push.backlog import Backlog
from parlor.push.durable import DurablePushes
from parlor.push.mailboxes import Mailboxes
from parlor.push.policies import Policies
from parlor.push.rooms import RoomPushes


@dataclass(frozen=True, slots=True)
class Server:
    """Everything that runs while the process serves. `processes` starts and ends it."""

    gateway: Gateway
    native: Native
    deliver: Deliver
    large: LargeConversations
    bus: Bus
    rooms: RoomPushes
    room_presence: RoomPresence
    people: PeopleServices
    mailboxes: Mailboxes
    durable: DurablePushes
    devices: DeviceServices
    message_jobs: MessageJobs
    indexing: Indexing
    calls: Calls
    keeping: Keeping
    tidying: FileTidying
    api: ApiServices
    doors: tuple[GoimDoor, ...]
    policies: Policies
    backlog: Backlog
    remembered: Remembered
    tls: Tls | None
    gauges: Gauges
    links: HttpLinks | None
    """None: clients have to come by WebSocket or TCP."""
