"""How many devices somebody may be signed in on, of each kind and in all, and what gives way.

Owns the decision only: `choose` is called by the store within the transaction that signs in
(`ports.accounts.Sessions.open`), so that two sign-ins at once cannot both take the last place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import msgspec

from parlor.model.device import Platform
from parlor.model.errors import TooManyDevices
from parlor.ports.accounts import DeviceRecord


class DevicePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For one platform. Over `at_most`, `replace_oldest` signs out the device that was seen
    longest ago, `refuse` does not let the new one in, and `allow` lets it be as if there were no
    number."""

    over: Literal["allow", "replace_oldest", "refuse"] = "allow"
    at_most: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1


def chooser(
    policy: DevicePolicy | None, platform: Platform, max_devices: int
) -> Callable[[Sequence[DeviceRecord]], Sequence[str]]:
    """What names the sessions that end when one more device of `platform` signs in.

    It is given the person's other devices. Raises TooManyDevices. `max_devices` counts those of
    all platforms, the new one included; over it the one seen longest ago goes.
    """

    def choose(others: Sequence[DeviceRecord]) -> Sequence[str]:
        rows = sorted(others, key=lambda row: (row.last_seen_at, row.created_at, row.session))
        ending: list[str] = []
        if policy is not None and policy.over != "allow":
            same = [row.session for row in rows if row.platform is platform]
            over = len(same) + 1 - policy.at_most
            if over > 0 and policy.over == "refuse":
                raise TooManyDevices
            ending = same[: max(0, over)]
        left = [row.session for row in rows if row.session not in ending]
        return ending + left[: max(0, len(left) + 1 - max_devices)]

    return choose
