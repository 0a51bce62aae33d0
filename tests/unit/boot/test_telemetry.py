import json
import logging

import pytest
import structlog

from parlor.boot.telemetry import Level, LogSettings, set_up_logs
from tests.support.logs import kept_logs

kept = pytest.fixture(autouse=True)(kept_logs)


def test_a_traceback_in_the_log_has_no_values_of_variables(capsys):
    set_up_logs(LogSettings())
    log = structlog.get_logger()

    def sign_in(password: str) -> None:
        raise RuntimeError("broke")

    try:
        sign_in("very secret")
    except RuntimeError:
        log.exception("request_broke", method="hello")
    line = capsys.readouterr().err
    assert json.loads(line)["event"] == "request_broke"
    assert "sign_in" in line
    assert "very secret" not in line


def test_off_a_terminal_every_line_is_one_json_object_whoever_logs(capsys):
    set_up_logs(LogSettings())
    structlog.get_logger().info("one", connections=3)
    logging.getLogger("another.package").warning("two %s", 2)
    one, two = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (one["event"], one["connections"], one["level"]) == ("one", 3, "info")
    assert (two["event"], two["level"]) == ("two 2", "warning")


def test_what_is_below_the_level_is_not_logged(capsys):
    set_up_logs(LogSettings(level=Level.WARNING))
    structlog.get_logger().info("one")
    assert capsys.readouterr().err == ""
