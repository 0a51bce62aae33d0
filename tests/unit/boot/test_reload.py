import json
import re
from pathlib import Path

import msgspec
import pytest

from parlor.boot.config import load, parse_assignment
from parlor.boot.reload import AT_ONCE, changed, reload
from parlor.boot.sections import SECTIONS
from parlor.boot.telemetry import LogSettings, set_up_logs
from tests.support.logs import kept_logs

kept = pytest.fixture(autouse=True)(kept_logs)


def config(*flags: str):
    given = [parse_assignment(flag, "--set") for flag in flags]
    return load(SECTIONS, file=None, environment={}, flags=given)


def test_what_differs_is_named_by_section_and_key():
    assert changed(config("http.port=1"), config("http.port=2", "log.level=debug")) == (
        "http.port",
        "log.level",
    )


def test_what_cannot_change_is_named_each_time_and_keeps_its_value(capsys):
    new = reload(config(), lambda: config("log.level=debug", "http.port=9"))
    told = json.loads(capsys.readouterr().err)
    assert told["event"] == "settings_reloaded"
    assert (told["in_force"], told["after_restart"]) == (["log.level"], ["http.port"])
    assert changed(new, config()) == ("log.level",)
    assert reload(new, lambda: config("log.level=debug", "http.port=9")) == new
    told = json.loads(capsys.readouterr().err)
    assert (told["in_force"], told["after_restart"]) == ([], ["http.port"])


def test_wrong_settings_change_nothing(capsys):
    old = config()
    assert reload(old, lambda: config("http.prot=9")) is old
    assert "did you mean port?" in "".join(capsys.readouterr())


def test_values_that_fit_only_after_a_restart_change_nothing(capsys):
    set_up_logs(LogSettings())
    old = config("listen.trusted_proxies=10.0.0.1", "listen.proxy_protocol=required")
    assert reload(old, config) is old
    told = json.loads(capsys.readouterr().err)
    assert told["event"] == "settings_refused"
    assert "listen" in told["reason"]
    assert "restart" in told["reason"]


def test_every_key_that_changes_at_once_is_a_setting_and_is_documented():
    for name, keys in AT_ONCE.items():
        declared = {field.name for field in msgspec.structs.fields(SECTIONS[name])}
        assert declared.issuperset(keys)
        assert len(set(keys)) == len(keys)
    at_once = {f"{name}.{key}" for name, keys in AT_ONCE.items() for key in keys}
    for language in ("", ".zh"):
        text = Path(f"docs/operations{language}.md").read_text(encoding="utf-8")
        table = text.partition("<!-- reload -->")[2].partition("<!-- /reload -->")[0]
        told = set()
        for line in table.splitlines():
            for name, keys in re.findall(r"^\| `([a-z.]+)` \| (.+) \|$", line):
                told |= {f"{name}.{key}" for key in re.findall(r"`([a-z_]+)`", keys)}
        assert told == at_once
