import json

import pytest

from parlor.boot.config import load, parse_assignment
from parlor.boot.reload import changed, reload, watch_list
from parlor.boot.sections import SECTIONS
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


def test_the_log_level_changes_at_once_and_the_rest_is_named(capsys):
    new = reload(config(), lambda: config("log.level=debug", "http.port=9"))
    told = json.loads(capsys.readouterr().err)
    assert told["event"] == "settings_reloaded"
    assert (told["in_force"], told["after_restart"]) == (["log.level"], ["http.port"])
    assert changed(new, config()) == ("http.port", "log.level")


def test_wrong_settings_change_nothing(capsys):
    old = config()
    assert reload(old, lambda: config("http.prot=9")) is old
    assert "did you mean port?" in "".join(capsys.readouterr())


def test_the_watch_list_is_put_only_when_the_settings_change_it():
    put: list[tuple[str, ...]] = []
    on_reload = watch_list(config("trace.users=a"), put.append)
    on_reload(config("trace.users=a", "log.level=debug"))
    assert put == []
    on_reload(config("trace.users=a,b"))
    on_reload(config("trace.users=a,b"))
    on_reload(config())
    assert put == [("a", "b"), ()]
