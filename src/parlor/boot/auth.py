"""Who may connect, wired: the drivers that the settings switch on, and the chain around them.

PyJWT, cryptography and aiohttp are imported only by the drivers that are on.
"""

from __future__ import annotations

from contextlib import AsyncExitStack

from parlor.accounts.attempts import BadTokens
from parlor.accounts.auth_settings import AuthSettings
from parlor.accounts.authentication import Authentication
from parlor.accounts.people import People
from parlor.accounts.revoked import Revoked
from parlor.accounts.settings import AccountsSettings
from parlor.accounts.sign_ins import SignIns
from parlor.accounts.tickets import Tickets
from parlor.boot.agreement import check_files
from parlor.boot.config import Config
from parlor.boot.secrets import Secrets
from parlor.boot.settings import LimitsSettings
from parlor.drivers.callback.settings import CallbackSettings
from parlor.drivers.jwt.settings import JwtSettings
from parlor.drivers.prometheus import PrometheusMeter
from parlor.drivers.sql.database import Database
from parlor.drivers.sql.revocations import SqlRevocations
from parlor.ports.clock import Clock
from parlor.ports.tokens import Tokens


async def open_authentication(
    config: Config,
    stack: AsyncExitStack,
    database: Database,
    secrets: Secrets,
    sign_ins: SignIns,
    people: People,
    clock: Clock,
    meter: PrometheusMeter,
) -> Authentication:
    """Reads key files and what was revoked. Raises ConfigError, StorageFailed."""
    check_files(config)
    settings = config.section("auth", AuthSettings)
    jwt = config.section("auth.jwt", JwtSettings)
    callback = config.section("auth.callback", CallbackSettings)
    accounts = config.section("accounts", AccountsSettings)
    lives_s = [settings.resume_s, accounts.token_s]
    drivers: list[Tokens] = []
    if jwt.is_on:
        from parlor.drivers.jwt.build import open_jwt

        drivers.append(await stack.enter_async_context(open_jwt(jwt, clock, meter)))
        lives_s.append(jwt.max_lifetime_s + 2 * jwt.skew_s)
    if callback.is_on:
        from parlor.drivers.callback.build import open_callback

        asked = await stack.enter_async_context(open_callback(callback, clock, meter))
        meter.gauge("auth_callbacks_waiting", lambda: asked.waiting, "Tokens being asked about.")
        meter.gauge(
            "auth_callbacks_limit",
            lambda: callback.at_once + callback.max_waiting,
            "Tokens that may be asked about at once.",
        )
        drivers.append(asked)
        lives_s.append(callback.max_lifetime_s)
    revoked = Revoked(SqlRevocations(database), settings, clock, lifetime_s=max(lives_s))
    await revoked.load()
    limit_loopback = config.section("limits", LimitsSettings).loopback
    bad_tokens = BadTokens.as_set(settings, limit_loopback=limit_loopback)
    meter.gauge("auth_revocations", lambda: len(revoked), "Revocations that are remembered.")
    meter.gauge(
        "auth_revocations_limit", lambda: settings.max_revocations, "Revocations that may be."
    )
    meter.gauge(
        "auth_bad_token_addresses", lambda: len(bad_tokens), "Addresses that sent bad tokens."
    )
    meter.gauge(
        "auth_bad_token_addresses_limit",
        lambda: settings.remembered_addresses,
        "Addresses that may be remembered for bad tokens.",
    )
    authentication = Authentication(
        sign_ins,
        people,
        drivers,
        Tickets(secrets.resume_secret, lifetime_s=settings.resume_s),
        revoked,
        bad_tokens,
        settings,
        clock,
        meter,
    )
    meter.gauge(
        "auth_tokens_known", lambda: authentication.remembered, "Tokens that need no driver."
    )
    meter.gauge("auth_tokens_known_limit", lambda: settings.remembered_tokens, "Known at most.")
    return authentication
