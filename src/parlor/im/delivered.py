"""How far devices have got: noted in memory, stored together, told to the other side.

A position costs no write of its own. What is noted between two rounds is stored by one, and each
person's news of a direct conversation (delivered and read) goes out as one push, whatever
happened in between. A crash loses one round: the devices say it again with the next message.

Rights are looked at when positions are stored: those of people who are not in the conversation
are dropped without a word, and nothing is told of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TypeVar

import structlog

from parlor.im.announce import Announcements
from parlor.im.paging import check_seq
from parlor.im.receipt_settings import ReceiptSettings
from parlor.model.errors import BadRequest, Overloaded, ParlorError
from parlor.model.ids import ConversationId, DeviceId, UserId
from parlor.model.newest import Newest
from parlor.model.receipt import Delivered
from parlor.ports.clock import Clock
from parlor.ports.deliveries import Deliveries
from parlor.ports.meter import Meter
from parlor.wire.native.pushes import ReceiptPush

log = structlog.get_logger()
AT_ONCE = 500
"""Positions in one transaction: others want to write too."""
TRY_AGAIN_S = 1.0
_Key = tuple[ConversationId, UserId, DeviceId]
K = TypeVar("K")
V = TypeVar("V")


class DeliveredPositions:
    def __init__(
        self,
        deliveries: Deliveries,
        announcements: Announcements,
        settings: ReceiptSettings,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._deliveries = deliveries
        self._announcements = announcements
        self._settings = settings
        self._clock = clock
        self._meter = meter
        self._noted: Newest[_Key, int] = Newest()
        self._to_tell: Newest[tuple[ConversationId, UserId], None] = Newest()
        self._without: Newest[ConversationId, float] = Newest()
        self._has_some = asyncio.Event()

    def note(
        self, user: UserId, device: DeviceId, positions: Mapping[str, int]
    ) -> tuple[ConversationId, ...]:
        """The device has everything up to these seqs. Returns those of the conversations in which
        nobody is told, as far as that is known here: their positions are not kept.

        Raises BadRequest, and Overloaded when too many wait to be stored; then nothing is noted.
        """
        settings = self._settings
        if len(positions) > settings.max_positions:
            raise BadRequest(f"At most {settings.max_positions} positions at once.")
        checked = {ConversationId(talk): check_seq(seq) for talk, seq in positions.items()}
        without = tuple(talk for talk in checked if self._is_without(talk))
        keys = {(talk, user, device): seq for talk, seq in checked.items() if talk not in without}
        new = sum(key not in self._noted for key in keys)
        if len(self._noted) + new > settings.max_waiting:
            self._meter.count("im_positions_refused_total", len(keys))
            raise Overloaded(retry_after_s=TRY_AGAIN_S)
        for key, seq in keys.items():
            self._noted[key] = max(seq, self._noted.get(key, 0))
        if keys:
            self._has_some.set()
        return without

    def on_read(self, user: UserId, conversation: ConversationId) -> None:
        """A read position has moved, and is stored: the other side hears of it with the next
        round. When too many wait it is left out, and seen in the list at the next look."""
        if len(self._to_tell) < self._settings.max_waiting:
            self._to_tell[conversation, user] = None
            self._has_some.set()

    @property
    def waiting(self) -> int:
        """Positions to be stored and people to be told of, whichever are more."""
        return max(len(self._noted), len(self._to_tell))

    @property
    def without(self) -> int:
        """Conversations known to be too large."""
        return len(self._without)

    async def run(self) -> None:
        """Store and tell until cancelled; then store what is left. Sleeps while nothing is."""
        try:
            while True:
                await self._has_some.wait()
                await asyncio.sleep(self._settings.tick_s)
                if not await self.tick():
                    await asyncio.sleep(TRY_AGAIN_S)
        finally:
            await self.tick()

    async def tick(self) -> bool:
        """One round of `run`. False when the store did not take everything: the rest waits."""
        self._has_some.clear()
        try:
            while self._noted:
                await self._store()
            while self._to_tell:
                await self._tell()
        except ParlorError as failed:
            self._has_some.set()
            log.warning("positions_not_stored", code=failed.code, waiting=self.waiting)
            return False
        return True

    async def _store(self) -> None:
        some = _pop_oldest(self._noted)
        try:
            stored = await self._deliveries.put(
                [Delivered(*key, seq) for key, seq in some], self._settings.max_members
            )
        except BaseException:
            for key, seq in some:
                self._noted[key] = max(seq, self._noted.get(key, 0))
            raise
        if stored.ignored:
            self._meter.count("im_positions_ignored_total", stored.ignored)
        for one in stored.moved:
            self._to_tell[one.conversation_id, one.user_id] = None
        until = self._clock.now() + self._settings.forget_large_s
        for conversation in stored.without:
            self._without.put(conversation, until)
        self._without.trim(self._settings.remembered_large)

    async def _tell(self) -> None:
        some = _pop_oldest(self._to_tell)
        try:
            told = await self._deliveries.told([place for place, _ in some])
        except BaseException:
            self._to_tell.update(some)
            raise
        for one in told:
            receipt = one.receipt
            push = ReceiptPush(
                receipt.conversation_id,
                receipt.user_id,
                receipt.delivered_seq,
                receipt.read_seq,
            )
            await self._announcements.tell([one.peer], push, about=receipt.conversation_id)

    def _is_without(self, conversation: ConversationId) -> bool:
        until = self._without.get(conversation)
        if until is None:
            return False
        if self._clock.now() >= until:
            del self._without[conversation]
            return False
        return True


def _pop_oldest(waiting: Newest[K, V]) -> list[tuple[K, V]]:
    return [waiting.popitem(last=False) for _ in range(min(AT_ONCE, len(waiting)))]
