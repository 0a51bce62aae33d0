"""Settings of what people are to each other, section `people`."""

from __future__ import annotations

import msgspec

_ABOVE_0 = (
    "request_days",
    "max_page",
    "max_pictures_per_day",
    "profile_per_minute",
    "presence_window_s",
    "status_per_minute",
    "last_seen_each_s",
)


class PeopleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every `max_*` is a limit of one account unless it says otherwise.

    `max_asking`: requests that may wait for one person's answer. `max_requests_per_day`: those
    one person may send in 24 hours, withdrawn ones included. `request_days`: after this a request
    that nobody answered is gone. `max_watched`: people whose presence one connection may watch.

    `max_picture_bytes` (never above `http.max_body_bytes`), `max_picture_pixels` on each side,
    `max_pictures_per_day` uploads. `picture_spare_s`: how long a picture that nobody uses is kept.

    `told_users`: how many are told at most when somebody changes their profile: contacts, and
    members of groups of at most `told_group_members`; the others see it when they read it next.

    `profile_per_minute`: how often somebody may change their profile.

    `presence_window_s`: changes of presence are gathered that long before they are told.
    `status_per_minute`: how often somebody may choose another status. `last_seen_each_s`: how
    often it is written down who was seen last. `typing_group_members`: in a larger group nobody
    is told who types; `typing_each_s`: and not more often than this.
    """

    max_contacts: int = 2_000
    max_asking: int = 500
    max_requests_per_day: int = 50
    request_days: int = 30
    max_blocks: int = 1_000
    max_tags: int = 10
    max_tag_chars: int = 24
    max_remark_chars: int = 64
    max_greeting_chars: int = 200
    max_about_chars: int = 200
    max_status_chars: int = 100
    max_page: int = 100
    max_watched: int = 200
    max_picture_bytes: int = 262_144
    max_picture_pixels: int = 2_048
    max_pictures_per_day: int = 50
    picture_spare_s: float = 86_400.0
    profile_per_minute: int = 20
    told_users: int = 500
    told_group_members: int = 50
    presence_window_s: float = 0.05
    status_per_minute: int = 20
    last_seen_each_s: float = 15.0
    typing_group_members: int = 50
    typing_each_s: float = 2.0

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is below 0")
        for name in _ABOVE_0:
            if not getattr(self, name):
                raise ValueError(f"{name} is not above 0")

    @property
    def request_ms(self) -> int:
        return self.request_days * 86_400_000
