"""When each device was last here, and from which address: collected, and written now and then.

A device that asks a hundred times in a round costs one row at its end. Lost with a crash is at
most one round, which nobody but the reader of the list of devices would notice.
"""

from __future__ import annotations

import asyncio

import structlog

from parlor.accounts.guests import session_of
from parlor.accounts.settings import AccountsSettings
from parlor.model.account import Identity
from parlor.model.errors import ParlorError
from parlor.model.newest import Newest
from parlor.ports.accounts import Devices, Seen
from parlor.ports.clock import Clock

log = structlog.get_logger()
AT_ONCE = 500
"""Rows in one transaction: others want to write too."""
_MAX_ADDRESS_CHARS = 64
_GUESTS = session_of("")


class SeenDevices:
    """At most `accounts.seen_at_most` devices between two writes; of more, those that were seen
    first are forgotten."""

    def __init__(self, devices: Devices, settings: AccountsSettings, clock: Clock) -> None:
        self._devices = devices
        self._settings = settings
        self._clock = clock
        self._seen: Newest[str, Seen] = Newest()

    def note(self, identity: Identity, address: str) -> None:
        """The device is here now. Customers' users have no list of devices."""
        self.note_session(identity.session, address)

    def note_session(self, session: str, address: str) -> None:
        """As `note`, for whoever knows no more than the name of the sign-in."""
        if not session or session.startswith(_GUESTS):
            return
        seen = Seen(session, self._clock.unix_ms(), address[:_MAX_ADDRESS_CHARS])
        self._seen.put(session, seen)
        self._seen.trim(self._settings.seen_at_most)

    def __len__(self) -> int:
        return len(self._seen)

    async def run(self) -> None:
        """Write until cancelled, and once more then."""
        try:
            while True:
                await asyncio.sleep(self._settings.seen_each_s)
                await self.write()
        finally:
            await self.write()

    async def write(self) -> None:
        """One round of `run`. What the store does not take is written in the next."""
        while self._seen:
            count = min(AT_ONCE, len(self._seen))
            some = [self._seen.popitem(last=False)[1] for _ in range(count)]
            try:
                await self._devices.mark_seen(some)
            except ParlorError as failed:
                for seen in reversed(some):
                    self._seen.setdefault(seen.session, seen)
                    self._seen.move_to_end(seen.session, last=False)
                log.warning("devices_not_marked", code=failed.code, waiting=len(self._seen))
                return
