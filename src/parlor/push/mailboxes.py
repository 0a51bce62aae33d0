"""Must-arrive pushes to users and devices: stored, then announced; acknowledged, then removed.

Owns which users have mail waiting here and the acknowledgements on their way to the store, which
are written together twice a second. `gateway.mail` carries what is announced and asks for pages;
the entries themselves are behind `ports.mailbox`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from itertools import islice

import msgspec
import structlog

from parlor.model.errors import ParlorError, WireError
from parlor.model.ids import DeviceId, UserId
from parlor.model.mail import Cursor, MailNotice, Page, Post
from parlor.model.newest import Newest
from parlor.model.push import Push, ToDevices, ToUsers
from parlor.ports.bus import Bus, Subject
from parlor.ports.clock import Clock
from parlor.ports.mailbox import Mailbox, Posted, Removed
from parlor.ports.meter import Meter
from parlor.ports.presence import Presence
from parlor.push.in_flight import InFlight
from parlor.push.mail_facts import MailFacts
from parlor.push.settings import MailboxSettings
from parlor.push.traces import NO_TRACES, Traces

log = structlog.get_logger()

MAIL_SUBJECT = Subject("mail")
CURSORS_AT_ONCE = 250
"""In one unit of the writer: about 10 ms, which others wait for."""
TOUCHES_IN_AN_AGE = 8
"""How often a device that only says hello is written, in the time until it is forgotten."""

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(MailNotice)


def parse_notice(message: bytes) -> MailNotice:
    """What `Mailboxes.put` announced. Raises WireError for anything else."""
    try:
        return _decoder.decode(message)
    except (msgspec.MsgspecError, RecursionError) as broken:
        raise WireError("no mail") from broken


class Mailboxes:
    """`run` must be running, or nothing is ever removed. One object per database."""

    def __init__(
        self,
        store: Mailbox,
        bus: Bus,
        presence: Presence,
        clock: Clock,
        meter: Meter,
        settings: MailboxSettings,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._store = store
        self._bus = bus
        self._presence = presence
        self._clock = clock
        self._meter = meter
        self._settings = settings
        self._traces = traces
        self._facts = MailFacts(settings.remembered_users, settings.remembered_devices)
        self._unwritten: Newest[tuple[UserId, DeviceId], int] = Newest()
        self._has_new_devices = False
        self._to_write = asyncio.Event()
        self.entries = 0
        """How many wait, in all mailboxes."""
        self._puts = InFlight()

    async def put(
        self, to: ToUsers | ToDevices, push: Push, *, again: bool = False
    ) -> tuple[DeviceId, ...]:
        """Return once it is stored and announced; the devices that nobody is known to use.

        Raises Overloaded and Draining, when nothing was stored, and StorageFailed, when it may
        have been. `again`: it may have been put before, and is then only announced.
        """
        with self._puts:
            posted = await self._store_it(to, push, again=again)
        if posted.places:
            await self._bus.publish(MAIL_SUBJECT, _encode(MailNotice(push, posted.places)))
        return posted.strangers

    async def _store_it(self, to: ToUsers | ToDevices, push: Push, *, again: bool) -> Posted:
        at_ms = self._clock.unix_ms()
        if isinstance(to, ToUsers):
            post = Post(push, at_ms, users=to.users, again=again)
        else:
            if self._has_new_devices:
                await self.write_cursors()
            post = Post(push, at_ms, devices=to.devices, again=again)
        posted = await self._store.put(post)
        for place in posted.places:
            self._facts.on_put(place.user, place.number)
        self.entries += posted.stored - posted.dropped
        self._traces.stored(push.id, posted.places, posted.stored, posted.dropped)
        self._meter.count("mail_stored_total", posted.stored)
        if posted.dropped:
            self._meter.count("mail_dropped_total", posted.dropped, reason="full")
        return posted

    def hear(self, user: UserId, device: DeviceId) -> None:
        """Know this device from now on: mail waits for it until it acknowledges."""
        now_ms = self._clock.unix_ms()
        written_at_ms = self._facts.written_at_ms(user, device)
        if now_ms - written_at_ms < self._age_ms / TOUCHES_IN_AN_AGE or not (user and device):
            return
        self._has_new_devices |= written_at_ms == 0
        self._facts.on_heard(user, device, now_ms)
        self._write_soon(user, device, 0)

    def waits(self, user: UserId, device: DeviceId) -> bool:
        return bool(user and device) and self._facts.waits(user, device)

    def newest(self, user: UserId) -> int:
        return self._facts.newest(user)

    async def page(
        self, user: UserId, device: DeviceId, after: int | None, *, max_bytes: int
    ) -> Page:
        """What comes after `after`; None: after what this device has acknowledged."""
        if after is None:
            unwritten = self._unwritten.get((user, device), 0)
            after = max(unwritten, self._facts.acked(user, device)) or None
        settings = self._settings
        limit = min(max_bytes, settings.page_bytes)
        page = await self._store.page(user, device, after, settings.page_entries, limit)
        if not page.mail and page.upto:
            # Nothing of it is for this device: it need not be asked again.
            self.ack(user, device, page.upto)
        return page

    def ack(self, user: UserId, device: DeviceId, upto: int) -> None:
        """The device has everything up to `upto`. Written soon; a crash before means that it
        gets the last again."""
        self._facts.on_ack(user, device, upto)
        self._facts.on_heard(user, device, self._clock.unix_ms())
        self._write_soon(user, device, upto)

    async def run(self) -> None:
        """Write acknowledgements and sweep, until cancelled; then write what is left."""
        try:
            await self._attempt(self.load())
            sweep_at = self._clock.now() + self._settings.sweep_s
            while True:
                wait_s = sweep_at - self._clock.now()
                if wait_s <= 0:
                    sweep_at = self._clock.now() + self._settings.sweep_s
                    await self._attempt(self.sweep())
                    continue
                try:
                    async with asyncio.timeout(wait_s):
                        await self._to_write.wait()
                except TimeoutError:
                    continue
                await asyncio.sleep(self._settings.write_s)
                await self._attempt(self.write_cursors())
        finally:
            await self._attempt(self.write_cursors())

    async def load(self) -> None:
        """Learn from the store who has mail. Until then a hello asks."""
        settings = self._settings
        known = await self._store.known(settings.remembered_users, settings.remembered_devices)
        self._facts.load(known)
        self.entries = await self._store.count()

    async def hand_over(self) -> None:
        """Put nothing more: another process goes on with the same store, and must know all of
        it. Acknowledgements may still come; the other one only sends those again."""
        await self._puts.close()
        await self._attempt(self.write_cursors())

    async def write_cursors(self) -> None:
        """Bring what was acknowledged and heard into the store, oldest first."""
        self._has_new_devices = False
        self._to_write.clear()
        while self._unwritten:
            some = Newest(islice(self._unwritten.items(), CURSORS_AT_ONCE))
            for name in some:
                del self._unwritten[name]
            now_ms = self._clock.unix_ms()
            try:
                removed = await self._store.note(
                    [Cursor(user, device, acked, now_ms) for (user, device), acked in some.items()]
                )
            except BaseException:
                newer, self._unwritten = self._unwritten, some
                for name, acked in newer.items():
                    self._write_soon(*name, acked)
                raise
            self._on_removed(removed, "acknowledged")

    async def sweep(self) -> None:
        """Drop what is too old and forget who was silent for as long; a bounded step of it."""
        before_ms = self._clock.unix_ms() - self._age_ms
        limit = self._settings.sweep_entries
        self._on_removed(await self._store.expire(before_ms, limit), "age")
        silent = await self._store.idle(before_ms, limit)
        gone: list[Cursor] = []
        for one in silent:
            if self._presence.online(one.user):
                self._write_soon(one.user, one.device, one.acked)
            else:
                gone.append(one)
        if gone:
            self._on_removed(await self._store.forget(gone), "acknowledged")
            self._on_forgotten([(one.user, one.device) for one in gone])
        if not self._facts.complete:
            await self.load()
        self.entries = await self._store.count()

    def standing(self, user: UserId, number: int) -> tuple[int, bool]:
        """Of mail `number`: how many known devices acknowledged it, and whether it may wait."""
        return self._facts.standing(user, number)

    @property
    def unwritten(self) -> int:
        """Acknowledgements that a crash would lose."""
        return len(self._unwritten)

    @property
    def users(self) -> int:
        """Users with mail waiting, as far as they are remembered here."""
        return self._facts.boxes

    @property
    def devices(self) -> int:
        """Devices remembered here."""
        return self._facts.devices

    @property
    def _age_ms(self) -> int:
        return int(self._settings.max_age_s * 1000)

    def _write_soon(self, user: UserId, device: DeviceId, upto: int) -> None:
        # Moved to the end, so that a device is known before another's acknowledgement removes.
        known = self._unwritten.get((user, device), 0)
        self._unwritten.put((user, device), max(known, upto))
        self._unwritten.trim(self._settings.remembered_devices)
        self._to_write.set()

    def _on_removed(self, removed: Removed, reason: str) -> None:
        self.entries -= removed.entries
        if removed.entries and reason == "age":
            self._meter.count("mail_dropped_total", removed.entries, reason=reason)
        elif removed.entries:
            self._meter.count("mail_acknowledged_total", removed.entries)
        for user, last in removed.emptied:
            self._facts.on_emptied(user, last)
        self._on_forgotten(removed.forgotten)

    def _on_forgotten(self, devices: Sequence[tuple[UserId, DeviceId]]) -> None:
        for user, device in devices:
            self._facts.on_forgotten(user, device)

    async def _attempt(self, work: Awaitable[None]) -> None:
        """What fails is tried again with the next round."""
        try:
            await work
        except ParlorError as failed:
            self._meter.count("mail_sweeps_failed_total")
            log.warning("mailboxes_not_written", code=failed.code)
            self._to_write.set()
            await asyncio.sleep(self._settings.write_s)
