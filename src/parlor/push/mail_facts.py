"""What this process remembers of mailboxes, so that a hello need not ask the database.

Bounded, and never wrong in the direction that would lose mail: what it does not know, waits.
Called by `push.mailboxes`, which is the only writer of the mailboxes it remembers; a version for
many processes asks the port instead.
"""

from __future__ import annotations

from parlor.model.ids import DeviceId, UserId
from parlor.model.newest import Newest
from parlor.ports.mailbox import Known


class _Box:
    __slots__ = ("acked", "newest")

    def __init__(self, newest: int) -> None:
        self.newest = newest
        self.acked: dict[DeviceId, int] = {}


class MailFacts:
    """At most `max_boxes` users with mail and `max_devices` known devices, the newest of each."""

    def __init__(self, max_boxes: int, max_devices: int) -> None:
        self._max_boxes = max_boxes
        self._max_devices = max_devices
        self._boxes: Newest[UserId, _Box] = Newest()
        # One number for a device: a hundred thousand of them take 15 MB, as strings 40.
        self._written: Newest[int, int] = Newest()
        self.complete = False
        """Whether a user who is not here has no mail."""

    def load(self, known: Known) -> None:
        """Take what the store says, beside what has happened since it was asked."""
        for cursor in reversed(known.devices):
            self._written.setdefault(hash((cursor.user, cursor.device)), cursor.seen_at_ms)
        self._written.trim(self._max_devices)
        self.complete = known.complete
        for user, newest in known.boxes:
            self.on_put(user, newest)
        for cursor in known.cursors:
            self.on_ack(cursor.user, cursor.device, cursor.acked)

    def waits(self, user: UserId, device: DeviceId) -> bool:
        """False only when this device surely has everything."""
        box = self._boxes.get(user)
        if box is None:
            return not self.complete
        return box.acked.get(device, 0) < box.newest

    def newest(self, user: UserId) -> int:
        box = self._boxes.get(user)
        return box.newest if box else 0

    def acked(self, user: UserId, device: DeviceId) -> int:
        """0 when not known here."""
        box = self._boxes.get(user)
        return box.acked.get(device, 0) if box else 0

    def standing(self, user: UserId, number: int) -> tuple[int, bool]:
        """How many devices are known to have acknowledged `number`; False when it surely does
        not wait any more."""
        box = self._boxes.get(user)
        if box is None:
            return 0, not self.complete
        return sum(acked >= number for acked in box.acked.values()), True

    def on_put(self, user: UserId, number: int) -> None:
        box = self._boxes.get(user)
        if box is None:
            self._boxes[user] = _Box(number)
            if self._boxes.trim(self._max_boxes):
                self.complete = False
        else:
            box.newest = max(box.newest, number)

    def on_ack(self, user: UserId, device: DeviceId, upto: int) -> None:
        box = self._boxes.get(user)
        if box is not None:
            box.acked[device] = max(upto, box.acked.get(device, 0))

    def on_emptied(self, user: UserId, last: int) -> None:
        """Nothing up to `last` is stored any more."""
        box = self._boxes.get(user)
        if box is not None and box.newest <= last:
            del self._boxes[user]

    def written_at_ms(self, user: UserId, device: DeviceId) -> int:
        """When the store last heard of this device; 0 when that is not known here."""
        return self._written.get(hash((user, device)), 0)

    def on_heard(self, user: UserId, device: DeviceId, at_ms: int) -> None:
        self._written.put(hash((user, device)), at_ms)
        self._written.trim(self._max_devices)

    def on_forgotten(self, user: UserId, device: DeviceId) -> None:
        self._written.pop(hash((user, device)), None)
        box = self._boxes.get(user)
        if box is not None:
            box.acked.pop(device, None)

    @property
    def boxes(self) -> int:
        return len(self._boxes)

    @property
    def devices(self) -> int:
        return len(self._written)
