from __future__ import annotations

import msgspec
import pytest

from parlor.calls.settings import CallsSettings


def test_a_call_rings_for_45_seconds_and_a_device_may_be_away_for_15():
    assert (CallsSettings().ring_timeout_s, CallsSettings().grace_s) == (45.0, 15.0)


def test_no_secret_and_no_server_of_anybody_is_a_default():
    defaults = CallsSettings()
    assert (defaults.turn_secret, defaults.turn_urls, defaults.stun_urls) == ("", (), ())


def test_an_unknown_setting_is_an_error():
    with pytest.raises(msgspec.ValidationError, match="ring_timout_s"):
        msgspec.convert({"ring_timout_s": 1}, CallsSettings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"turn_urls": ["stun:stun.example.org"]},
        {"stun_urls": ["stun.example.org"]},
        {"stun_urls": ["stun:stun.example.org", "turn:turn.example.org"]},
    ],
)
def test_an_address_of_the_wrong_kind_is_named(wrong):
    with pytest.raises(msgspec.ValidationError, match=r"(stun|turn)_urls: .* does not begin with"):
        msgspec.convert(wrong, CallsSettings)
