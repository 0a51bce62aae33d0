"""What people say of themselves, and to whom."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.im.profiles import PrivacyWish
from parlor.model.ids import UserId
from parlor.wire.native import methods as wire
from parlor.wire.native.methods.profiles import (
    MePrivacy,
    PrivacyResult,
    ProfileGet,
    ProfileResult,
)


class Profiles:
    def __init__(self, services: Services) -> None:
        self._profiles = services.profiles

    def bound(self) -> dict[str, Bound]:
        return {
            "me.update": bind(wire.MeUpdate, self.update, finishes=True),
            "me.privacy": bind(MePrivacy, self.privacy, finishes=True),
            "profile.get": bind(ProfileGet, self.profile),
        }

    async def update(self, caller: Caller, params: wire.MeUpdate) -> wire.UserResult:
        user = await self._profiles.update(
            who(caller).user,
            display_name=params.display_name,
            about=params.about,
            avatar=params.avatar,
        )
        return wire.UserResult(user)

    async def privacy(self, caller: Caller, params: MePrivacy) -> PrivacyResult:
        wish = PrivacyWish(
            params.found_by_name,
            params.found_by_number,
            params.last_seen,
            params.presence,
            params.write,
            params.groups,
            params.read_receipts,
        )
        return PrivacyResult(await self._profiles.set_privacy(who(caller).user, wish))

    async def profile(self, caller: Caller, params: ProfileGet) -> ProfileResult:
        found = await self._profiles.get(who(caller).user, UserId(params.user))
        return ProfileResult(found)
