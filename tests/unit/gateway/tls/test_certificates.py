import datetime
import json
from pathlib import Path

import pytest

from parlor.boot.telemetry import LogSettings, set_up_logs
from parlor.gateway.tls.certificate import CertificateError
from parlor.gateway.tls.certificates import Certificates
from parlor.gateway.tls.settings import TlsSettings
from tests.support.certificates import write_pair
from tests.support.logs import kept_logs
from tests.support.steady import HandClock
from tests.support.tls_listener import none_of_its_own

kept = pytest.fixture(autouse=True)(kept_logs)


def holding(*pairs, **settings) -> Certificates:
    chosen = TlsSettings(certificates=pairs, **settings)
    return Certificates(chosen, HandClock(), none_of_its_own)


def logged(capsys) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_the_name_that_the_client_asked_for_chooses(tmp_path):
    one = write_pair(tmp_path, "one.example")
    two = write_pair(tmp_path, "two.example", "*.two.example")
    held = holding(one, two)

    def chosen(name):
        return held.find(name).names[0]

    assert chosen("one.example") == "one.example"
    assert chosen("two.example") == chosen("TWO.example.") == "two.example"
    assert chosen("a.two.example") == "two.example"
    assert chosen("a.b.two.example") == "one.example", "a wildcard is one label (RFC 9525 §6.3)"
    for other in (None, "", ".", "elsewhere", "example", "xtwo.example"):
        assert chosen(other) == "one.example", "the first is the default"


def test_of_two_certificates_for_one_name_the_first_is_in_force(tmp_path):
    first = write_pair(tmp_path, "first.example", "same.example")
    second = write_pair(tmp_path, "second.example", "same.example")
    assert holding(first, second).find("same.example").names[0] == "first.example"


def test_files_that_change_are_read_again_by_themselves(tmp_path):
    held = holding(write_pair(tmp_path, "old.example", stem="it"), check_files_s=60)
    assert held.on_time(1_000.0) == 1_060.0
    assert held.find(None).names == ("old.example",)
    write_pair(tmp_path, "new.example", stem="it")
    held.on_time(1_060.0)
    assert held.find(None).names == ("new.example",)


def test_a_broken_file_keeps_the_old_certificate_and_is_complained_of_once(tmp_path, capsys):
    set_up_logs(LogSettings())
    pair = write_pair(tmp_path, "old.example", stem="it")
    held = holding(pair)
    whole = Path(pair.key).read_bytes()
    Path(pair.key).write_bytes(whole[:40])
    for now in (0, 60, 120):
        held.on_time(now)
    assert held.find(None).names == ("old.example",)
    (complaint,) = logged(capsys)
    assert (complaint["event"], complaint["level"]) == ("tls_certificates_kept", "error")
    write_pair(tmp_path, "new.example", stem="it")
    held.on_time(180)
    assert held.find(None).names == ("new.example",)
    assert logged(capsys)[0]["names"] == ["new.example"]


def test_a_certificate_that_came_before_its_key_is_taken_when_the_key_is_there(tmp_path):
    pair = write_pair(tmp_path, "old.example", stem="it")
    held = holding(pair)
    new = write_pair(tmp_path, "new.example")
    Path(pair.certificate).write_bytes(Path(new.certificate).read_bytes())
    held.on_time(0)
    assert held.find(None).names == ("old.example",)
    Path(pair.key).write_bytes(Path(new.key).read_bytes())
    held.on_time(60)
    assert held.find(None).names == ("new.example",)


def test_a_removed_file_keeps_the_old_certificate(tmp_path):
    pair = write_pair(tmp_path, "old.example")
    held = holding(pair)
    Path(pair.certificate).unlink()
    held.on_time(0)
    assert held.find("old.example").names == ("old.example",)


def test_a_reload_takes_other_files_when_the_settings_name_them(tmp_path):
    held = holding(write_pair(tmp_path, "old.example"))
    other = write_pair(tmp_path, "other.example")
    held.reload(TlsSettings(certificates=(other,)))
    assert held.find("old.example").names == ("other.example",)
    held.reload(TlsSettings())
    assert held.find(None).names == ("other.example",), "TLS stays on"


def test_a_start_without_a_certificate_that_can_be_loaded_fails(tmp_path):
    pair = write_pair(tmp_path, "one.example")
    Path(pair.key).unlink()
    with pytest.raises(CertificateError, match="No such file"):
        holding(pair)


def test_an_expired_certificate_serves_with_a_warning_and_a_negative_time(tmp_path, capsys):
    set_up_logs(LogSettings())
    now = datetime.datetime.fromtimestamp(HandClock().unix_ms() / 1000, datetime.UTC)
    day = datetime.timedelta(days=1)
    old = write_pair(tmp_path, "old.example", valid_from=now - 9 * day, expires=now - day)
    good = write_pair(tmp_path, "good.example", valid_from=now - day, expires=now + 30 * day)
    held = holding(old, good)
    (warning,) = logged(capsys)
    assert (warning["name"], warning["fault"]) == ("old.example", "has expired")
    assert held.expiries() == {"old.example": -86_400.0, "good.example": 30 * 86_400.0}


def test_the_own_certificate_is_asked_for_only_when_it_is_wished(tmp_path):
    own = write_pair(tmp_path, "own.example")
    named = write_pair(tmp_path, "named.example")
    settings = TlsSettings(certificates=(named,), self_signed=True)
    held = Certificates(settings, HandClock(), lambda: own)
    assert held.find(None).names == ("own.example",)
    assert held.find("named.example").names == ("named.example",)
