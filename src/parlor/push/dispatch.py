"""Which way a push leaves: through a room's line, by way of mailboxes, or straight to the bus.

Called by `push.pushes` for what leaves at once and by `push.durable` for what was queued.
"""

from __future__ import annotations

from typing import TypeGuard

from parlor.model.push import Audience, Delivery, Envelope, Push, ToDevices, ToRoom, ToUsers
from parlor.push.mailboxes import Mailboxes
from parlor.push.rooms import RoomPushes
from parlor.push.route import Route


class Dispatch:
    def __init__(self, route: Route, rooms: RoomPushes, mailboxes: Mailboxes) -> None:
        self._route = route
        self._rooms = rooms
        self._mailboxes = mailboxes

    async def send(self, to: Audience, push: Push, *, again: bool = False) -> None:
        """Return once the bus has it, a room's line has it, or it is stored as mail.

        Must-arrive pushes to users and devices are mail. `again`: it may have been sent before.
        Raises RoomTooBusy, StorageFailed, Overloaded; then nothing was sent.
        """
        if isinstance(to, ToRoom):
            await self._rooms.put(to.room, push)
            return
        if is_mail(to, push):
            strangers = await self._mailboxes.put(to, push, again=again)
            if not strangers:
                return
            # Nobody is known to use them, so nothing can wait; a front door may have them.
            to = ToDevices(strangers)
        await self._route.publish(Envelope(to, (push,)))


def is_mail(to: Audience, push: Push) -> TypeGuard[ToUsers | ToDevices]:
    return push.delivery is Delivery.MUST_ARRIVE and isinstance(to, ToUsers | ToDevices)
