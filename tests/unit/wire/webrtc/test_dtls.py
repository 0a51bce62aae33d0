import hashlib
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlor.wire.webrtc.certificate import make_certificate
from parlor.wire.webrtc.dtls import (
    FIRST_RESEND_S,
    HANDSHAKE_LIMIT_S,
    Dtls,
    DtlsContext,
    DtlsFailure,
    DtlsState,
)
from parlor.wire.webrtc.dtls_records import MAX_DATAGRAM_BYTES
from parlor.wire.webrtc.sdp import Fingerprint
from parlor.wire.webrtc.srtp_keys import SrtpProfile
from tests.support.datagrams import Network
from tests.support.patient import PATIENT

CERTIFICATE = make_certificate(1_800_000_000)
CLIENT = DtlsContext(CERTIFICATE)
SERVER = DtlsContext(make_certificate(1_800_000_000))
OTHER = Fingerprint("sha-256", bytes(32))


@dataclass
class Pair:
    network: Network
    client: Dtls
    server: Dtls

    @classmethod
    def made(cls, client=CLIENT, server=SERVER, *, expecting=True, seed=0, **network):
        pair = cls(Network(seed, **network), Dtls(client, client=True), Dtls(server, client=False))
        if expecting:
            pair.client.expect([server.fingerprint])
            pair.server.expect([client.fingerprint])
        return pair

    def start(self):
        self.network.send(1, self.client.start(self.network.now))
        return self

    def run(self):
        """Until nothing happens any more: no datagram is on its way and no timer set."""
        ends = (self.client.received, self.server.received)
        while self.network.step(ends, (self.client.next_at, self.server.next_at)):
            self.network.send(1, self.client.on_time(self.network.now))
            self.network.send(0, self.server.on_time(self.network.now))
        return self

    @property
    def states(self):
        return self.client.state, self.server.state

    @property
    def agreed(self):
        ours, theirs = self.client.keys, self.server.keys
        return (
            self.states == (DtlsState.OPEN, DtlsState.OPEN)
            and ours is not None
            and theirs is not None
            and (ours.ours, ours.theirs, ours.profile)
            == (theirs.theirs, theirs.ours, theirs.profile)
        )


def test_two_ends_agree_on_keys_for_both_directions():
    pair = Pair.made().start().run()
    assert pair.agreed
    assert pair.client.keys.ours != pair.client.keys.theirs
    assert pair.network.now < 0.2


@pytest.mark.parametrize(
    ("client", "server", "chosen"),
    [
        (list(SrtpProfile), list(SrtpProfile), SrtpProfile.AEAD_AES_128_GCM),
        (list(SrtpProfile)[::-1], list(SrtpProfile), SrtpProfile.AEAD_AES_128_GCM),
        (list(SrtpProfile), [SrtpProfile.AES128_CM_SHA1_80], SrtpProfile.AES128_CM_SHA1_80),
        ([SrtpProfile.AES128_CM_SHA1_80], list(SrtpProfile), SrtpProfile.AES128_CM_SHA1_80),
    ],
)
def test_the_server_chooses_the_best_profile_of_both(client, server, chosen):
    pair = Pair.made(DtlsContext(CERTIFICATE, client), DtlsContext(CERTIFICATE, server))
    assert pair.start().run().agreed
    assert pair.client.keys.profile is chosen


def test_no_profile_in_common_is_a_failure():
    pair = Pair.made(
        DtlsContext(CERTIFICATE, [SrtpProfile.AEAD_AES_128_GCM]),
        DtlsContext(CERTIFICATE, [SrtpProfile.AES128_CM_SHA1_80]),
    )
    pair.start().run()
    assert pair.states == (DtlsState.FAILED, DtlsState.FAILED)
    assert pair.server.failure is DtlsFailure.PROFILE
    assert pair.server.keys is None


@given(seed=st.integers(0, 2**32), loss=st.sampled_from([0.0, 0.05, 0.2]))
@settings(PATIENT, max_examples=40)
def test_a_network_that_loses_reorders_and_doubles_only_delays(seed, loss):
    pair = Pair.made(seed=seed, loss=loss, doubled=0.1, jitter_s=0.3).start().run()
    assert pair.agreed
    assert pair.network.now < HANDSHAKE_LIMIT_S


@pytest.mark.parametrize("number", range(8))
def test_each_single_datagram_may_be_lost(number):
    pair = Pair.made(lose_next={number}).start().run()
    assert pair.agreed
    assert pair.network.now < 0.5


def test_a_flight_is_sent_again_when_it_is_time_and_not_before():
    client = Dtls(CLIENT, client=True)
    [hello] = client.start(10.0)
    assert client.next_at == 10.0 + FIRST_RESEND_S
    assert client.on_time(10.0 + FIRST_RESEND_S / 2) == []
    [again] = client.on_time(10.0 + FIRST_RESEND_S)
    # OpenSSL counts its records, and by its own clock it may have been time, too.
    assert (again[:5], again[11:]) == (hello[:5], hello[11:])
    assert client.next_at == pytest.approx(10.0 + 3 * FIRST_RESEND_S)


def test_a_handshake_that_nobody_answers_ends():
    pair = Pair.made(loss=1.0).start().run()
    assert (pair.client.state, pair.client.failure) == (DtlsState.FAILED, DtlsFailure.TIMED_OUT)
    assert pair.network.now == HANDSHAKE_LIMIT_S
    assert pair.network.lost < 30
    assert pair.server.state is DtlsState.HANDSHAKE


def test_a_server_gives_up_on_a_client_that_falls_silent():
    server = Dtls(SERVER, client=False)
    [hello] = Dtls(CLIENT, client=True).start(0.0)
    assert server.received(hello, 5.0)
    now = 5.0
    while server.next_at is not None:
        now = server.next_at
        server.on_time(now)
    assert (server.failure, now) == (DtlsFailure.TIMED_OUT, 5.0 + HANDSHAKE_LIMIT_S)


def test_a_server_that_heard_of_nobody_waits_for_ever():
    assert Dtls(SERVER, client=False).next_at is None


def test_datagrams_are_no_longer_than_a_path_carries():
    client, server = Dtls(CLIENT, client=True), Dtls(SERVER, client=False)
    flights = [client.start(0.0)]
    flights.append([sent for got in flights[-1] for sent in server.received(got, 0.0)])
    flights.append([sent for got in flights[-1] for sent in client.received(got, 0.0)])
    sizes = [len(datagram) for flight in flights for datagram in flight]
    assert max(sizes) <= MAX_DATAGRAM_BYTES
    assert len(flights[1]) == 1


def test_no_key_is_given_out_before_the_description_came():
    pair = Pair.made(expecting=False).start().run()
    assert pair.states == (DtlsState.UNPROVEN, DtlsState.UNPROVEN)
    assert pair.client.keys is None
    pair.client.expect([OTHER, SERVER.fingerprint])
    pair.server.expect([CLIENT.fingerprint])
    assert pair.agreed


@pytest.mark.parametrize(
    "expected",
    [
        [OTHER],
        [],
        [Fingerprint("sha-1", hashlib.sha1(CERTIFICATE.der).digest())],
        [Fingerprint("sha-384", bytes(48))],
    ],
)
def test_another_certificate_than_the_described_one_is_a_failure(expected):
    for early in (True, False):
        pair = Pair.made(expecting=False)
        if early:
            pair.server.expect(expected)
        pair.start().run()
        if not early:
            pair.server.expect(expected)
        assert (pair.server.state, pair.server.failure) == (
            DtlsState.FAILED,
            DtlsFailure.FINGERPRINT,
        )
        assert pair.server.keys is None


def test_a_stronger_hash_is_taken():
    pair = Pair.made(expecting=False)
    pair.server.expect([Fingerprint("sha-512", hashlib.sha512(CERTIFICATE.der).digest())])
    pair.start().run()
    assert pair.server.state is DtlsState.OPEN


def test_messages_of_data_channels_arrive_whole():
    pair = Pair.made().start().run()
    pair.network.send(1, pair.client.send(b"one"))
    pair.network.send(1, pair.client.send(b"t" * 1_100))
    pair.run()
    assert pair.server.take_messages() == [b"one", b"t" * 1_100]
    assert pair.server.take_messages() == []
    with pytest.raises(ValueError, match="bytes"):
        pair.client.send(bytes(MAX_DATAGRAM_BYTES))


def test_messages_that_nobody_takes_are_dropped_at_a_limit():
    pair = Pair.made().start().run()
    for _ in range(70):
        pair.network.send(1, pair.client.send(b"x"))
    pair.run()
    assert (len(pair.server.take_messages()), pair.server.dropped) == (64, 6)


def test_nothing_said_by_an_unproven_peer_is_handed_on():
    pair = Pair.made(expecting=False)
    pair.client.expect([SERVER.fingerprint])
    pair.start().run()
    pair.network.send(1, pair.client.send(b"early"))
    pair.run()
    assert pair.server.take_messages() == []
    with pytest.raises(ValueError, match="unproven"):
        pair.server.send(b"x")
    pair.server.expect([CLIENT.fingerprint])
    assert pair.server.take_messages() == [b"early"]


def test_a_good_bye_closes_both_ends():
    pair = Pair.made().start().run()
    pair.network.send(1, pair.client.close())
    pair.run()
    assert pair.states == (DtlsState.CLOSED, DtlsState.CLOSED)
    assert pair.server.keys is None
    assert pair.server.failure is None
    assert pair.client.close() == []


def test_closing_what_never_began_says_nothing():
    assert Dtls(SERVER, client=False).close() == []


@PATIENT
@given(st.lists(st.binary(max_size=100) | st.binary(max_size=60).map(lambda b: b"\x16" + b)))
def test_any_bytes_at_any_time_are_no_error(garbage):
    fresh, shaking = Dtls(SERVER, client=False), Dtls(CLIENT, client=True)
    shaking.start(0.0)
    for datagram in garbage:
        fresh.received(datagram, 0.0)
        shaking.received(datagram, 0.0)
    assert DtlsState.OPEN not in (fresh.state, shaking.state)


OPEN = Pair.made().start().run()


@PATIENT
@given(st.binary(max_size=100).map(lambda b: b"\x17\xfe\xfd\x00\x01" + b) | st.binary(max_size=100))
def test_forged_datagrams_do_not_disturb_an_open_connection(datagram):
    OPEN.server.received(datagram, OPEN.network.now)
    assert OPEN.server.state is DtlsState.OPEN
    assert OPEN.server.take_messages() == []
    OPEN.network.send(1, OPEN.client.send(b"still"))
    OPEN.run()
    assert OPEN.server.take_messages() == [b"still"]


def test_a_finished_server_is_no_amplifier():
    pair = Pair.made().start().run()
    repeated = b"\x16\xfe\xfd" + bytes(8) + b"\x00\x01x"
    late = pair.network.now + 10
    answers = [pair.server.received(repeated, late + n / 1_000) for n in range(100)]
    assert sum(map(bool, answers)) == 2


def test_what_comes_after_the_end_is_dropped_and_counted():
    server = Dtls(SERVER, client=False)
    server.close()
    [hello] = Dtls(CLIENT, client=True).start(0.0)
    assert server.received(hello, 0.0) == []
    assert server.dropped == 1


def test_only_a_client_that_has_said_nothing_waits_to_start():
    client, server = Dtls(CLIENT, client=True), Dtls(SERVER, client=False)
    assert (client.waits_to_start, server.waits_to_start) == (True, False)
    client.start(0.0)
    assert not client.waits_to_start
