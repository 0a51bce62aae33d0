"""SIGHUP: read the settings again and say which of them can change while serving.

What cannot is named, so that the operator knows what a restart would bring; it keeps its old
value in all that is put into force (`boot.apply`). Settings that are wrong change nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import structlog

from parlor.boot.config import Config, ConfigError
from parlor.boot.telemetry import LogSettings, set_up_logs

log = structlog.get_logger()

Load = Callable[[], Config]
AT_ONCE = {
    "log": ("level",),
    "tls": ("certificates",),
    "http": (
        "public_url",
        "allowed_origins",
        "max_body_bytes",
        "max_batch_bytes",
        "max_batch_pushes",
        "body_timeout_s",
        "user_requests_per_second",
        "user_request_burst",
        "address_requests_per_second",
        "address_request_burst",
        "hsts_s",
    ),
    "listen": ("trusted_proxies", "client_field"),
    "gateway": (
        "heartbeat_s",
        "first_byte_timeout_s",
        "hello_timeout_s",
        "http_head_bytes",
        "http_head_timeout_s",
        "http_body_stall_s",
        "close_timeout_s",
        "stall_timeout_s",
        "drain_returns_per_second",
        "back_off_first_s",
        "back_off_longest_s",
        "max_connections",
        "max_connections_per_address",
        "max_connections_per_user",
        "user_limit",
        "token_grace_s",
        "max_in_flight",
        "max_rooms",
        "max_tags",
        "max_behind_paced",
        "requests_per_second",
        "request_burst",
        "max_refusals",
        "outbox_frames",
        "outbox_bytes",
    ),
    "push": (
        "max_body_bytes",
        "max_targets",
        "max_target_chars",
        "max_id_chars",
        "room_rate",
        "room_burst",
        "room_window_s",
        "room_window_per_member_s",
        "remember_s",
        "remember_ids",
        "remember_published",
        "max_speakers",
        "max_backlog",
        "backlog_patience_s",
        "history_bytes",
        "rooms",
    ),
    "keys": (
        "requests_per_second",
        "request_burst",
        "messages_per_second",
        "message_burst",
        "messages_per_day",
        "watch_s",
        "mark_used_s",
        "remembered",
    ),
    "trace": ("users",),
}
"""By section, as in docs/operations.md. Everything else waits for a restart."""


def changed(old: Config, new: Config) -> tuple[str, ...]:
    """`section.key` of every setting whose value differs."""
    return tuple(
        f"{name}.{field.name}"
        for name, before in old.sections.items()
        for field in msgspec.structs.fields(before)
        if getattr(before, field.name) != getattr(new.sections[name], field.name)
    )


def reload(in_force: Config, load: Load) -> Config:
    """The settings now in force: what may change of the new ones, and the old ones for the rest,
    or all the old ones when the new are wrong."""
    try:
        new = load()
        mixed = _mix(in_force, new)
    except (ConfigError, ValueError) as wrong:
        log.error("settings_refused", reason=str(wrong))
        return in_force
    set_up_logs(mixed.section("log", LogSettings))
    log.info(
        "settings_reloaded",
        in_force=changed(in_force, mixed),
        after_restart=changed(mixed, new),
    )
    return mixed


def _mix(old: Config, new: Config) -> Config:
    """Raises ValueError when old and new values do not fit each other."""
    sections = dict(old.sections)
    for name, keys in AT_ONCE.items():
        taken = {key: getattr(new.sections[name], key) for key in keys}
        try:
            sections[name] = msgspec.structs.replace(old.sections[name], **taken)
        except ValueError as unfit:
            raise ValueError(f"{name}: {unfit}; a restart would take both") from unfit
    return Config(sections, new.origins)
