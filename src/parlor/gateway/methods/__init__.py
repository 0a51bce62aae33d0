"""The table of the native protocol: each method bound to the service that does it.

Translates parameters to calls and results to result structs, nothing else: rights, limits and
order belong to the services. One module per topic, as in `wire.native.methods`.
"""

from __future__ import annotations

from dataclasses import replace

from parlor.gateway.catch_up import CatchUp
from parlor.gateway.gateway import Gateway
from parlor.gateway.greeting import Greeting
from parlor.gateway.mail import MailCarrier
from parlor.gateway.methods.acts import Acts
from parlor.gateway.methods.bind import bind
from parlor.gateway.methods.calls import Calls
from parlor.gateway.methods.contacts import Contacts
from parlor.gateway.methods.conversations import Conversations
from parlor.gateway.methods.devices import Devices
from parlor.gateway.methods.groups import Groups
from parlor.gateway.methods.messages import Messages
from parlor.gateway.methods.own import Own
from parlor.gateway.methods.people import People
from parlor.gateway.methods.presence import Presence
from parlor.gateway.methods.profiles import Profiles
from parlor.gateway.methods.receipts import Receipts
from parlor.gateway.methods.schedule import Schedule
from parlor.gateway.methods.search import Search
from parlor.gateway.methods.session import Session
from parlor.gateway.requests import Bound
from parlor.gateway.rooms import Rooms
from parlor.gateway.services import Services
from parlor.wire.native import methods as wire

_OF_EVERYBODY = ("hello", "token.", "heartbeat", "session.", "mail.", "room.", "tags.")
"""What a user may call whom only a customer's token knows. Everything else, conversations and
calls, is between accounts."""


def build_table(gateway: Gateway, services: Services, mail: MailCarrier) -> dict[str, Bound]:
    """Every method of `wire.native.methods.METHODS`, no more and no fewer."""
    catch_up = CatchUp(gateway, services.replay)
    rooms = Rooms(gateway, services, catch_up)
    table = {
        **Session(gateway, services, Greeting(gateway, services, catch_up, mail), mail).bound(),
        **People(services).bound(),
        **Profiles(services).bound(),
        **Contacts(services).bound(),
        **Presence(services).bound(),
        **Conversations(services).bound(),
        **Groups(services).bound(),
        **Messages(services).bound(),
        **Search(services).bound(),
        **Own(services).bound(),
        **Acts(services).bound(),
        **Schedule(services).bound(),
        **Calls(services).bound(),
        **Devices(services).bound(),
        **Receipts(services).bound(),
        "room.join": bind(wire.RoomJoin, rooms.join),
        "room.leave": bind(wire.RoomLeave, rooms.leave),
        "room.get": bind(wire.RoomGet, rooms.get),
        "room.list": bind(wire.RoomList, rooms.list),
        "room.publish": bind(wire.RoomPublish, rooms.publish, finishes=True),
        "tags.set": bind(wire.TagsSet, rooms.set_tags),
    }
    if table.keys() != wire.METHODS.keys():
        raise LookupError(f"not bound: {table.keys() ^ wire.METHODS.keys()}")
    return {
        name: replace(bound, needs_account=not name.startswith(_OF_EVERYBODY))
        for name, bound in table.items()
    }
