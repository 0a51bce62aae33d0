"""Somebody's own devices: what they are signed in on."""

from __future__ import annotations

from parlor.model.device import Device
from parlor.wire.native.methods.shape import Empty, Method, Params, Result


class DeviceList(Params, frozen=True):
    pass


class DeviceListResult(Result, frozen=True):
    """The last seen first."""

    devices: tuple[Device, ...]


class DeviceRename(Params, frozen=True):
    device: str
    label: str


class DeviceRenameResult(Result, frozen=True):
    label: str


class DeviceSignOut(Params, frozen=True):
    """Its tokens are refused from now on and its connections close with `signed_out`."""

    device: str


class DeviceSignOutOthers(Params, frozen=True):
    """As `device.sign_out`, for all but the one that asks."""


class SignedOutResult(Result, frozen=True):
    ended: int


METHODS: dict[str, Method] = {
    "device.list": Method(DeviceList, DeviceListResult),
    "device.rename": Method(DeviceRename, DeviceRenameResult),
    "device.sign_out": Method(DeviceSignOut, Empty),
    "device.sign_out_others": Method(DeviceSignOutOthers, SignedOutResult),
}
