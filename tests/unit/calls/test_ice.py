from __future__ import annotations

import msgspec
import pytest

from parlor.calls.ice import IceServers, turn_credential
from parlor.calls.settings import CallsSettings
from parlor.model.call import IceServer
from parlor.model.ids import UserId
from tests.support.phones import UNIX_MS_AT_START, ManualClock

USER = UserId("9007199254740991")
STUN = ("stun:stun.example.org:3478",)
TURN = ("turn:turn.example.org:3478?transport=udp", "turns:turn.example.org:5349?transport=tcp")


def test_the_credential_is_the_one_coturn_computes():
    # printf '1764580000:9007199254740991' | openssl dgst -sha1 -hmac testsecret -binary | base64
    assert turn_credential("testsecret", USER, 1_764_580_000) == (
        "1764580000:9007199254740991",
        "PAls1P0FoKpfoZbwSgsDSaKV9+E=",
    )


def test_a_secret_of_any_unicode_is_taken_as_utf_8():
    assert turn_credential("秘密", USER, 1)[1] == "lusU7Du4+LK7J2GmFuof+gbfAJA="


def test_turn_servers_come_with_credentials_that_expire():
    settings = CallsSettings(
        stun_urls=STUN, turn_urls=TURN, turn_secret="testsecret", turn_ttl_s=600
    )
    servers, expires_at = IceServers(settings, ManualClock()).servers_for(USER)
    expires_at_s = UNIX_MS_AT_START // 1000 + 600
    username, credential = turn_credential("testsecret", USER, expires_at_s)
    assert expires_at == expires_at_s * 1000
    assert servers == (
        IceServer(urls=STUN),
        IceServer(urls=TURN, username=username, credential=credential),
    )


def test_a_stun_server_is_handed_out_without_empty_credentials():
    servers, _ = IceServers(CallsSettings(stun_urls=STUN), ManualClock()).servers_for(USER)
    assert msgspec.json.encode(servers) == b'[{"urls":["stun:stun.example.org:3478"]}]'


def test_without_servers_in_the_settings_there_are_none():
    servers, expires_at = IceServers(CallsSettings(), ManualClock()).servers_for(USER)
    assert servers == ()
    assert expires_at > UNIX_MS_AT_START


def test_turn_servers_without_a_secret_are_refused_at_the_start():
    with pytest.raises(ValueError, match="turn_secret"):
        IceServers(CallsSettings(turn_urls=TURN), ManualClock())
