"""Drivers built, services wired: the one place that knows which driver serves which port.

`open_services` is what a command beside a server needs (accounts, keys); `open_server` adds
everything that holds connections. Both put what they open on the caller's exit stack, so it is
closed in the opposite order.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from parlor import __version__
from parlor.accounts.attempts import Attempts
from parlor.accounts.key_settings import KeySettings
from parlor.accounts.keys import ApiKeys
from parlor.accounts.links import SetUpLinks
from parlor.accounts.passwords import Passwords
from parlor.accounts.people import People
from parlor.accounts.settings import AccountsSettings
from parlor.accounts.sign_ins import SignIns
from parlor.accounts.signing import Signing
from parlor.api.readiness import Readiness
from parlor.api.services import About
from parlor.api.services import Services as ApiServices
from parlor.api.settings import HttpSettings
from parlor.boot.clock import SystemClock, SystemEntropy
from parlor.boot.config import Config
from parlor.boot.folder import open_folder
from parlor.boot.secrets import Secrets, load_secrets
from parlor.boot.settings import LimitsSettings, ServerSettings
from parlor.calls.ice import IceServers
from parlor.calls.ring import Calls
from parlor.calls.settings import CallsSettings
from parlor.doors.goim.door import GoimDoor
from parlor.doors.goim.settings import GoimSettings
from parlor.drivers.memory.bus import MemoryBus
from parlor.drivers.memory.presence import MemoryPresence
from parlor.drivers.prometheus import PrometheusMeter
from parlor.drivers.sql.accounts import SqlAccounts
from parlor.drivers.sql.conversations import SqlConversations
from parlor.drivers.sql.keys import SqlKeys
from parlor.drivers.sql.messages import SqlMessages
from parlor.drivers.sql.sessions import SqlSessions
from parlor.drivers.sqlite.database import SqliteDatabase, open_database
from parlor.drivers.sqlite.settings import SqliteSettings
from parlor.gateway.deliver import Deliver
from parlor.gateway.gateway import Gateway
from parlor.gateway.native import Native
from parlor.gateway.services import Services as GatewayServices
from parlor.gateway.settings import GatewaySettings
from parlor.im.announce import Announcements
from parlor.im.conversations import Threads
from parlor.im.members import Rosters
from parlor.im.read import Reading
from parlor.im.send import Send
from parlor.im.settings import ImSettings
from parlor.im.sync import Sync
from parlor.model.text import MAX_TEXT_CHARS, MAX_TITLE_CHARS
from parlor.push.backlog import Backlog
from parlor.push.pushes import Pushes
from parlor.push.rooms import RoomPushes
from parlor.push.route import PUSH_SUBJECT, Route
from parlor.push.settings import PushSettings

DATABASE_FILE = "parlor.db"
LANGUAGES = ("en", "zh")
_REACHED_AS_LOCALHOST = frozenset({"127.0.0.1", "0.0.0.0", "::", "::1"})  # noqa: S104


@dataclass(frozen=True, slots=True)
class AccountServices:
    """What needs the database and nothing else."""

    database: SqliteDatabase
    secrets: Secrets
    meter: PrometheusMeter
    clock: SystemClock
    entropy: SystemEntropy
    accounts: SqlAccounts
    signing: Signing
    people: People
    keys: ApiKeys
    links: SetUpLinks


@dataclass(frozen=True, slots=True)
class Server:
    """Everything that runs while the process serves. `processes` starts and ends it."""

    gateway: Gateway
    native: Native
    deliver: Deliver
    rooms: RoomPushes
    calls: Calls
    api: ApiServices
    doors: tuple[GoimDoor, ...]


async def open_services(config: Config, stack: AsyncExitStack) -> AccountServices:
    """Open the data folder and its database. Raises FolderError, CannotOpen, ValueError."""
    folder = open_folder(Path(config.section("server", ServerSettings).data))
    file = folder / DATABASE_FILE
    secrets = load_secrets(folder, new_history=not file.exists())
    clock, entropy, meter = SystemClock(), SystemEntropy(), PrometheusMeter()
    database = await stack.enter_async_context(
        open_database(file, config.section("sqlite", SqliteSettings), meter)
    )
    settings = config.section("accounts", AccountsSettings)
    limits = config.section("limits", LimitsSettings)
    accounts, keys = SqlAccounts(database), SqlKeys(database)
    passwords = Passwords(settings)
    stack.callback(passwords.close)
    sign_ins = SignIns(accounts, SqlSessions(database), settings, clock, entropy)
    attempts = Attempts.as_set(settings, limit_loopback=limits.loopback)
    return AccountServices(
        database=database,
        secrets=secrets,
        meter=meter,
        clock=clock,
        entropy=entropy,
        accounts=accounts,
        signing=Signing(accounts, sign_ins, passwords, attempts, settings, clock, entropy),
        people=People(accounts),
        keys=ApiKeys(keys, clock, entropy, meter, config.section("keys", KeySettings)),
        links=SetUpLinks(accounts, keys, sign_ins, passwords, settings, clock, entropy),
    )


def build_server(config: Config, base: AccountServices) -> Server:
    """Wire the rest, in the running loop. Opens nothing: `processes` does."""
    clock, entropy, meter = base.clock, base.entropy, base.meter
    limit_loopback = config.section("limits", LimitsSettings).loopback
    im = config.section("im", ImSettings)
    gateway = Gateway(
        config.section("gateway", GatewaySettings),
        clock,
        entropy,
        meter,
        limit_loopback=limit_loopback,
    )
    bus = MemoryBus(on_dropped=lambda subject: meter.count("bus_dropped_total", subject=subject))
    presence = MemoryPresence(gateway.hub)
    route = Route(bus)
    push_settings = config.section("push", PushSettings)
    rooms = RoomPushes(route, presence, clock, push_settings)
    backlog = Backlog(
        lambda: bus.waiting(PUSH_SUBJECT),
        push_settings.max_backlog,
        push_settings.backlog_patience_s,
    )
    pushes = Pushes(route, rooms, presence, clock, entropy, meter, push_settings)

    messages, conversations = SqlMessages(base.database), SqlConversations(base.database)
    announcements = Announcements(route, meter, limit_s=im.announce_limit_s)
    rosters = Rosters(conversations, im.remembered_members)
    threads = Threads(conversations, announcements, im, clock, entropy)
    send = Send(messages, rosters, announcements, im, clock)
    sync = Sync(messages, conversations, im)
    reading = Reading(conversations, announcements)

    call_settings = _with_turn_secret(config.section("calls", CallsSettings), base.secrets)
    calls = Calls(threads, send, route, clock, entropy, meter, call_settings)
    ice = IceServers(call_settings, clock)
    native = Native.over(
        gateway,
        GatewayServices(
            signing=base.signing,
            people=base.people,
            send=send,
            threads=threads,
            sync=sync,
            reading=reading,
            calls=calls,
            ice=ice,
            presence=presence,
            epoch=base.secrets.epoch,
            max_group_members=im.max_group_members,
        ),
    )
    api = ApiServices(
        signing=base.signing,
        people=base.people,
        keys=base.keys,
        links=base.links,
        threads=threads,
        send=send,
        sync=sync,
        reading=reading,
        pushes=pushes,
        backlog=backlog,
        presence=presence,
        ice=ice,
        clock=clock,
        meter=meter,
        metrics=meter,
        readiness=Readiness(),
        about=About(
            version=__version__,
            open_sign_up=config.section("accounts", AccountsSettings).open_sign_up,
            languages=LANGUAGES,
            max_text_chars=MAX_TEXT_CHARS,
            max_title_chars=MAX_TITLE_CHARS,
            max_group_members=im.max_group_members,
        ),
    )
    doors: list[GoimDoor] = []
    if "goim" in config.section("server", ServerSettings).doors:
        goim = config.section("doors.goim", GoimSettings)
        doors.append(GoimDoor(goim, gateway, route, presence, base.signing, base.keys))
    _watch(meter, gateway, base.database)
    meter.gauge("push_backlog", backlog.waiting, "Accepted pushes that wait for delivery here.")
    meter.gauge("push_backlog_limit", lambda: push_settings.max_backlog, "How many may wait.")
    meter.gauge("api_keys_in_use", lambda: base.keys.in_use, "API keys used a moment ago.")
    return Server(gateway, native, Deliver(gateway, bus), rooms, calls, api, tuple(doors))


def public_url(http: HttpSettings, port: int) -> str:
    """Where people reach this server: as told, otherwise as bound."""
    if http.public_url:
        return http.public_url.rstrip("/")
    host = "localhost" if http.host in _REACHED_AS_LOCALHOST else http.host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def set_up_url(config: Config, token: str, port: int | None = None) -> str:
    http = config.section("http", HttpSettings)
    return f"{public_url(http, port or http.port)}/setup/{token}"


def _with_turn_secret(settings: CallsSettings, secrets: Secrets) -> CallsSettings:
    if settings.turn_secret:
        return settings
    return msgspec.structs.replace(settings, turn_secret=secrets.turn_secret)


def _watch(meter: PrometheusMeter, gateway: Gateway, database: SqliteDatabase) -> None:
    hub, admission, stats = gateway.hub, gateway.admission, database.stats
    meter.gauge("connections", lambda: admission.total, "Open connections, greeted or not.")
    meter.gauge("connections_greeted", hub.connections, "Connections that have said hello.")
    meter.gauge(
        "connections_limit", lambda: gateway.settings.max_connections, "Connections allowed."
    )
    meter.gauge("storage_units", lambda: stats.units, "Write units stored since the start.")
    meter.gauge("storage_largest_batch", lambda: stats.largest_batch, "Units in one commit.")
