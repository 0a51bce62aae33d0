"""Devices and receipts that keep everything in memory, for tests of the protocols alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from parlor.im.paging import check_seq
from parlor.model.account import Identity
from parlor.model.device import Device, Platform
from parlor.model.errors import NotFound
from parlor.model.ids import ConversationId, DeviceId, UserId
from parlor.model.receipt import Receipt
from parlor.ports.deliveries import Readers


class TwoDevices:
    """Everybody has the device that asks and a `tablet`, until they sign it out."""

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}
        self.ended: list[DeviceId] = []

    async def list(self, me: Identity) -> Sequence[Device]:
        there = [me.device, DeviceId("tablet")]
        return [
            Device(
                device=one,
                platform=Platform.OTHER,
                label=self.labels.get(one, ""),
                created_at=1,
                last_seen_at=2,
                address="203.0.113.7",
                current=one == me.device,
            )
            for one in there
            if one not in self.ended
        ]

    async def rename(self, me: Identity, device: DeviceId, label: str) -> str:
        self._check(me, device)
        self.labels[device] = label
        return label

    async def sign_out(self, me: Identity, device: DeviceId) -> None:
        self._check(me, device)
        self.ended.append(device)

    async def sign_out_others(self, me: Identity) -> int:
        self.ended.append(DeviceId("tablet"))
        return 1

    def _check(self, me: Identity, device: DeviceId) -> None:
        if device in self.ended or device not in (me.device, "tablet"):
            raise NotFound


class NotedPositions:
    """Of conversation `large` none are kept."""

    def __init__(self) -> None:
        self.noted: dict[tuple[UserId, DeviceId, str], int] = {}

    def note(
        self, user: UserId, device: DeviceId, positions: Mapping[str, int]
    ) -> tuple[ConversationId, ...]:
        self.noted |= {
            (user, device, talk): seq for talk, seq in positions.items() if talk != "large"
        }
        return tuple(ConversationId(talk) for talk in positions if talk == "large")


class OneReader:
    """Users 2 and 3 were there; 2 has read everything, in the conversation called `here`."""

    def __init__(self, here: str) -> None:
        self._here = here

    async def list(self, user: UserId, id: ConversationId) -> Sequence[Receipt]:
        self._check(id)
        return [Receipt(id, UserId("2"), 7, 7), Receipt(id, UserId("3"), 5, 0)]

    async def readers(
        self, user: UserId, id: ConversationId, seq: int, cursor: str, limit: int
    ) -> tuple[Readers, str]:
        self._check(id)
        check_seq(seq)
        page = ((UserId("2"), True), (UserId("3"), False))[:limit]
        return Readers(page, 1, 2), "2" if limit == 1 else ""

    def _check(self, id: ConversationId) -> None:
        if id != self._here:
            raise NotFound
