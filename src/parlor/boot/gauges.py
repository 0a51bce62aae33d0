"""Gauges of everything that is bounded: how much there is, and how much there may be.

Called once by `assemble`, for what every server has; what is there only sometimes (webhooks, JWT,
TLS) is measured where it is opened. `docs/metrics.md` lists them, and a test compares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from parlor.accounts.key_settings import KeySettings
from parlor.accounts.keys import ApiKeys
from parlor.accounts.seen import SeenDevices
from parlor.accounts.settings import AccountsSettings
from parlor.accounts.sign_ins import SignIns
from parlor.accounts.signing import Signing
from parlor.boot.config import Config
from parlor.boot.files import Filing
from parlor.boot.people import PeopleServices
from parlor.calls.ring import Calls
from parlor.doors.goim.door import GoimDoor
from parlor.drivers.memory.bus import MAX_WAITING, MemoryBus
from parlor.drivers.memory.history import MemoryHistory
from parlor.drivers.prometheus import PrometheusMeter
from parlor.drivers.sql.database import OpenDatabase
from parlor.drivers.sql.settings import StorageSettings
from parlor.drivers.sqlite.settings import SqliteSettings
from parlor.gateway.deliver import Deliver
from parlor.gateway.gateway import Gateway
from parlor.gateway.large import LargeConversations
from parlor.gateway.longpoll.app import HttpLinks
from parlor.gateway.native import Native
from parlor.gateway.presence import RoomPresence
from parlor.gateway.settings import GatewaySettings
from parlor.im.delivered import DeliveredPositions
from parlor.im.files.settings import FileSettings
from parlor.im.groups.online import Online
from parlor.im.indexing import Indexing
from parlor.im.members import Rosters
from parlor.im.people_settings import PeopleSettings
from parlor.im.receipt_settings import ReceiptSettings
from parlor.im.search_settings import SearchSettings
from parlor.im.settings import ImSettings
from parlor.push.backlog import Backlog
from parlor.push.durable import DurablePushes
from parlor.push.mailboxes import MAIL_SUBJECT, Mailboxes
from parlor.push.publishing import Publishing
from parlor.push.pushes import Pushes
from parlor.push.replay import Replay
from parlor.push.rooms import RoomPushes
from parlor.push.route import PUSH_SUBJECT
from parlor.push.settings import DurableSettings, MailboxSettings, PushSettings, TraceSettings

S = TypeVar("S", bound=msgspec.Struct)
SUBJECTS = (PUSH_SUBJECT, MAIL_SUBJECT)


class Gauges:
    """One method for each part of the server. Limits are those of the settings in force."""

    def __init__(self, meter: PrometheusMeter, config: Config) -> None:
        self._meter = meter
        self._gauge = meter.gauge
        self._config = config

    def apply(self, config: Config) -> None:
        self._config = config

    def _set(self, section: str, kind: type[S]) -> Callable[[str], Callable[[], float]]:
        """What a gauge asks for a setting, by its name."""

        def limit(name: str) -> Callable[[], float]:
            return lambda: float(getattr(self._config.section(section, kind), name))

        return limit

    def connections(self, gateway: Gateway, native: Native, links: HttpLinks | None) -> None:
        gauge, hub = self._gauge, gateway.hub
        admission, watching = gateway.admission, gateway.watching
        limit = self._set("gateway", GatewaySettings)
        watched = self._set("trace", TraceSettings)
        gauge("connections", lambda: admission.total, "Open connections, HTTP's included.")
        gauge("connections_limit", limit("max_connections"), "Connections allowed.")
        gauge("connections_greeted", hub.connections, "Connections that have said hello.")
        gauge("connection_addresses", lambda: admission.parties, "Addresses they come from.")
        gauge("connection_users", hub.users_online, "Users who are connected.")
        gauge("rooms_joined", hub.rooms, "Rooms that somebody is in.")
        gauge("readers_blocked", lambda: len(gateway.blocked), "Readers that do not keep up.")
        gauge("readers_blocked_bytes", gateway.blocked_bytes, "What waits for those.")
        gauge("reader_bytes_limit", limit("outbox_bytes"), "What may wait for one.")
        gauge("requests_running", lambda: native.requests.running, "Requests without an answer.")
        gauge("timers", gateway.wheel.__len__, "Appointments of connections.")
        gauge("watched_users", lambda: len(watching.users), "Users on the watch list.")
        gauge("watched_users_limit", watched("max_users"), "Users that may be watched.")
        if links is not None:
            gauge("http_links", links.__len__, "Links over HTTP.")
            gauge("http_link_readers", links.readers, "Polls and event streams that wait.")
            gauge("http_link_bytes", links.unacknowledged_bytes, "Sent and not acknowledged.")

    def storage(self, database: OpenDatabase) -> None:
        gauge, stats = self._gauge, database.stats
        settings = self._set("storage", StorageSettings)
        if self._config.section("storage", StorageSettings).is_embedded:
            settings = self._set("sqlite", SqliteSettings)
        gauge("storage_units", lambda: stats.units, "Write units stored since the start.")
        gauge("storage_reads", lambda: database.reads, "Queries since the start.")
        gauge("storage_largest_batch", lambda: stats.largest_batch, "Units in one commit.")
        gauge("storage_writes_waiting", lambda: database.waiting_writes, "Writes in the queue.")
        gauge("storage_writes_limit", settings("max_waiting_writes"), "Writes allowed there.")
        gauge("storage_reads_waiting", lambda: database.waiting_reads, "Queries in the queue.")
        gauge("storage_reads_limit", settings("max_waiting_reads"), "Queries allowed there.")

    def bus(self, bus: MemoryBus, deliver: Deliver, backlog: Backlog) -> None:
        gauge, settings = self._gauge, self._set("push", PushSettings)
        self._meter.gauges(
            "bus_waiting",
            "subject",
            lambda: {subject: bus.waiting(subject) for subject in SUBJECTS},
            "Messages that the slowest subscriber has not taken.",
        )
        gauge("bus_limit", lambda: MAX_WAITING, "Messages that may wait; then the oldest goes.")
        gauge("push_backlog", backlog.waiting, "Accepted pushes that wait for delivery here.")
        gauge("push_backlog_limit", settings("max_backlog"), "How many may wait.")
        gauge("pushes_paced", lambda: deliver.paced, "Audiences of paced pushes on their way.")
        gauge("pushes_behind_paced", lambda: deliver.behind_paced, "Pushes that wait for those.")
        gauge(
            "pushes_behind_paced_limit",
            self._set("gateway", GatewaySettings)("max_behind_paced"),
            "How many may.",
        )

    def large(self, large: LargeConversations, gateway: Gateway) -> None:
        gauge, settings = self._gauge, self._set("gateway", GatewaySettings)
        gauge("large_conversations", large.audiences.__len__, "Large ones whose links are known.")
        gauge("large_places", lambda: large.audiences.places, "Links that are known in them.")
        gauge("large_places_limit", settings("large_places"), "How many are remembered.")
        gauge("large_waiting", lambda: large.waiting, "Announcements to them that wait here.")
        gauge("large_waiting_limit", settings("large_waiting"), "How many may wait.")

    def rooms(
        self,
        rooms: RoomPushes,
        replay: Replay,
        history: MemoryHistory,
        publishing: Publishing,
        presence: RoomPresence,
        gateway: Gateway,
    ) -> None:
        gauge, settings = self._gauge, self._set("push", PushSettings)
        gauge("rooms_pushed", lambda: rooms.known_rooms, "Rooms that were pushed to lately.")
        gauge("rooms_to_tell", lambda: len(presence.comings), "Rooms with comings to be told.")
        gauge("rooms_numbering", lambda: replay.waiting_rooms, "Rooms whose messages wait for it.")
        gauge("rooms_followed", lambda: len(gateway.progress), "Kept rooms delivered to here.")
        gauge("rooms_followed_limit", lambda: 2 * settings("history_rooms")(), "Followed at most.")
        gauge("history_bytes", lambda: history.bytes, "What rooms keep for those who come back.")
        gauge("history_bytes_limit", settings("history_bytes"), "What they may keep.")
        gauge("history_rooms", lambda: history.rooms, "Rooms whose messages are numbered.")
        gauge("history_rooms_limit", settings("history_rooms"), "Rooms that may be.")
        gauge("history_evicted", lambda: history.evicted, "Messages dropped because of the limits.")
        gauge("room_speakers", lambda: publishing.speakers, "People whose pace is known.")
        gauge("room_speakers_limit", settings("max_speakers"), "Known at most.")
        gauge("room_publishes_known", lambda: publishing.remembered, "Messages known again.")
        gauge("room_publishes_known_limit", settings("remember_published"), "At most.")

    def pushes(self, pushes: Pushes, mailboxes: Mailboxes, durable: DurablePushes) -> None:
        gauge = self._gauge
        settings = self._set("push", PushSettings)
        mailbox = self._set("mailbox", MailboxSettings)
        queue = self._set("durable", DurableSettings)
        gauge("push_ids_known", lambda: pushes.remembered, "Pushes known again by their id.")
        gauge("push_ids_known_limit", settings("remember_ids"), "Known at most.")
        gauge("mail_waiting", lambda: mailboxes.entries, "Must-arrive pushes that wait.")
        gauge("mail_users", lambda: mailboxes.users, "Users with mail that are remembered.")
        gauge("mail_users_limit", mailbox("remembered_users"), "Remembered at most.")
        gauge("mail_devices", lambda: mailboxes.devices, "Devices that are remembered.")
        gauge("mail_devices_limit", mailbox("remembered_devices"), "Remembered at most.")
        gauge("mail_unwritten", lambda: mailboxes.unwritten, "Acknowledgements to be written.")
        gauge("durable_waiting", lambda: durable.waiting, "Durable pushes to be delivered.")
        gauge("durable_limit", queue("max_entries"), "Durable pushes allowed to wait.")

    def traces(self, known: Callable[[], int]) -> None:
        settings = self._set("trace", TraceSettings)
        self._gauge("traces", known, "Pushes of which is known what became of them.")
        self._gauge("traces_limit", settings("keep"), "Known at most.")

    def people(
        self, signing: Signing, sign_ins: SignIns, keys: ApiKeys, rosters: Rosters, calls: Calls
    ) -> None:
        gauge = self._gauge
        settings = self._set("accounts", AccountsSettings)
        quotas, im = self._set("keys", KeySettings), self._set("im", ImSettings)
        gauge("sign_in_failures", lambda: signing.failures_known, "Accounts or addresses, failed.")
        gauge("sign_in_failures_limit", settings("remembered_failures"), "Known at most.")
        gauge("tokens_known", lambda: sign_ins.remembered, "Tokens that need no database.")
        gauge("tokens_known_limit", settings("remembered_tokens"), "Known at most.")
        gauge("api_keys_in_use", lambda: keys.in_use, "API keys used a moment ago.")
        gauge("api_keys_counted", lambda: keys.counted, "API keys whose use counts.")
        gauge("api_keys_counted_limit", quotas("remembered"), "Counted at most.")
        gauge("members_known", lambda: rosters.remembered, "Memberships that are kept.")
        gauge("members_known_limit", im("remembered_members"), "Kept at most.")
        gauge("calls_known", lambda: calls.known, "Calls that go on or ended a moment ago.")

    def files(self, filing: Filing) -> None:
        gauge, settings = self._gauge, self._set("files", FileSettings)
        gauge("file_parts", filing.uploads.parts.__len__, "Parts of files that come in now.")
        gauge("file_parts_limit", settings("max_parts"), "Parts that may.")
        gauge(
            "pictures_waiting", lambda: filing.pictures.pictures, "Pictures worked on or waiting."
        )
        gauge(
            "pictures_waiting_limit",
            lambda: settings("pictures_waiting")() + settings("pictures_at_once")(),
            "Pictures that may.",
        )

    def devices(self, seen: SeenDevices, delivered: DeliveredPositions) -> None:
        gauge = self._gauge
        accounts = self._set("accounts", AccountsSettings)
        receipts = self._set("receipts", ReceiptSettings)
        gauge("devices_seen", seen.__len__, "Devices whose last visit is to be written.")
        gauge("devices_seen_limit", accounts("seen_at_most"), "At most.")
        gauge("positions_waiting", lambda: delivered.waiting, "Delivered positions to be stored.")
        gauge("positions_waiting_limit", receipts("max_waiting"), "At most; then they are refused.")
        gauge("positions_unwanted", lambda: delivered.without, "Groups too large for receipts.")
        gauge("positions_unwanted_limit", receipts("remembered_large"), "Remembered at most.")

    def relations(self, people: PeopleServices) -> None:
        gauge, presence = self._gauge, people.presence
        statuses, pictures, typing = people.statuses, people.pictures, people.typing
        settings = self._set("people", PeopleSettings)
        gauge("presence_watched", presence.lists.__len__, "People on lists of connections.")
        gauge("presence_watched_limit", settings("max_watched"), "On the list of one.")
        gauge("presence_unwritten", lambda: presence.unwritten, "Last seen, to be written.")
        gauge("status_paces", statuses.paces.__len__, "Who chose a status lately.")
        gauge("status_paces_limit", lambda: statuses.paces.limit, "Remembered at most.")
        gauge("profile_paces", people.profiles.paces.__len__, "Who changed their profile lately.")
        gauge("profile_paces_limit", lambda: people.profiles.paces.limit, "Remembered at most.")
        gauge("picture_paces", pictures.paces.__len__, "Who uploaded a picture lately.")
        gauge("picture_paces_limit", lambda: pictures.paces.limit, "Remembered at most.")
        gauge("typing_known", lambda: typing.remembered, "Who typed where a moment ago.")
        gauge("typing_known_limit", lambda: typing.limit, "Remembered at most.")

    def groups(self, online: Online) -> None:
        im = self._set("im", ImSettings)
        self._gauge("groups_counted", lambda: online.remembered, "Groups counted a moment ago.")
        self._gauge("groups_counted_limit", im("online_counts"), "Counted at most.")

    def search(self, indexing: Indexing) -> None:
        settings = self._set("search", SearchSettings)
        gauge = self._gauge
        gauge("search_waiting", lambda: indexing.waiting, "Conversations to be indexed.")
        gauge("search_waiting_limit", settings("max_waiting"), "Known to wait at most.")
        gauge("search_lag_seconds", lambda: indexing.lag_s, "For how long the first of them has.")

    def goim(self, door: GoimDoor) -> None:
        self._gauge("goim_connections", lambda: door.connections, "Through the goim door.")
        self._gauge("goim_rooms_waiting", lambda: door.waiting_rooms, "Rooms joining pushes.")
