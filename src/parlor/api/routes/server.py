"""What anybody may know of this server before signing in."""

from __future__ import annotations

import msgspec
from litestar import get

from parlor.api.described import described
from parlor.api.request import ApiRequest


class ServerLimits(msgspec.Struct, frozen=True):
    max_text_chars: int
    max_title_chars: int
    max_group_members: int
    max_body_bytes: int


class ServerReply(msgspec.Struct, frozen=True):
    version: str
    open_sign_up: bool
    languages: tuple[str, ...]
    limits: ServerLimits


@get(
    "/server",
    sync_to_thread=False,
    opt=described(
        gives=ServerReply("0.1.0", True, ("en", "zh"), ServerLimits(4_096, 64, 1_000, 262_144))
    ),
)
def server(request: ApiRequest) -> ServerReply:
    """Version, whether one may sign up, languages of the web app, limits."""
    about = request.services.about
    limits = ServerLimits(
        about.max_text_chars,
        about.max_title_chars,
        about.max_group_members,
        request.settings.max_body_bytes,
    )
    return ServerReply(about.version, about.open_sign_up, about.languages, limits)


HANDLERS = (server,)
