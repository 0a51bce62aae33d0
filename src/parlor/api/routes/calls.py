"""What a browser needs before a call; the call itself runs over the native protocol."""

from __future__ import annotations

from litestar import get

from parlor.api.described import described
from parlor.api.identity import signed_in
from parlor.api.request import ApiRequest
from parlor.model.call import IceServer
from parlor.wire.native.methods import CallIceResult


@get(
    "/calls/ice",
    guards=[signed_in],
    sync_to_thread=False,
    opt=described(
        gives=CallIceResult(
            (IceServer(("turn:turn.example.org:3478",), "1790000000:6755399441055744", "kY0…"),),
            1_790_000_000_000,
        )
    ),
)
def ice(request: ApiRequest) -> CallIceResult:
    """STUN and TURN servers with credentials of this user; ask again before `expires_at`."""
    servers, expires_at = request.services.ice.servers_for(request.user.user)
    return CallIceResult(servers, expires_at)


HANDLERS = (ice,)
