"""Staying signed in, and signing out. The hello itself is `gateway.greeting`."""

from __future__ import annotations

from parlor.gateway.gateway import Gateway
from parlor.gateway.greeting import Greeting
from parlor.gateway.mail import MailCarrier
from parlor.gateway.methods.bind import bind, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.wire.native import methods as wire


class Session:
    def __init__(
        self, gateway: Gateway, services: Services, greeting: Greeting, mail: MailCarrier
    ) -> None:
        self._clock = gateway.clock
        self._services = services
        self._greeting = greeting
        self._mail = mail

    def bound(self) -> dict[str, Bound]:
        return {
            "hello": bind(wire.Hello, self._greeting.hello),
            "token.renew": bind(wire.TokenRenew, self._greeting.renew),
            "heartbeat": bind(wire.Heartbeat, self.heartbeat),
            "session.end": bind(wire.SessionEnd, self.sign_out),
            "mail.ack": bind(wire.MailAck, self.acknowledge),
        }

    def heartbeat(self, caller: Caller, params: wire.Heartbeat) -> wire.HeartbeatResult:
        return wire.HeartbeatResult(self._clock.unix_ms())

    async def sign_out(self, caller: Caller, params: wire.SessionEnd) -> wire.Empty:
        await self._services.authentication.sign_out(who(caller))
        return wire.Empty()

    def acknowledge(self, caller: Caller, params: wire.MailAck) -> wire.Empty:
        self._mail.ack(caller.link, params.upto)
        return wire.Empty()
