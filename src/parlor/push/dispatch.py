"""Which way a push leaves: through a room's line, by way of mailboxes, or straight to the bus.

Called by `push.pushes` for what leaves at once and by `push.durable` for what was queued.
"""

from __future__ import annotations

from typing import TypeGuard

from parlor.model.push import Delivery, Envelope, Push, Target, ToDevices, ToRoom, ToRooms, ToUsers
from parlor.push.mailboxes import Mailboxes
from parlor.push.rooms import Publisher, RoomPushes


class Dispatch:
    def __init__(self, route: Publisher, rooms: RoomPushes, mailboxes: Mailboxes) -> None:
        self._route = route
        self._rooms = rooms
        self._mailboxes = mailboxes

    async def send(self, to: Target, push: Push, *, again: bool = False) -> None:
        """Return once the bus has it, a room's line has it, or it is stored as mail.

        Must-arrive pushes to users and devices are mail. `again`: it may have been sent before.
        Raises RoomTooBusy, StorageFailed, Overloaded; then nothing was sent.
        """
        if isinstance(to, ToRoom):
            await self._rooms.put(to.room, push, rate=to.rate)
            return
        if isinstance(to, ToRooms):
            await self._rooms.put_each(to.rooms, push, rate=to.rate)
            return
        if is_mail(to, push):
            strangers = await self._mailboxes.put(to, push, again=again)
            if not strangers:
                return
            # Nobody is known to use them, so nothing can wait; a front door may have them.
            to = ToDevices(strangers)
        await self._route.publish(Envelope(to, (push,)))


def is_mail(to: Target, push: Push) -> TypeGuard[ToUsers | ToDevices]:
    return push.delivery is Delivery.MUST_ARRIVE and isinstance(to, ToUsers | ToDevices)
