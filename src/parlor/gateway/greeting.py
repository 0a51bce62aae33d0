"""The first request of a connection: who is it, may it come in, what must it know.

Owns `hello` and what follows from a sign-in's end. Called by the table of `gateway.methods`.
"""

from __future__ import annotations

import re

from parlor.gateway.catch_up import CatchUp, Entered
from parlor.gateway.gateway import Gateway
from parlor.gateway.hooked import ask_to_connect
from parlor.gateway.mail import MailCarrier
from parlor.gateway.requests import Answered, Caller, Outcome
from parlor.gateway.rooms import check_tags
from parlor.gateway.services import Services
from parlor.gateway.state.link import Link
from parlor.model.account import Identity
from parlor.model.close import Close, CloseCode
from parlor.model.errors import (
    AuthUnavailable,
    BadRequest,
    Forbidden,
    NotReady,
    ParlorError,
    TooManyAttempts,
    Unauthenticated,
)
from parlor.model.ids import DeviceId, RoomId, UserId
from parlor.model.text import MAX_TEXT_CHARS, check_room
from parlor.ports.accounts import RevocationKind
from parlor.ports.history import Tail
from parlor.wire.native.methods import (
    BackOff,
    Hello,
    HelloResult,
    Limits,
    RoomState,
    TokenRenew,
    TokenResult,
)

COME_BACK_S = 5.0
_CLOSES = {
    AuthUnavailable: CloseCode.OVERLOADED,
    TooManyAttempts: CloseCode.RATE_LIMITED,
}
_INSTANCE = re.compile(r"[A-Za-z0-9_.-]{0,32}\Z")


class Greeting:
    def __init__(
        self, gateway: Gateway, services: Services, catch_up: CatchUp, mail: MailCarrier
    ) -> None:
        self._gateway = gateway
        self._catch_up = catch_up
        self._mail = mail
        self._services = services
        services.authentication.on_session_end(self.on_session_end)
        services.authentication.on_sent_away(self.on_sent_away)
        services.authentication.on_revoked(self.on_revoked)
        services.authentication.on_ended_elsewhere(self.on_ended_elsewhere)

    async def hello(self, caller: Caller, params: Hello) -> Outcome:
        """Let the caller in. A token that is no good ends the connection with UNAUTHENTICATED,
        one that nobody can check with OVERLOADED, too many bad ones with RATE_LIMITED, one
        connection too many with TOO_MANY_CONNECTIONS; all after their error reply.

        The link is in the hub before the calls are read, so that no change is missed between.
        """
        gateway, services = self._gateway, self._services
        settings = gateway.settings
        if not _INSTANCE.match(params.instance):
            raise BadRequest("`instance` has at most 32 of A-Z a-z 0-9 _ . -")
        if len(params.rooms) > settings.max_rooms:
            raise BadRequest(f"At most {settings.max_rooms} rooms a connection.")
        rooms = [check_room(room, settings.max_room_bytes) for room in dict.fromkeys(params.rooms)]
        tags = check_tags(params.tags, settings.max_tags)
        link = caller.link
        try:
            admitted = await services.authentication.admit(
                params.token, params.resume, link.address
            )
        except Unauthenticated:
            link.close_soon(Close(CloseCode.UNAUTHENTICATED))
            raise
        except (AuthUnavailable, TooManyAttempts) as refused:
            code = _CLOSES[type(refused)]
            link.close_soon(Close(code, refused.retry_after_s or COME_BACK_S))
            raise
        identity = admitted.identity
        try:
            await self._check_welcome(link, identity, rooms)
        except ParlorError as refused:
            gateway.watching.refused(identity.user, link.address, refused.code)
            raise
        caller.greet(identity, params.instance)
        link.tags = tags
        mail = await self._mail.welcome(link)
        # The last await before the link is in its rooms: what is read here is good until then.
        kept = {room: params.since.get(room) for room in rooms if self._catch_up.keeps(room)}
        tails = await self._catch_up.read(kept) if kept else {}
        entered = [self._enter(link, room, tails.get(room)) for room in rooms]
        services.calls.on_endpoint_back(identity.user, link.endpoint)
        result = HelloResult(
            user=admitted.user,
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
                recall_window_s=services.recall_window_s,
                edit_window_s=services.edit_window_s,
            ),
            calls=services.calls.of_user(identity.user),
            rooms=tuple(link.rooms),
            back_off=BackOff(settings.back_off_first_s, settings.back_off_longest_s),
            resume=admitted.ticket,
            resumed=admitted.resumed,
            token_expires_at=_unix_ms(identity.expires_at),
            room_states=tuple(one.state for one in entered),
            mail=mail,
        )
        return Answered(result, lambda: _follow(entered)) if kept else result

    async def _check_welcome(self, link: Link, identity: Identity, rooms: list[RoomId]) -> None:
        """Whether this user may come in now, and into these rooms. Nothing may be awaited between
        its return and the link's place in the hub. Raises Forbidden, Vetoed, HookUnavailable,
        Unauthenticated."""
        if identity.grants is not None and not all(map(identity.grants.may_join, rooms)):
            raise Forbidden("The token does not open one of these rooms.")
        await ask_to_connect(self._gateway.hooks, link, identity.user, identity.device)
        try:
            # Revocations close what is in the hub; this one may have come while we waited.
            self._services.authentication.check_again(identity)
        except Unauthenticated:
            link.close_soon(Close(CloseCode.UNAUTHENTICATED))
            raise
        if not self._gateway.make_place(identity.user):
            link.close_soon(Close(CloseCode.TOO_MANY_CONNECTIONS))
            raise Forbidden("This user has as many connections as allowed.")

    def _enter(self, link: Link, room: RoomId, tail: Tail | None) -> Entered:
        if tail is not None:
            return self._catch_up.enter(link, room, tail)
        self._gateway.hub.join(link, room)
        return Entered(RoomState(room, None, recovered=False))

    async def renew(self, caller: Caller, params: TokenRenew) -> TokenResult:
        """Go on with a newer token. A refused one changes nothing: the old one still counts."""
        old = caller.identity
        if old is None:
            raise NotReady
        admitted = await self._services.authentication.renew(old, params.token, caller.link.address)
        identity = admitted.identity
        caller.renew(identity)
        for room in caller.link.rooms:
            if not caller.link.may_join(room):
                self._gateway.hub.leave(caller.link, room)
        return TokenResult(admitted.ticket, _unix_ms(identity.expires_at))

    def on_revoked(self, kind: RevocationKind, value: str) -> None:
        """Close what a revocation names, without waiting for what it has asked for."""
        hub = self._gateway.hub
        match kind:
            case RevocationKind.USER:
                links = hub.of_user(UserId(value))
            case RevocationKind.DEVICE:
                links = hub.of_device(DeviceId(value))
            case RevocationKind.SESSION:
                links = tuple(link for link in hub.all() if link.session == value)
            case RevocationKind.VIEW:
                return
        for link in links:
            link.close(Close(CloseCode.UNAUTHENTICATED))

    def on_sent_away(self, identity: Identity, why: CloseCode) -> None:
        """Close the connections of a sign-in that another device or a new password has ended,
        without waiting for what they have asked for."""
        for link in self._gateway.hub.of_user(identity.user):
            if link.session == identity.session:
                link.close(Close(why))

    def on_ended_elsewhere(self, sessions: frozenset[str]) -> None:
        """Close the connections of sign-ins that another process has ended."""
        for link in [link for link in self._gateway.hub.all() if link.session in sessions]:
            link.close(Close(CloseCode.SIGNED_OUT))

    def on_session_end(self, identity: Identity) -> None:
        """Close the connections of a sign-in that has ended."""
        for link in self._gateway.hub.of_user(identity.user):
            if link.session == identity.session:
                link.close_soon(Close(CloseCode.SIGNED_OUT))


def _unix_ms(seconds: float) -> int:
    return int(seconds * 1000)


def _follow(entered: list[Entered]) -> None:
    for one in entered:
        if one.follow is not None:
            one.follow()
