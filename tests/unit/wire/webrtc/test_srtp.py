import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.srtp import MAX_PACKET_BYTES, Srtp, SrtpRefusal
from parlor.wire.webrtc.srtp_keys import SrtpKeys, SrtpProfile
from tests.support.patient import PATIENT
from tests.support.srtp_reference import (
    RTP_AUTH,
    RTP_KEY,
    RTP_SALT,
    counter_mode,
    derive,
    gcm,
    protect_counter_mode,
    protect_gcm,
)

# RFC 3711 appendix B.3.
MASTER_KEY = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139")
MASTER_SALT = bytes.fromhex("0EC675AD498AFEEBB6960B3AABE6")
PROFILES = pytest.mark.parametrize("profile", SrtpProfile)


def ends(profile, **more):
    size = profile.key_bytes + profile.salt_bytes
    a, b = bytes(range(size)), bytes(range(100, 100 + size))
    return Srtp(SrtpKeys(profile, a, b), **more), Srtp(SrtpKeys(profile, b, a), **more)


def rtp(seq=1, ssrc=0xDECAFBAD, payload=b"payload"):
    return b"\x80\x60" + seq.to_bytes(2) + bytes(4) + ssrc.to_bytes(4) + payload


def rtcp(ssrc=0xDECAFBAD):
    return b"\x80\xc9\x00\x01" + ssrc.to_bytes(4)


def test_session_keys_are_those_of_rfc_3711():
    assert derive(MASTER_KEY, MASTER_SALT, RTP_KEY, 16) == bytes.fromhex(
        "C61E7A93744F39EE10734AFE3FF7A087"
    )
    assert derive(MASTER_KEY, MASTER_SALT, RTP_SALT, 14) == bytes.fromhex(
        "30CBBC08863D8C85D49DB34A9AE1"
    )
    assert derive(MASTER_KEY, MASTER_SALT, RTP_AUTH, 94) == bytes.fromhex(
        "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCE"
        "E049646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC25"
        "6D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2"
    )


def test_the_key_stream_is_that_of_rfc_3711():
    key = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
    iv = int("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000", 16)
    assert counter_mode(key, iv, bytes(32)) == bytes.fromhex(
        "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"
    )


def test_a_packet_under_gcm_is_that_of_rfc_7714():
    packet = bytes.fromhex("8040f17b8041f8d35501a0b2") + b"Gallia est omnis divisa in partes tres"
    sealed = gcm(bytes(range(16)), b"Quid pro quo", packet)
    assert sealed[12:] == bytes.fromhex(
        "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
        "899d7f27beb16a9152cf765ee4390cce"
    )


def test_counter_mode_goes_out_as_the_rfcs_say():
    srtp = Srtp(
        SrtpKeys(SrtpProfile.AES128_CM_SHA1_80, MASTER_KEY + MASTER_SALT, MASTER_KEY + MASTER_SALT)
    )
    for seq in (65_534, 65_535):
        assert srtp.protect(rtp(seq)) == protect_counter_mode(MASTER_KEY, MASTER_SALT, rtp(seq))
    # The sequence number begins anew, and the count of that is in the key stream.
    assert srtp.protect(rtp(0)) == protect_counter_mode(MASTER_KEY, MASTER_SALT, rtp(0), 1)


def test_gcm_goes_out_as_the_rfcs_say():
    key, salt = bytes(range(16)), b"Quid pro quo"
    srtp = Srtp(SrtpKeys(SrtpProfile.AEAD_AES_128_GCM, key + salt, key + salt))
    for seq in (65_534, 65_535):
        assert srtp.protect(rtp(seq)) == protect_gcm(key, salt, rtp(seq))
    assert srtp.protect(rtp(0)) == protect_gcm(key, salt, rtp(0), 1)


@PROFILES
@PATIENT
@given(payload=st.binary(max_size=1_200), seq=st.integers(0, 65_535))
def test_what_one_end_protects_the_other_opens(profile, payload, seq):
    here, there = ends(profile)
    sealed = here.protect(rtp(seq, payload=payload))
    assert there.open(sealed) == rtp(seq, payload=payload)
    assert there.open_rtcp(here.protect_rtcp(rtcp())) == rtcp()
    assert not there.refused


@PROFILES
def test_a_packet_that_was_seen_is_refused_and_counted(profile):
    here, there = ends(profile)
    sealed, report = here.protect(rtp(7)), here.protect_rtcp(rtcp())
    assert there.open(sealed)
    assert there.open(sealed) is None
    assert there.open_rtcp(report)
    assert there.open_rtcp(report) is None
    assert there.refused == {SrtpRefusal.REPLAYED: 2}


@PROFILES
def test_packets_come_in_any_order_within_the_window_and_not_beyond_it(profile):
    here, there = ends(profile)
    sealed = [here.protect(rtp(seq)) for seq in range(1_101)]
    assert there.open(sealed[1_100])
    assert there.open(sealed[100])
    assert there.open(sealed[10]) is None
    assert there.refused == {SrtpRefusal.REPLAYED: 1}


@PROFILES
def test_a_changed_bit_anywhere_is_refused_and_the_real_packet_is_taken_afterwards(profile):
    here, there = ends(profile)
    sealed, report = here.protect(rtp()), here.protect_rtcp(rtcp())
    for at in range(len(sealed)):
        assert there.open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]) is None
    for at in range(8, len(report)):
        assert there.open_rtcp(report[:at] + bytes([report[at] ^ 1]) + report[at + 1 :]) is None
    assert sum(there.refused.values()) == len(sealed) + len(report) - 8
    assert there.refused[SrtpRefusal.FORGED] > len(sealed)
    assert there.open(sealed) == rtp()
    assert there.open_rtcp(report) == rtcp()
    assert there.sources == 1


@PROFILES
def test_the_keys_of_one_direction_do_not_open_the_other(profile):
    here, _ = ends(profile)
    assert here.open(here.protect(rtp())) is None
    assert here.refused == {SrtpRefusal.FORGED: 1}


@PROFILES
@PATIENT
@given(packet=st.binary(max_size=200))
def test_any_bytes_are_refused_without_an_error(profile, packet):
    _, there = ends(profile)
    assert there.open(packet) is None
    assert there.open_rtcp(packet) is None
    assert sum(there.refused.values()) == 2
    assert there.sources == 0


def test_a_packet_over_the_limit_is_neither_sent_nor_opened():
    here, there = ends(SrtpProfile.AEAD_AES_128_GCM)
    whole = rtp(payload=bytes(MAX_PACKET_BYTES - 12))
    sealed = here.protect(whole)
    # What is sealed is longer by its tag: 16 bytes less fit on the way in.
    assert there.open(sealed) is None
    fitting = here.protect(rtp(2, payload=bytes(MAX_PACKET_BYTES - 28)))
    assert len(fitting) == MAX_PACKET_BYTES
    assert there.open(fitting)
    assert there.open(bytes(60_000)) is None
    assert there.refused == {SrtpRefusal.MALFORMED: 2}
    with pytest.raises(ValueError, match="bytes"):
        here.protect(whole + b"x")


def test_a_number_is_not_used_for_two_packets():
    here, _ = ends(SrtpProfile.AEAD_AES_128_GCM)
    here.protect(rtp(5))
    with pytest.raises(ValueError, match="replay"):
        here.protect(rtp(5, payload=b"another"))


def test_a_peer_has_so_many_sources_and_no_more():
    here, there = ends(SrtpProfile.AEAD_AES_128_GCM, max_sources=3)
    for ssrc in range(3):
        assert there.open(here.protect(rtp(ssrc=ssrc)))
    assert there.open(here.protect(rtp(ssrc=3))) is None
    assert there.open_rtcp(here.protect_rtcp(rtcp(4))) is None
    assert there.refused == {SrtpRefusal.TOO_MANY: 2}
    assert there.open(here.protect(rtp(2, ssrc=2)))
    there.forget_source(0)
    there.forget_source(9)
    assert there.open(here.protect(rtp(2, ssrc=3)))
    assert there.sources == 3


def test_a_forged_packet_takes_no_place():
    here, there = ends(SrtpProfile.AEAD_AES_128_GCM, max_sources=1)
    for ssrc in range(100):
        assert there.open(rtp(ssrc=ssrc, payload=bytes(40))) is None
    assert there.open(here.protect(rtp()))


def test_a_key_of_another_length_is_refused():
    with pytest.raises(ValueError, match="key of"):
        Srtp(SrtpKeys(SrtpProfile.AEAD_AES_128_GCM, bytes(30), bytes(28)))
