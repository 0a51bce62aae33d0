from __future__ import annotations

import msgspec
import pytest

from parlor.doors.goim.settings import GoimSettings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_open_mode_may_listen_on_this_machine(host: str):
    assert GoimSettings(auth="open", host=host).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "chat.example.org", "*"])
def test_open_mode_refuses_every_address_that_others_can_reach(host: str):
    with pytest.raises(ValueError, match="loopback"):
        GoimSettings(auth="open", host=host)
    with pytest.raises(msgspec.ValidationError, match="loopback"):
        msgspec.convert({"auth": "open", "host": host}, GoimSettings)
    assert GoimSettings(auth="token", host=host).host == host


def test_the_defaults_are_those_that_programs_rely_on():
    settings = GoimSettings()
    assert (settings.tcp_port, settings.ws_port, settings.http_port) == (3101, 3102, 3111)
    assert (settings.host, settings.auth) == ("127.0.0.1", "token")
    assert (settings.batch, settings.signal_s) == (20, 1.0)
    assert settings.idle_limit_s == 480.0


@pytest.mark.parametrize(
    "wrong", [{"auth": "none"}, {"batch": 0}, {"signal_s": 0}, {"tcp_port": 65536}, {"prot": 1}]
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, object]):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, GoimSettings)


def test_origins_have_the_form_that_a_browser_sends():
    assert GoimSettings(origins=("https://*.example.org", "*")).origins
    with pytest.raises(ValueError, match="example"):
        GoimSettings(origins=("example.org",))
