"""SIGHUP: read the settings again and put into force what can change while serving.

Today that is the log level, the certificates and the watch list; everything else that changed
is named, so that the operator knows what a restart would bring. Wrong settings change nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import structlog

from parlor.boot.config import Config, ConfigError
from parlor.boot.telemetry import LogSettings, set_up_logs
from parlor.push.settings import TraceSettings

log = structlog.get_logger()

Load = Callable[[], Config]
_AT_ONCE = frozenset({"log.level", "tls.certificates", "trace.users"})


def changed(old: Config, new: Config) -> tuple[str, ...]:
    """`section.key` of every setting whose value differs."""
    return tuple(
        f"{name}.{field.name}"
        for name, before in old.sections.items()
        for field in msgspec.structs.fields(before)
        if getattr(before, field.name) != getattr(new.sections[name], field.name)
    )


def reload(in_force: Config, load: Load) -> Config:
    """The settings now in force: new ones, or the old ones when the new are wrong."""
    try:
        new = load()
    except ConfigError as wrong:
        log.error("settings_refused", reason=str(wrong))
        return in_force
    keys = changed(in_force, new)
    set_up_logs(new.section("log", LogSettings))
    log.info(
        "settings_reloaded",
        in_force=[key for key in keys if key in _AT_ONCE],
        after_restart=[key for key in keys if key not in _AT_ONCE],
    )
    return new


def watch_list(
    in_force: Config, put: Callable[[tuple[str, ...]], None]
) -> Callable[[Config], None]:
    """For after each reload: hands `trace.users` to `put` when they differ from the last time.
    What was changed by hand meanwhile stays when the settings did not change."""
    users = in_force.section("trace", TraceSettings).users

    def on_reload(new: Config) -> None:
        nonlocal users
        wanted = new.section("trace", TraceSettings).users
        if wanted != users:
            users = wanted
            put(wanted)

    return on_reload
