"""Devices, delivered positions and receipts, built and tied to what they hear of.

Called once by `assemble`; `processes` runs `seen` and `delivered`.
"""

from __future__ import annotations

from dataclasses import dataclass

from parlor.accounts.authentication import Authentication
from parlor.accounts.devices import Devices
from parlor.accounts.seen import SeenDevices
from parlor.accounts.settings import AccountsSettings
from parlor.accounts.sign_ins import SignIns
from parlor.boot.config import Config
from parlor.drivers.sql.database import Database
from parlor.drivers.sql.deliveries import SqlDeliveries
from parlor.drivers.sql.devices import SqlDevices
from parlor.gateway.gateway import Gateway
from parlor.im.announce import Announcements
from parlor.im.delivered import DeliveredPositions
from parlor.im.read import Reading
from parlor.im.receipt_settings import ReceiptSettings
from parlor.im.receipts import Receipts
from parlor.ports.conversations import Conversations
from parlor.ports.messages import Messages
from parlor.ports.presence import OnlineDevices


@dataclass(frozen=True, slots=True)
class DeviceServices:
    devices: Devices
    seen: SeenDevices
    delivered: DeliveredPositions
    receipts: Receipts


def build_devices(
    config: Config,
    database: Database,
    sign_ins: SignIns,
    authentication: Authentication,
    gateway: Gateway,
    presence: OnlineDevices,
    messages: Messages,
    conversations: Conversations,
    announcements: Announcements,
    reading: Reading,
) -> DeviceServices:
    """From now on each use of a token, each connection that ends and each read position that
    moves is noted."""
    clock, settings = gateway.clock, config.section("receipts", ReceiptSettings)
    deliveries, store = SqlDeliveries(database), SqlDevices(database)
    delivered = DeliveredPositions(deliveries, announcements, settings, clock, gateway.meter)
    reading.on_moved(delivered.on_read)
    seen = SeenDevices(store, config.section("accounts", AccountsSettings), clock)
    authentication.on_use(seen.note)
    gateway.hub.listen(lambda _: None, lambda link: seen.note_session(link.session, link.address))
    return DeviceServices(
        Devices(store, sign_ins, authentication, deliveries, presence, clock),
        seen,
        delivered,
        Receipts(deliveries, conversations, messages, settings),
    )
