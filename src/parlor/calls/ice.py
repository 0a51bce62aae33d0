"""Which STUN and TURN servers a browser may use, with TURN credentials that expire.

The scheme is coturn's `use-auth-secret` (draft-uberti-behave-turn-rest-00 §2.2): the TURN
server knows only the shared secret and checks the username's time and the password's HMAC, so
it never asks Parlor. Called by the `call.ice` request.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from parlor.calls.settings import CallsSettings
from parlor.model.call import IceServer
from parlor.model.ids import UserId
from parlor.ports.clock import Clock


def turn_credential(secret: str, user: UserId, expires_at_s: int) -> tuple[str, str]:
    """(username, password) that coturn accepts until `expires_at_s`, Unix seconds.

    coturn looks only at the part before the colon; the user id behind it is for its log.
    """
    username = f"{expires_at_s}:{user}"
    digest = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    return username, base64.b64encode(digest).decode()


class IceServers:
    """Raises ValueError at once for TURN servers without a secret."""

    def __init__(self, settings: CallsSettings, clock: Clock) -> None:
        if settings.turn_urls and not settings.turn_secret:
            raise ValueError("calls.turn_urls needs calls.turn_secret (coturn static-auth-secret)")
        self._settings = settings
        self._clock = clock

    def servers_for(self, user: UserId) -> tuple[tuple[IceServer, ...], int]:
        """(servers as RTCPeerConnection takes them, when to ask again in Unix milliseconds).

        Credentials are for setting up: a TURN allocation that exists outlives them only while
        it is refreshed with new ones, so ask again before that time during a long call.
        """
        settings = self._settings
        expires_at_s = self._clock.unix_ms() // 1000 + settings.turn_ttl_s
        servers: list[IceServer] = []
        if settings.stun_urls:
            servers.append(IceServer(urls=settings.stun_urls))
        if settings.turn_urls:
            username, password = turn_credential(settings.turn_secret, user, expires_at_s)
            servers.append(IceServer(settings.turn_urls, username=username, credential=password))
        return tuple(servers), expires_at_s * 1000
