"""Whether a member may say something in a conversation right now."""

from __future__ import annotations

from parlor.model.errors import Forbidden, GroupDissolved, SlowMode
from parlor.model.group import GroupSettings, Permission, Role


def check_may_speak(
    settings: GroupSettings,
    role: Role,
    *,
    dissolved: bool,
    muted_until: int,
    said_at: int,
    now_ms: int,
) -> None:
    """Times are Unix milliseconds; `said_at` is when that member last said something here, 0 for
    never. Muting holds for everybody who was muted, slow mode only for members: who leads a
    conversation is not slowed down. Raises GroupDissolved, Forbidden, SlowMode.
    """
    if dissolved:
        raise GroupDissolved
    if now_ms < muted_until:
        raise Forbidden("You are muted in this group.")
    if not role.at_least(settings.least_role(Permission.SEND)):
        raise Forbidden("Only some may write in this group.")
    if not settings.slow_mode_s or role is not Role.MEMBER:
        return
    wait_ms = said_at + settings.slow_mode_s * 1000 - now_ms
    # A clock that was set back must not silence anybody for longer than the slow mode itself.
    if 0 < wait_ms <= settings.slow_mode_s * 1000:
        raise SlowMode(retry_after_s=wait_ms / 1000)
