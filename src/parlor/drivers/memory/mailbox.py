"""Mailboxes without a disk: for tests, and for nothing that must survive the process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from parlor.model.ids import DeviceId, UserId
from parlor.model.mail import Cursor, Mail, Page, Place, Post
from parlor.model.push import Push
from parlor.ports.mailbox import Known, MailboxLimits, Posted, Removed


@dataclass(slots=True)
class _Entry:
    push: Push
    device: DeviceId
    put_at: int


@dataclass(slots=True)
class _Box:
    last: int
    used_at: int
    entries: dict[int, _Entry] = field(default_factory=dict)

    @property
    def first(self) -> int:
        return min(self.entries, default=self.last + 1)

    @property
    def bytes(self) -> int:
        return sum(len(entry.push.body) for entry in self.entries.values())


class MemoryMailbox:
    """Satisfies `ports.mailbox.Mailbox`, but for durability."""

    def __init__(self, limits: MailboxLimits) -> None:
        self._limits = limits
        self._boxes: dict[UserId, _Box] = {}
        self._cursors: dict[tuple[UserId, DeviceId], Cursor] = {}

    async def put(self, post: Post) -> Posted:
        nobody = DeviceId("")
        owned = {device: self._owners(device) for device in post.devices}
        targets = [(user, nobody) for user in post.users]
        targets += [(user, device) for device, users in owned.items() for user in users]
        places: list[Place] = []
        stored = dropped = 0
        for user, device in dict.fromkeys(targets):
            box = self._boxes.setdefault(user, _Box(post.at_ms, post.at_ms))
            number = self._number_of(box, post, device)
            if number is None:
                box.last = number = box.last + 1
                box.entries[number] = _Entry(post.push, device, post.at_ms)
                box.used_at = post.at_ms
                stored += 1
            places.append(Place(user, number, box.first, device))
            dropped += self._trim(box)
        strangers = tuple(device for device, users in owned.items() if not users)
        return Posted(tuple(places), strangers, stored, dropped)

    async def page(
        self, user: UserId, device: DeviceId, after: int | None, max_entries: int, max_bytes: int
    ) -> Page:
        if after is None:
            cursor = self._cursors.get((user, device))
            after = cursor.acked if cursor else 0
        box = self._boxes.get(user)
        if box is None:
            return Page((), after)
        mine = [
            Mail(number, entry.push)
            for number, entry in box.entries.items()
            if number > after and entry.device in ("", device)
        ]
        taken, size = 0, 0
        for one in mine[:max_entries]:
            size += len(one.push.body)
            if taken and size > max_bytes:
                break
            taken += 1
        more = taken < len(mine)
        upto = mine[taken - 1].number if more else max(box.last, after)
        return Page(tuple(mine[:taken]), upto, more, len(mine))

    async def note(self, cursors: Sequence[Cursor]) -> Removed:
        forgotten: list[tuple[UserId, DeviceId]] = []
        for one in cursors:
            box = self._boxes.get(one.user)
            old = self._cursors.get((one.user, one.device))
            acked = min(one.acked, box.last) if box else 0
            self._cursors[one.user, one.device] = Cursor(
                one.user,
                one.device,
                max(acked, old.acked if old else 0),
                max(one.seen_at_ms, old.seen_at_ms if old else 0),
            )
            mine = sorted(
                (cursor for cursor in self._cursors.values() if cursor.user == one.user),
                key=lambda cursor: -cursor.seen_at_ms,
            )
            for cursor in mine[self._limits.max_devices :]:
                del self._cursors[cursor.user, cursor.device]
                forgotten.append((cursor.user, cursor.device))
        removed = self._remove_acknowledged({one.user for one in cursors})
        return msgspec.structs.replace(removed, forgotten=tuple(forgotten))

    async def idle(self, before_ms: int, limit: int) -> Sequence[Cursor]:
        silent = [one for one in self._cursors.values() if one.seen_at_ms < before_ms]
        return sorted(silent, key=lambda one: one.seen_at_ms)[:limit]

    async def forget(self, cursors: Sequence[Cursor]) -> Removed:
        for one in cursors:
            known = self._cursors.get((one.user, one.device))
            if known is not None and known.seen_at_ms <= one.seen_at_ms:
                del self._cursors[one.user, one.device]
        return self._remove_acknowledged({one.user for one in cursors})

    async def expire(self, before_ms: int, limit: int) -> Removed:
        old = [
            (entry.put_at, user, number)
            for user, box in self._boxes.items()
            for number, entry in box.entries.items()
            if entry.put_at < before_ms
        ]
        gone = sorted(old)[:limit]
        for _, user, number in gone:
            del self._boxes[user].entries[number]
        removed = Removed(len(gone), self._emptied({user for _, user, _ in gone}))
        for user, box in list(self._boxes.items()):
            is_used = box.entries or any(owner == user for owner, _ in self._cursors)
            if not is_used and box.used_at < before_ms:
                del self._boxes[user]
        return removed

    async def known(self, max_boxes: int, max_devices: int) -> Known:
        boxes = tuple((user, box.last) for user, box in self._boxes.items() if box.entries)
        users = {user for user, _ in boxes}
        lately = sorted(self._cursors.values(), key=lambda one: -one.seen_at_ms)
        complete = len(boxes) <= max_boxes
        return Known(
            boxes=boxes if complete else (),
            cursors=tuple(one for one in lately if complete and one.user in users),
            devices=tuple(lately[:max_devices]),
            complete=complete,
        )

    async def count(self) -> int:
        return sum(len(box.entries) for box in self._boxes.values())

    def _owners(self, device: DeviceId) -> list[UserId]:
        return [user for user, known in self._cursors if known == device]

    def _number_of(self, box: _Box, post: Post, device: DeviceId) -> int | None:
        if not post.again:
            return None
        for number, entry in box.entries.items():
            if entry.push.id == post.push.id and entry.device == device:
                return number
        return None

    def _trim(self, box: _Box) -> int:
        dropped = 0
        limits = self._limits
        while len(box.entries) > 1 and (
            len(box.entries) > limits.max_entries or box.bytes > limits.max_bytes
        ):
            del box.entries[box.first]
            dropped += 1
        return dropped

    def _remove_acknowledged(self, users: set[UserId]) -> Removed:
        gone = 0
        touched: set[UserId] = set()
        for user in users & self._boxes.keys():
            box = self._boxes[user]
            acked = {
                device: cursor.acked
                for (owner, device), cursor in self._cursors.items()
                if owner == user
            }
            by_all = min(acked.values(), default=-1)
            for number, entry in list(box.entries.items()):
                if number <= (acked.get(entry.device, -1) if entry.device else by_all):
                    del box.entries[number]
                    touched.add(user)
                    gone += 1
        return Removed(gone, self._emptied(touched))

    def _emptied(self, users: set[UserId]) -> tuple[tuple[UserId, int], ...]:
        return tuple(
            (user, self._boxes[user].last) for user in users if not self._boxes[user].entries
        )
