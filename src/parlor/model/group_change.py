"""What an administrator wants to be different about a group; everything else stays as it is."""

from __future__ import annotations

import msgspec

from parlor.model.group import LEAST_ROLE, GroupSettings, Join, Permission, Role, Visible


class SettingsChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """None leaves a setting alone, so two who change different ones at once both get theirs.

    `permissions` are the least roles of those that change. `all_muted` is not here: muting
    everybody is an act of its own.
    """

    join: Join | None = None
    history: Visible | None = None
    slow_mode_s: int | None = None
    read_only: bool | None = None
    permissions: dict[Permission, Role] | None = None

    def applied_to(self, settings: GroupSettings) -> GroupSettings:
        permissions = settings.permissions | (self.permissions or {})
        return GroupSettings(
            join=settings.join if self.join is None else self.join,
            history=settings.history if self.history is None else self.history,
            all_muted=settings.all_muted,
            slow_mode_s=settings.slow_mode_s if self.slow_mode_s is None else self.slow_mode_s,
            read_only=settings.read_only if self.read_only is None else self.read_only,
            permissions={
                permission: role
                for permission, role in sorted(permissions.items())
                if role is not LEAST_ROLE[permission]
            },
        )
