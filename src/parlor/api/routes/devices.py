"""Somebody's own devices. A device is named in the body: its name may have any character."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import JSONBody

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.model.device import Device, Platform
from parlor.model.errors import NotFound
from parlor.model.ids import DeviceId
from parlor.wire.native.methods.devices import (
    DeviceListResult,
    DeviceRenameResult,
    SignedOutResult,
)


class NamedDevice(msgspec.Struct, frozen=True):
    device: str


class RenamedDevice(msgspec.Struct, frozen=True):
    device: str
    label: str


_PHONE = Device(
    device=DeviceId("phone"),
    platform=Platform.ANDROID,
    label="Ann's phone",
    created_at=1_790_000_000_000,
    last_seen_at=1_790_000_600_000,
    address="203.0.113.7",
    connections=1,
    behind=2,
)


@get(
    "/devices",
    guards=[signed_in],
    opt=described(gives=DeviceListResult((_PHONE,))),
)
async def listed(request: ApiRequest) -> DeviceListResult:
    """What one is signed in on, the last seen first."""
    return DeviceListResult(tuple(await request.services.devices.list(request.user)))


@post(
    "/devices/rename",
    status_code=200,
    guards=[signed_in],
    opt=described(
        NotFound,
        asks=RenamedDevice("phone", "Ann's phone"),
        gives=DeviceRenameResult("Ann's phone"),
    ),
)
async def rename(request: ApiRequest, data: JSONBody[RenamedDevice]) -> DeviceRenameResult:
    """Call a device something else. Only its owner sees that."""
    devices = request.services.devices
    return DeviceRenameResult(await devices.rename(request.user, DeviceId(data.device), data.label))


@post(
    "/devices/sign_out",
    status_code=204,
    guards=[signed_in],
    opt=described(NotFound, asks=NamedDevice("phone")),
)
async def sign_out(request: ApiRequest, data: JSONBody[NamedDevice]) -> None:
    """Sign a device out from afar: its tokens are refused, its connections close at once."""
    await request.services.devices.sign_out(request.user, DeviceId(data.device))


@post(
    "/devices/sign_out_others",
    status_code=200,
    guards=[signed_in],
    opt=described(gives=SignedOutResult(2)),
)
async def sign_out_others(request: ApiRequest) -> SignedOutResult:
    """Sign out every device but the one that asks."""
    return SignedOutResult(await request.services.devices.sign_out_others(request.user))


HANDLERS = (listed, rename, sign_out, sign_out_others)
