"""Services wired: the one place that knows what a server is made of.

What belongs together is built in modules of its own (`accounts`, `pushing`, `groups`, `messaging`,
`people`, `devices`, `own`); this joins them, and offers them to the gateway and the API.
"""

from __future__ import annotations

import msgspec

from parlor import __version__
from parlor.accounts.authentication import Authentication
from parlor.accounts.settings import AccountsSettings
from parlor.api.debug import Debug, DebugSettings
from parlor.api.readiness import Readiness
from parlor.api.services import About, Inside
from parlor.api.services import Services as ApiServices
from parlor.boot.accounts import AccountServices
from parlor.boot.certificates import open_tls
from parlor.boot.config import Config
from parlor.boot.devices import build_devices
from parlor.boot.files import build_files
from parlor.boot.gauges import Gauges
from parlor.boot.groups import build_groups
from parlor.boot.messaging import build_messaging
from parlor.boot.own import build_own
from parlor.boot.people import build_people
from parlor.boot.pushing import build_pushing
from parlor.boot.remembered import Remembered
from parlor.boot.searching import build_searching
from parlor.boot.secrets import Secrets
from parlor.boot.server import Server
from parlor.boot.settings import LimitsSettings, ServerSettings
from parlor.calls.ice import IceServers
from parlor.calls.ring import Calls
from parlor.calls.settings import CallsSettings
from parlor.doors.goim.door import GoimDoor
from parlor.doors.goim.settings import GoimSettings
from parlor.drivers.memory.bus import MemoryBus
from parlor.drivers.memory.presence import MemoryPresence
from parlor.drivers.profiler import LoopProfiler
from parlor.drivers.sql.audit import SqlAudit
from parlor.drivers.sql.changes import SqlChanges
from parlor.drivers.sql.conversations import SqlConversations
from parlor.drivers.sql.messages import SqlMessages
from parlor.drivers.sql.retention import SqlRetention
from parlor.drivers.sql.self_logs import SqlSelfLog
from parlor.gateway.deliver import Deliver
from parlor.gateway.gateway import Gateway
from parlor.gateway.large import LargeConversations
from parlor.gateway.listening import ListenSettings
from parlor.gateway.longpoll.app import HttpLinks
from parlor.gateway.longpoll.settings import LongpollSettings
from parlor.gateway.native import Native
from parlor.gateway.services import Services as GatewayServices
from parlor.gateway.settings import GatewaySettings
from parlor.im.announce import Announcements
from parlor.im.conversations import Threads
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
from parlor.push.in_flight import InFlight
from parlor.push.route import Route
from parlor.push.settings import PushSettings, TraceSettings
from parlor.push.traces import Traces

LANGUAGES = ("en", "zh")


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
    pushing = build_pushing(config, base, gateway, bus, presence, route, traces)

    conversations, changes = SqlConversations(base.database), SqlChanges(base.database)
    searching = build_searching(config, base.database, changes, conversations, clock, meter)
    messages = SqlMessages(base.database, on_stored=searching.indexing.note)
    announcements = Announcements(
        route, meter, limit_s=im.announce_limit_s if bus.may_wait else None
    )
    rosters = Rosters(
        conversations, clock, im.remembered_members, im.announce_members, im.roster_kept_s
    )
    self_log = SqlSelfLog(base.database)
    own_log = Own(self_log, announcements, im, clock)
    threads = Threads(conversations, announcements, own_log, im, clock, entropy)
    of_messages = config.section("messages", MessageSettings)
    send = Send(messages, rosters, announcements, im, clock)
    sync = Sync(messages, conversations, im, clock)
    groups = build_groups(
        base.database,
        messages,
        conversations,
        rosters,
        announcements,
        own_log,
        presence,
        im,
        clock,
        entropy,
    )
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

    files = build_files(config, base)
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
            search=searching.search,
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
            replay=pushing.replay,
            publishing=pushing.publishing,
            policies=pushing.policies,
            listed=pushing.listed,
            who=pushing.room_presence.comings,
            mailboxes=pushing.mailboxes,
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
        new_passwords=base.new_passwords,
        authentication=authentication,
        people=base.people,
        keys=base.keys,
        links=base.links,
        threads=threads,
        groups=groups,
        audit=SqlAudit(base.database),
        send=send,
        sync=sync,
        search=searching.search,
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
        files=files.services,
        statuses=people.statuses,
        pushes=pushing.pushes,
        backlog=pushing.backlog,
        presence=presence,
        ice=ice,
        clock=clock,
        meter=meter,
        metrics=meter,
        readiness=Readiness(),
        inside=Inside(
            traces,
            pushing.mailboxes.standing,
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
    tls = open_tls(config, gateway, meter)
    doors: list[GoimDoor] = []
    if "goim" in config.section("server", ServerSettings).doors:
        goim = config.section("doors.goim", GoimSettings)
        doors.append(
            GoimDoor(
                goim, gateway, pushing.replay, presence, authentication, base.keys, listen, tls
            )
        )
    longpoll = config.section("longpoll", LongpollSettings)
    links = HttpLinks(native, longpoll) if longpoll.enabled else None
    large = LargeConversations(gateway, conversations)
    deliver = Deliver(gateway, bus, large)
    gauges = Gauges(meter, config)
    gauges.connections(gateway, native, links)
    gauges.storage(base.database)
    gauges.bus(bus, deliver, pushing.backlog)
    gauges.large(large, gateway)
    gauges.rooms(
        pushing.rooms,
        pushing.replay,
        pushing.history,
        pushing.publishing,
        pushing.room_presence,
        gateway,
    )
    gauges.pushes(pushing.pushes, pushing.mailboxes, pushing.durable)
    gauges.traces(traces.__len__)
    gauges.devices(devices.seen, devices.delivered)
    gauges.relations(people)
    gauges.people(base.signing, base.sign_ins, base.keys, rosters, calls)
    gauges.groups(groups.online)
    gauges.search(searching.indexing)
    gauges.files(files)
    for door in doors:
        gauges.goim(door)
    return Server(
        gateway=gateway,
        native=native,
        deliver=deliver,
        large=large,
        bus=bus,
        rooms=pushing.rooms,
        room_presence=pushing.room_presence,
        people=people,
        mailboxes=pushing.mailboxes,
        durable=pushing.durable,
        devices=devices,
        message_jobs=messaging.jobs,
        indexing=searching.indexing,
        calls=calls,
        tidying=files.tidying,
        keeping=Keeping(SqlRetention(base.database), self_log, im, clock, meter),
        api=api,
        doors=tuple(doors),
        policies=pushing.policies,
        backlog=pushing.backlog,
        remembered=Remembered(
            pushing.history,
            gateway.progress,
            pushing.pushes,
            pushing.publishing,
            base.attempts,
            authentication.bad_tokens,
            base.keys.quotas,
        ),
        tls=tls,
        gauges=gauges,
        links=links,
    )


def _with_turn_secret(settings: CallsSettings, secrets: Secrets) -> CallsSettings:
    if settings.turn_secret:
        return settings
    return msgspec.structs.replace(settings, turn_secret=secrets.turn_secret)
