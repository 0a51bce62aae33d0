"""Somebody's devices: what they are signed in on, what it is called, and signing out from afar.

Customers' users have none here: their devices are signed in somewhere else. Called by the gateway
and the API; whoever asks is an account.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlor.accounts.sign_ins import SignIns
from parlor.model.account import Identity
from parlor.model.device import Device, check_label
from parlor.model.errors import NotFound
from parlor.model.ids import DeviceId
from parlor.ports.accounts import Devices as Store
from parlor.ports.clock import Clock
from parlor.ports.deliveries import Deliveries
from parlor.ports.presence import OnlineDevices


class SignOut(Protocol):
    """`accounts.authentication.Authentication` as this module sees it."""

    async def sign_out(self, identity: Identity) -> None: ...


class Devices:
    def __init__(
        self,
        store: Store,
        sign_ins: SignIns,
        signing_out: SignOut,
        deliveries: Deliveries,
        presence: OnlineDevices,
        clock: Clock,
    ) -> None:
        self._store = store
        self._sign_ins = sign_ins
        self._signing_out = signing_out
        self._deliveries = deliveries
        self._presence = presence
        self._clock = clock

    async def list(self, me: Identity) -> Sequence[Device]:
        """All of them, the last seen first; at most `accounts.max_devices`. Two queries."""
        rows = await self._store.list(me.user, self._clock.unix_ms() / 1000)
        behind = await self._deliveries.behind(me.user)
        here = self._presence.devices_of(me.user)
        return [
            Device(
                device=row.device,
                platform=row.platform,
                label=row.label,
                created_at=row.created_at,
                last_seen_at=row.last_seen_at,
                address=row.address,
                connections=here.get(row.device, 0),
                current=row.session == me.session,
                behind=behind.get(row.device, 0),
            )
            for row in rows
        ]

    async def rename(self, me: Identity, device: DeviceId, label: str) -> str:
        """What it is called now. Raises BadRequest, NotFound."""
        checked = check_label(label)
        if not await self._store.rename(me.user, device, checked):
            raise NotFound("You are not signed in on such a device.")
        return checked

    async def sign_out(self, me: Identity, device: DeviceId) -> None:
        """End the sign-in there: its tokens are refused and its connections close at once, one's
        own after the answer. Raises NotFound."""
        if device == me.device:
            await self._signing_out.sign_out(me)
        elif not await self._sign_ins.end_afar(me.user, device):
            raise NotFound("You are not signed in on such a device.")

    async def sign_out_others(self, me: Identity) -> int:
        """How many sign-ins ended: all but the one that asks."""
        return await self._sign_ins.end_others(me)
