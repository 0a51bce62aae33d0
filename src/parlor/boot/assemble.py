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
from parlor.accounts.authentication import Authentication
from parlor.accounts.key_settings import KeySettings
from parlor.accounts.keys import ApiKeys
from parlor.accounts.links import SetUpLinks
from parlor.accounts.passwords import Passwords
from parlor.accounts.people import People
from parlor.accounts.settings import AccountsSettings
from parlor.accounts.sign_ins import SignIns
from parlor.accounts.signing import Signing
from parlor.api.debug import Debug, DebugSettings
from parlor.api.readiness import Readiness
from parlor.api.services import About, Inside
from parlor.api.services import Services as ApiServices
from parlor.api.settings import HttpSettings
from parlor.boot.clock import SystemClock, SystemEntropy
from parlor.boot.config import Config
from parlor.boot.devices import DeviceServices, build_devices
from parlor.boot.gauges import Gauges
from parlor.boot.groups import build_groups
from parlor.boot.messaging import build_messaging
from parlor.boot.own import build_own
from parlor.boot.people import PeopleServices, build_people
from parlor.boot.remembered import Remembered
from parlor.boot.secrets import Secrets
from parlor.boot.self_signed import ensure_self_signed
from parlor.boot.settings import LimitsSettings, ServerSettings
from parlor.boot.storage import open_storage
from parlor.calls.ice import IceServers
from parlor.calls.ring import Calls
from parlor.calls.settings import CallsSettings
from parlor.doors.goim.door import GoimDoor
from parlor.doors.goim.settings import GoimSettings
from parlor.drivers.memory.bus import MemoryBus
from parlor.drivers.memory.history import MemoryHistory
from parlor.drivers.memory.presence import MemoryPresence
from parlor.drivers.profiler import LoopProfiler
from parlor.drivers.prometheus import PrometheusMeter
from parlor.drivers.sql.accounts import SqlAccounts
from parlor.drivers.sql.audit import SqlAudit
from parlor.drivers.sql.changes import SqlChanges
from parlor.drivers.sql.conversations import SqlConversations
from parlor.drivers.sql.database import OpenDatabase
from parlor.drivers.sql.keys import SqlKeys
from parlor.drivers.sql.log import SqlLog
from parlor.drivers.sql.mailbox import SqlMailbox
from parlor.drivers.sql.messages import SqlMessages
from parlor.drivers.sql.retention import SqlRetention
from parlor.drivers.sql.self_logs import SqlSelfLog
from parlor.drivers.sql.sessions import SqlSessions
from parlor.gateway.deliver import Deliver
from parlor.gateway.gateway import Gateway
from parlor.gateway.large import LargeConversations
from parlor.gateway.listening import ListenSettings
from parlor.gateway.longpoll.app import HttpLinks
from parlor.gateway.longpoll.settings import LongpollSettings
from parlor.gateway.native import Native
from parlor.gateway.presence import RoomPresence
from parlor.gateway.services import Services as GatewayServices
from parlor.gateway.settings import GatewaySettings
from parlor.gateway.tls.certificates import Certificates
from parlor.gateway.tls.listening import Tls
from parlor.gateway.tls.settings import TlsSettings
from parlor.im.announce import Announcements
from parlor.im.conversations import Threads
from parlor.im.jobs import MessageJobs
from parlor.im.members import Rosters
from parlor.im.message_settings import MessageSettings
from parlor.im.own import Own
from parlor.im.people_settings import PeopleSettings
from parlor.im.read import Reading
from parlor.im.retention import Keeping
from parlor.im.send import Send
from parlor.im.settings import ImSettings
from parlor.im.sync import Sync
from parlor.model.text import MAX_TEXT_CHARS, MAX_TITLE_CHARS
from parlor.ports.bus import Bus
from parlor.push.backlog import Backlog
from parlor.push.dispatch import Dispatch
from parlor.push.durable import DurablePushes
from parlor.push.in_flight import InFlight
from parlor.push.mailboxes import Mailboxes
from parlor.push.policies import Policies
from parlor.push.publishing import Publishing
from parlor.push.pushes import Pushes
from parlor.push.replay import Replay
from parlor.push.rooms import RoomPushes
from parlor.push.route import PUSH_SUBJECT, Route
from parlor.push.settings import DurableSettings, MailboxSettings, PushSettings, TraceSettings
from parlor.push.traces import Traces

PUSH_LOG = "push"
LANGUAGES = ("en", "zh")
_REACHED_AS_LOCALHOST = frozenset({"127.0.0.1", "0.0.0.0", "::", "::1"})  # noqa: S104


@dataclass(frozen=True, slots=True)
class AccountServices:
    """What needs the database and nothing else."""

    database: OpenDatabase
    secrets: Secrets
    sign_ins: SignIns
    meter: PrometheusMeter
    clock: SystemClock
    entropy: SystemEntropy
    accounts: SqlAccounts
    attempts: Attempts
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
    large: LargeConversations
    bus: Bus
    rooms: RoomPushes
    room_presence: RoomPresence
    people: PeopleServices
    mailboxes: Mailboxes
    durable: DurablePushes
    devices: DeviceServices
    message_jobs: MessageJobs
    calls: Calls
    keeping: Keeping
    api: ApiServices
    doors: tuple[GoimDoor, ...]
    policies: Policies
    backlog: Backlog
    remembered: Remembered
    tls: Tls | None
    gauges: Gauges
    links: HttpLinks | None
    """None: clients have to come by WebSocket or TCP."""


async def open_services(config: Config, stack: AsyncExitStack) -> AccountServices:
    """Open the data folder and its database. Raises FolderError, CannotOpen, ValueError."""
    clock, entropy, meter = SystemClock(), SystemEntropy(), PrometheusMeter()
    storage = await open_storage(config, meter, stack)
    database, secrets = storage.database, storage.secrets
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
        sign_ins=sign_ins,
        meter=meter,
        clock=clock,
        entropy=entropy,
        accounts=accounts,
        attempts=attempts,
        signing=Signing(accounts, sign_ins, passwords, attempts, settings, clock, entropy),
        people=People(accounts),
        keys=ApiKeys(keys, clock, entropy, meter, config.section("keys", KeySettings)),
        links=SetUpLinks(accounts, keys, sign_ins, passwords, settings, clock, entropy),
    )


def build_server(config: Config, base: AccountServices, authentication: Authentication) -> Server:
    """Wire the rest, in the running loop. Opens nothing: `processes` does."""
    clock, entropy, meter = base.clock, base.entropy, base.meter
    limit_loopback = config.section("limits", LimitsSettings).loopback
    listen = config.section("listen", ListenSettings)
    im = config.section("im", ImSettings)
    push_settings = config.section("push", PushSettings)
    watched = config.section("trace", TraceSettings)
    traces = Traces(clock, watched.keep)
    gateway = Gateway(
        config.section("gateway", GatewaySettings),
        clock,
        entropy,
        meter,
        limit_loopback=limit_loopback,
        trusted=listen.trusted(),
        followed_rooms=2 * push_settings.history_rooms,
        traces=traces,
        watched=watched,
    )
    bus = MemoryBus(on_dropped=lambda subject: meter.count("bus_dropped_total", subject=subject))
    presence = MemoryPresence(gateway.hub)
    route = Route(bus)
    policies = Policies(push_settings.rooms)
    history = MemoryHistory(
        clock,
        entropy,
        max_bytes=push_settings.history_bytes,
        max_rooms=push_settings.history_rooms,
    )
    replay = Replay(route, history, policies)
    rooms = RoomPushes(replay, presence, clock, push_settings, policies)
    publishing = Publishing(rooms, policies, clock, entropy, meter, push_settings, traces)
    room_presence = RoomPresence(gateway, presence, route, policies, push_settings)
    mailbox = config.section("mailbox", MailboxSettings)
    mail_store = SqlMailbox(base.database, mailbox.limits())
    mailboxes = Mailboxes(mail_store, bus, presence, clock, meter, mailbox, traces)
    dispatch = Dispatch(replay, rooms, mailboxes)
    queue = config.section("durable", DurableSettings)
    push_log = SqlLog(base.database, PUSH_LOG, queue.limits())
    durable = DurablePushes(push_log, dispatch, clock, meter, queue, traces)
    backlog = Backlog(
        lambda: bus.waiting(PUSH_SUBJECT),
        push_settings.max_backlog,
        push_settings.backlog_patience_s,
    )
    pushes = Pushes(dispatch, durable, presence, clock, entropy, meter, push_settings, traces)

    messages, conversations = SqlMessages(base.database), SqlConversations(base.database)
    announcements = Announcements(
        route, meter, limit_s=im.announce_limit_s if bus.may_wait else None
    )
    rosters = Rosters(
        conversations, clock, im.remembered_members, im.announce_members, im.roster_kept_s
    )
    threads = Threads(conversations, announcements, im, clock, entropy)
    of_messages = config.section("messages", MessageSettings)
    send = Send(messages, rosters, announcements, im, clock)
    sync = Sync(messages, conversations, im, clock)
    groups = build_groups(
        base.database, messages, conversations, rosters, announcements, presence, im, clock, entropy
    )
    self_log, changes = SqlSelfLog(base.database), SqlChanges(base.database)
    own_log = Own(self_log, announcements, im, clock)
    reading = Reading(conversations, own_log, announcements, clock)
    own = build_own(own_log, self_log, changes, conversations, im, clock)
    devices = build_devices(
        config,
        base.database,
        base.sign_ins,
        authentication,
        gateway,
        presence,
        messages,
        conversations,
        announcements,
        reading,
    )
    messaging = build_messaging(
        base.database,
        messages,
        conversations,
        rosters,
        announcements,
        send,
        of_messages,
        im,
        clock,
        meter,
    )

    people = build_people(
        base.database,
        base.people,
        gateway,
        bus,
        presence,
        route,
        announcements,
        own_log,
        conversations,
        rosters,
        config.section("people", PeopleSettings),
    )

    call_settings = _with_turn_secret(config.section("calls", CallsSettings), base.secrets)
    calls = Calls(threads, send, route, clock, entropy, meter, call_settings)
    ice = IceServers(call_settings, clock)
    native = Native.over(
        gateway,
        GatewayServices(
            authentication=authentication,
            people=base.people,
            send=send,
            threads=threads,
            groups=groups,
            sync=sync,
            reading=reading,
            devices=devices.devices,
            delivered=devices.delivered,
            receipts=devices.receipts,
            acts=messaging.acts,
            states=messaging.states,
            forwarding=messaging.forwarding,
            schedules=messaging.schedules,
            own=own,
            calls=calls,
            ice=ice,
            presence=presence,
            replay=replay,
            publishing=publishing,
            who=room_presence.comings,
            mailboxes=mailboxes,
            contacts=people.contacts,
            profiles=people.profiles,
            statuses=people.statuses,
            people_presence=people.presence,
            typing=people.typing,
            epoch=base.secrets.epoch,
            max_group_members=im.max_group_members,
            recall_window_s=of_messages.recall_window_s,
            edit_window_s=of_messages.edit_window_s,
        ),
    )
    api = ApiServices(
        signing=base.signing,
        authentication=authentication,
        people=base.people,
        keys=base.keys,
        links=base.links,
        threads=threads,
        groups=groups,
        audit=SqlAudit(base.database),
        send=send,
        sync=sync,
        reading=reading,
        devices=devices.devices,
        delivered=devices.delivered,
        receipts=devices.receipts,
        acts=messaging.acts,
        states=messaging.states,
        forwarding=messaging.forwarding,
        schedules=messaging.schedules,
        own=own,
        contacts=people.contacts,
        profiles=people.profiles,
        pictures=people.pictures,
        statuses=people.statuses,
        pushes=pushes,
        backlog=backlog,
        presence=presence,
        ice=ice,
        clock=clock,
        meter=meter,
        metrics=meter,
        readiness=Readiness(),
        inside=Inside(
            traces,
            mailboxes.standing,
            gateway.watching,
            Debug(config.section("debug", DebugSettings), LoopProfiler),
        ),
        in_flight=InFlight(),
        about=About(
            version=__version__,
            open_sign_up=config.section("accounts", AccountsSettings).open_sign_up,
            languages=LANGUAGES,
            max_text_chars=MAX_TEXT_CHARS,
            max_title_chars=MAX_TITLE_CHARS,
            max_group_members=im.max_group_members,
        ),
    )
    tls = _open_tls(config, gateway, meter)
    doors: list[GoimDoor] = []
    if "goim" in config.section("server", ServerSettings).doors:
        goim = config.section("doors.goim", GoimSettings)
        doors.append(
            GoimDoor(goim, gateway, replay, presence, authentication, base.keys, listen, tls)
        )
    longpoll = config.section("longpoll", LongpollSettings)
    links = HttpLinks(native, longpoll) if longpoll.enabled else None
    large = LargeConversations(gateway, conversations)
    deliver = Deliver(gateway, bus, large)
    gauges = Gauges(meter, config)
    gauges.connections(gateway, native, links)
    gauges.storage(base.database)
    gauges.bus(bus, deliver, backlog)
    gauges.large(large, gateway)
    gauges.rooms(rooms, replay, history, publishing, room_presence, gateway)
    gauges.pushes(pushes, mailboxes, durable)
    gauges.traces(traces.__len__)
    gauges.devices(devices.seen, devices.delivered)
    gauges.relations(people)
    gauges.people(base.signing, base.sign_ins, base.keys, rosters, calls)
    gauges.groups(groups.online)
    for door in doors:
        gauges.goim(door)
    return Server(
        gateway=gateway,
        native=native,
        deliver=deliver,
        large=large,
        bus=bus,
        rooms=rooms,
        room_presence=room_presence,
        people=people,
        mailboxes=mailboxes,
        durable=durable,
        devices=devices,
        message_jobs=messaging.jobs,
        calls=calls,
        keeping=Keeping(SqlRetention(base.database), self_log, im, clock, meter),
        api=api,
        doors=tuple(doors),
        policies=policies,
        backlog=backlog,
        remembered=Remembered(
            history,
            gateway.progress,
            pushes,
            publishing,
            base.attempts,
            authentication.bad_tokens,
            base.keys.quotas,
        ),
        tls=tls,
        gauges=gauges,
        links=links,
    )


def public_url(config: Config, port: int | None = None) -> str:
    """Where people reach this server: as told, otherwise as bound to `port`."""
    http, tls = config.section("http", HttpSettings), config.section("tls", TlsSettings)
    if http.public_url:
        return http.public_url.rstrip("/")
    scheme = "https" if tls.is_on and tls.web != "off" else "http"
    host = "localhost" if http.host in _REACHED_AS_LOCALHOST else http.host
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port or http.port}"


def set_up_url(config: Config, token: str, port: int | None = None) -> str:
    return f"{public_url(config, port)}/setup/{token}"


def _open_tls(config: Config, gateway: Gateway, meter: PrometheusMeter) -> Tls | None:
    """Load the certificates; None without any. Raises CertificateError."""
    settings = config.section("tls", TlsSettings)
    if not settings.is_on:
        return None
    folder = Path(config.section("server", ServerSettings).data)
    certificates = Certificates(settings, gateway.clock, lambda: ensure_self_signed(folder))
    tls = Tls(certificates, settings, gateway)
    meter.gauge("tls_handshakes", lambda: len(tls.handshakes), "TLS handshakes under way.")
    meter.gauge("tls_handshakes_limit", lambda: settings.max_handshakes, "TLS handshakes allowed.")
    meter.gauges(
        "tls_certificate_expires_seconds",
        "name",
        certificates.expiries,
        "Seconds until the certificate expires; negative afterwards.",
    )
    return tls


def _with_turn_secret(settings: CallsSettings, secrets: Secrets) -> CallsSettings:
    if settings.turn_secret:
        return settings
    return msgspec.structs.replace(settings, turn_secret=secrets.turn_secret)
