"""Somebody's own devices."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.model.ids import DeviceId
from parlor.wire.native.methods import Empty
from parlor.wire.native.methods import devices as wire


class Devices:
    def __init__(self, services: Services) -> None:
        self._devices = services.devices

    def bound(self) -> dict[str, Bound]:
        return {
            "device.list": bind(wire.DeviceList, self.list),
            "device.rename": bind(wire.DeviceRename, self.rename, finishes=True),
            "device.sign_out": bind(wire.DeviceSignOut, self.sign_out, finishes=True),
            "device.sign_out_others": bind(
                wire.DeviceSignOutOthers, self.sign_out_others, finishes=True
            ),
        }

    async def list(self, caller: Caller, params: wire.DeviceList) -> wire.DeviceListResult:
        return wire.DeviceListResult(tuple(await self._devices.list(who(caller))))

    async def rename(self, caller: Caller, params: wire.DeviceRename) -> wire.DeviceRenameResult:
        device = DeviceId(params.device)
        return wire.DeviceRenameResult(
            await self._devices.rename(who(caller), device, params.label)
        )

    async def sign_out(self, caller: Caller, params: wire.DeviceSignOut) -> Empty:
        await self._devices.sign_out(who(caller), DeviceId(params.device))
        return Empty()

    async def sign_out_others(
        self, caller: Caller, params: wire.DeviceSignOutOthers
    ) -> wire.SignedOutResult:
        return wire.SignedOutResult(await self._devices.sign_out_others(who(caller)))
