"""What people say of themselves, and to whom."""

from __future__ import annotations

from parlor.model.people import Privacy, Profile, Who
from parlor.wire.native.methods.shape import Method, Params, Result


class ProfileGet(Params, frozen=True):
    user: str


class ProfileResult(Result, frozen=True):
    profile: Profile


class MePrivacy(Params, frozen=True):
    """Who may find, see, write to and add one, and whether receipts say what one has read; what is
    null stays. Without any, it only asks."""

    found_by_name: bool | None = None
    found_by_number: bool | None = None
    last_seen: Who | None = None
    presence: Who | None = None
    write: Who | None = None
    groups: Who | None = None
    read_receipts: bool | None = None


class PrivacyResult(Result, frozen=True):
    privacy: Privacy


METHODS: dict[str, Method] = {
    "profile.get": Method(ProfileGet, ProfileResult),
    "me.privacy": Method(MePrivacy, PrivacyResult),
}
