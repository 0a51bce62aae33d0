"""The first request of a connection: who is it, may it come in, what must it know.

Owns `hello` and what follows from a sign-in's end. Called by the table of `gateway.methods`.
"""

from __future__ import annotations

import re

from parlor.gateway.gateway import Gateway
from parlor.gateway.hooked import ask_to_connect
from parlor.gateway.requests import Caller
from parlor.gateway.services import Services
from parlor.model.account import Identity
from parlor.model.close import Close, CloseCode
from parlor.model.errors import BadRequest, Forbidden, Unauthenticated
from parlor.model.text import MAX_TEXT_CHARS, check_room
from parlor.wire.native.methods import BackOff, Hello, HelloResult, Limits

_INSTANCE = re.compile(r"[A-Za-z0-9_.-]{0,32}\Z")


class Greeting:
    def __init__(self, gateway: Gateway, services: Services) -> None:
        self._gateway = gateway
        self._services = services
        services.signing.on_session_end(self.on_session_end)

    async def hello(self, caller: Caller, params: Hello) -> HelloResult:
        """Let the caller in. A token that is no good ends the connection with UNAUTHENTICATED,
        one connection too many with TOO_MANY_CONNECTIONS; both after their error reply.

        The link is in the hub before the calls are read, so that no change is missed between.
        """
        gateway, services = self._gateway, self._services
        settings = gateway.settings
        if not _INSTANCE.match(params.instance):
            raise BadRequest("`instance` has at most 32 of A-Z a-z 0-9 _ . -")
        if len(params.rooms) > settings.max_rooms:
            raise BadRequest(f"At most {settings.max_rooms} rooms a connection.")
        rooms = [check_room(room, settings.max_room_bytes) for room in params.rooms]
        try:
            identity = await services.signing.authenticate(params.token)
            user = await services.people.user(identity.user)
        except Unauthenticated:
            caller.link.close_soon(Close(CloseCode.UNAUTHENTICATED))
            raise
        await ask_to_connect(gateway.hooks, caller.link, identity.user, identity.device)
        if gateway.hub.user_online(identity.user) >= settings.max_connections_per_user:
            caller.link.close_soon(Close(CloseCode.TOO_MANY_CONNECTIONS))
            raise Forbidden("This user has as many connections as allowed.")
        caller.greet(identity, params.instance)
        link = caller.link
        for room in rooms:
            gateway.hub.join(link, room)
        services.calls.on_endpoint_back(identity.user, link.endpoint)
        return HelloResult(
            user=user,
            admin=identity.admin,
            device=identity.device,
            connection=link.key,
            endpoint=link.endpoint,
            server_time=gateway.clock.unix_ms(),
            heartbeat_s=settings.heartbeat_s,
            epoch=services.epoch,
            epoch_changed=params.epoch not in ("", services.epoch),
            limits=Limits(
                max_message_bytes=settings.max_message_bytes,
                max_text_chars=MAX_TEXT_CHARS,
                max_group_members=services.max_group_members,
                requests_per_second=settings.requests_per_second,
                request_burst=settings.request_burst,
            ),
            calls=services.calls.of_user(identity.user),
            rooms=tuple(link.rooms),
            back_off=BackOff(settings.back_off_first_s, settings.back_off_longest_s),
        )

    def on_session_end(self, identity: Identity) -> None:
        """Close the connections of a sign-in that has ended."""
        for link in self._gateway.hub.of_user(identity.user):
            if link.session == identity.session:
                link.close_soon(Close(CloseCode.SIGNED_OUT))
