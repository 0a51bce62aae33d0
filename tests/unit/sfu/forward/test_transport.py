"""One connection against a browser's end: real ICE, DTLS and SRTP at both ends."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.sfu.forward.drop import Drop
from parlor.sfu.forward.transport import Ended, Moved, Opened, PeerTransport, Silent, TransportEvent
from parlor.wire.webrtc.dtls import Dtls, DtlsFailure, DtlsState
from parlor.wire.webrtc.ice_lite import CONSENT_S, Credentials, Path
from parlor.wire.webrtc.rtcp import Pli, build_compound
from parlor.wire.webrtc.rtp import build_packet
from parlor.wire.webrtc.sdp import Fingerprint, Setup
from parlor.wire.webrtc.srtp import Srtp
from parlor.wire.webrtc.stun import parse_message
from parlor.wire.webrtc.stun_attributes import Address
from tests.support.media_peer import MediaPeer
from tests.support.meeting import BROWSER, WORKER
from tests.support.patient import PATIENT

OURS = Credentials("ours", "the password of this end")
NEXT = Credentials("next", "the password after a restart")
WIFI, CELL = (Path(Address(f"192.0.2.{n}", 4_000)) for n in (1, 2))
RTP = bytes(build_packet(96, 1, 2, 3, b"picture"))


class Connection:
    """A transport and the browser it talks to, on a wire without delay."""

    def __init__(self, *, described=True):
        self.worker = PeerTransport(WORKER, OURS)
        self.browser = MediaPeer("them", BROWSER, WIFI)
        self.browser.connect(OURS, WORKER.fingerprint)
        self.events = []
        if described:
            self.take(self.worker.describe(self.browser.transport, 0.0))

    def take(self, step, now=0.0):
        self.events += step.events
        for datagram, path in step.datagrams:
            for answer in self.browser.received(datagram, now):
                self.take(self.worker.on_dtls(answer, path, now), now)

    def check(self, path=WIFI, now=0.0, **more):
        self.take(self.worker.on_check(parse_message(self.browser.check(**more)), path, now), now)

    def opened(self):
        self.check()
        assert self.events == [Moved(WIFI, None), Opened()]
        return self


def test_a_check_then_a_handshake_and_media_flows_both_ways():
    connection = Connection().opened()
    worker, srtp = connection.worker, connection.browser.srtp
    assert worker.path == WIFI
    assert worker.open_rtp(srtp.protect(RTP)) == RTP
    assert worker.open_rtcp(srtp.protect_rtcp(build_compound([Pli(1, 2)]))) == [Pli(1, 2)]
    assert srtp.open(worker.srtp.protect(RTP)) == RTP


def test_a_handshake_faster_than_the_description_opens_nothing_until_that_came():
    connection = Connection(described=False)
    connection.check()
    assert not connection.worker.is_open
    assert connection.browser.dtls.state is DtlsState.OPEN
    assert connection.browser.srtp is not None
    assert connection.worker.open_rtp(connection.browser.srtp.protect(RTP)) is None
    assert connection.worker.dropped() == {Drop.EARLY: 1}
    connection.take(connection.worker.describe(connection.browser.transport, 0.0))
    assert connection.events == [Moved(WIFI, None), Opened()]


def test_a_peer_with_another_certificate_than_described_is_never_opened():
    connection = Connection(described=False)
    forged = replace(
        connection.browser.transport, fingerprints=(Fingerprint("sha-256", bytes(32)),)
    )
    connection.take(connection.worker.describe(forged, 0.0))
    connection.check()
    assert connection.events == [Moved(WIFI, None), Ended(DtlsFailure.FINGERPRINT)]
    assert not connection.worker.is_open


def test_a_passive_peer_is_greeted_once_there_is_a_path():
    worker = PeerTransport(WORKER, OURS)
    browser = MediaPeer("them", BROWSER, WIFI)
    browser.connect(OURS, WORKER.fingerprint)
    passive = replace(browser.transport, setup=Setup.PASSIVE)
    assert worker.describe(passive, 0.0).datagrams == []
    assert worker.describe(passive, 0.0).datagrams == []
    step = worker.on_check(parse_message(browser.check()), WIFI, 0.0)
    (answer, hello), server = step.datagrams, Dtls(BROWSER, client=False)
    server.expect([WORKER.fingerprint])
    assert answer[1] == hello[1] == WIFI
    flights = [hello[0]]
    events: list[TransportEvent] = []
    while flights:
        back = [one for flight in flights for one in server.received(flight, 0.0)]
        steps = [worker.on_dtls(one, WIFI, 0.0) for one in back]
        flights = [one for step in steps for one, _ in step.datagrams]
        events += [event for step in steps for event in step.events]
    assert events == [Opened()]
    assert server.keys is not None
    assert worker.srtp is not None
    assert Srtp(server.keys).open(worker.srtp.protect(RTP)) == RTP


def test_the_peer_may_move_in_the_middle_of_a_call():
    connection = Connection().opened()
    connection.check(CELL, 5.0)
    assert connection.events[-1] == Moved(CELL, WIFI)
    assert connection.worker.path == CELL


def test_without_checks_consent_ends_and_comes_back_with_them():
    connection = Connection().opened()
    connection.take(connection.worker.on_time(CONSENT_S))
    assert connection.events[-1] == Silent()
    assert connection.worker.path is None
    connection.check(CELL, 60.0)
    assert connection.events[-1] == Moved(CELL, None)
    assert connection.worker.is_open


def test_an_ice_restart_changes_the_names_and_keeps_the_keys():
    connection = Connection().opened()
    srtp = connection.worker.srtp
    connection.worker.restart(NEXT)
    connection.browser.there = (NEXT.ufrag, NEXT.password)
    connection.take(connection.worker.describe(connection.browser.transport, 9.0), 9.0)
    connection.check(CELL, 9.0)
    assert connection.events[-1] == Moved(CELL, WIFI)
    assert connection.worker.srtp is srtp
    connection.check(CELL, 9.0, username=f"{OURS.ufrag}:themufrag", password=OURS.password)
    assert connection.worker.dropped() == {Drop.CHECK: 1}


def test_a_goodbye_ends_it_and_nothing_is_opened_after():
    connection = Connection().opened()
    late = connection.browser.srtp.protect(RTP)
    for farewell in connection.browser.dtls.close():
        connection.take(connection.worker.on_dtls(farewell, WIFI, 1.0))
    assert connection.events[-1] == Ended(None)
    assert connection.worker.open_rtp(late) is None


def test_closing_says_goodbye_to_the_peer_and_keeps_the_counts():
    connection = Connection().opened()
    connection.worker.open_rtp(bytes(100))
    for farewell, _ in connection.worker.close():
        connection.browser.received(farewell, 1.0)
    assert connection.browser.dtls.state is DtlsState.CLOSED
    assert connection.worker.dropped().total() == 1


def test_forged_replayed_and_malformed_packets_are_dropped_and_counted():
    connection = Connection().opened()
    sealed = connection.browser.srtp.protect(RTP)
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for datagram in (changed, sealed, sealed, b"\x80"):
        connection.worker.open_rtp(datagram)
    rubbish = connection.browser.srtp.protect_rtcp(b"\x81\xc8\x00\x01\x00\x00\x00\x07")
    assert connection.worker.open_rtcp(rubbish) == []
    assert connection.worker.dropped() == {
        Drop.FORGED: 1,
        Drop.REPLAYED: 1,
        Drop.MALFORMED: 2,
    }


@pytest.mark.parametrize("lost", range(6))
def test_a_lost_flight_is_sent_again_when_it_is_time(lost):
    connection = Connection()
    worker, browser, now = connection.worker, connection.browser, 0.0
    sent, number = [(True, browser.check())], 0
    while not (worker.is_open and browser.srtp) and now < 20.0:
        while sent:
            up, datagram = sent.pop(0)
            number += 1
            if number - 1 == lost:
                continue
            if not up:
                sent += [(True, one) for one in browser.received(datagram, now)]
                continue
            step = (
                worker.on_check(parse_message(datagram), WIFI, now)
                if datagram[0] < 4
                else worker.on_dtls(datagram, WIFI, now)
            )
            sent += [(False, one) for one, _ in step.datagrams]
        now += 0.05
        sent += [(False, one) for one, _ in worker.on_time(now).datagrams]
        sent += [(True, one) for one in browser.on_time(now) if browser.srtp is None]
    assert worker.is_open
    assert browser.srtp is not None


@PATIENT
@given(st.lists(st.binary(max_size=80), max_size=20))
def test_whatever_a_stranger_sends_changes_nothing(datagrams):
    connection = Connection().opened()
    for datagram in datagrams:
        connection.worker.on_dtls(datagram, CELL, 0.0)
        connection.worker.open_rtp(datagram)
        connection.worker.open_rtcp(datagram)
    assert connection.worker.path == WIFI
    assert connection.worker.open_rtp(connection.browser.srtp.protect(RTP)) == RTP
