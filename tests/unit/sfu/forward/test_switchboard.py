import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.sfu.forward.drop import Drop
from parlor.sfu.forward.switchboard import PeerChanged, SpeakerChanged
from parlor.sfu.forward.transport import Ended, Moved, Opened, Silent
from parlor.wire.webrtc.ice_lite import (
    CONSENT_S,
    ENTROPY_BYTES,
    MAX_PATHS,
    Credentials,
    Path,
    make_credentials,
)
from parlor.wire.webrtc.rtp import build_packet
from parlor.wire.webrtc.stun_attributes import Address
from tests.support.meeting import Meeting
from tests.support.patient import PATIENT

NOWHERE = Path(Address("203.0.113.9", 9))


def met(*names):
    meeting = Meeting()
    for name in names:
        meeting.join(name)
    meeting.run(0.3)
    return meeting


def test_peers_open_and_the_worker_is_told():
    meeting = met("anna")
    anna = meeting.people["anna"]
    assert meeting.events == [
        PeerChanged(anna.peer, Moved(anna.browser.path, None)),
        PeerChanged(anna.peer, Opened()),
    ]
    assert meeting.board.take_events() == []


def test_strangers_are_dropped_and_counted():
    meeting = met("anna")
    anna = meeting.people["anna"].browser
    sealed = anna.speak_once()
    sent = meeting.sent
    meeting.throw([sealed, b"\x16" * 30, b"\x80\xc9" * 10, b"", b"\xff"], NOWHERE)
    meeting.throw([b"\0\1\0\0"], NOWHERE)
    meeting.throw([anna.check(username="nobody:here")], NOWHERE)
    meeting.throw([b"\xff\0"], anna.path)
    assert meeting.board.dropped == {Drop.STRANGER: 6, Drop.CHECK: 1, Drop.PROTOCOL: 1}
    assert meeting.sent == sent


def test_a_check_with_a_wrong_password_makes_nobody_of_a_path():
    meeting = met("anna")
    anna = meeting.people["anna"]
    meeting.throw([anna.browser.check(password="guessed")], NOWHERE)
    meeting.throw([anna.browser.speak_once()], NOWHERE)
    assert meeting.board.dropped == {Drop.STRANGER: 1}
    assert anna.peer.transport.dropped() == {Drop.CHECK: 1}


def test_no_more_paths_of_a_peer_are_known_than_the_limit():
    meeting = met("anna", "bert")
    anna = meeting.people["anna"].browser
    for port in range(3 * MAX_PATHS):
        meeting.throw([anna.check()], Path(Address("203.0.113.1", 1_000 + port)))
    assert meeting.board.paths == MAX_PATHS + 1


def test_a_path_that_another_peer_takes_over_is_that_ones():
    meeting = met("anna", "bert")
    anna, bert = meeting.people["anna"], meeting.people["bert"]
    for browser in (anna.browser, bert.browser, anna.browser):
        meeting.throw([browser.check()], NOWHERE)
    meeting.throw([bert.browser.speak_once()], NOWHERE)
    assert anna.peer.transport.dropped() == {Drop.FORGED: 1}
    assert bert.peer.transport.dropped() == {}


def test_who_falls_silent_gets_nothing_and_goes_on_after_coming_back():
    meeting = met("anna", "bert")
    anna, bert = meeting.people["anna"], meeting.people["bert"]
    voice, video = meeting.speaks(anna), meeting.films(anna)
    hears, sees = meeting.watches(bert, voice), meeting.watches(bert, video)
    meeting.run(1.0)
    bert.browser.checks = bert.browser.wants = False
    meeting.run(CONSENT_S)
    assert PeerChanged(bert.peer, Silent()) in meeting.events
    heard, shown = len(hears.came), len(sees.shown)
    meeting.run(1.0)
    assert (len(hears.came), len(sees.shown)) == (heard, shown)
    bert.browser.checks = bert.browser.wants = True
    meeting.run(1.0)
    assert len(hears.came) - heard > 30
    assert len(sees.shown) - shown > 20


def test_after_an_ice_restart_the_call_goes_on_and_key_frames_are_asked_for():
    meeting = met("anna", "bert")
    anna, bert = meeting.people["anna"], meeting.people["bert"]
    sees = meeting.watches(bert, meeting.films(anna))
    meeting.run(1.0)
    before, keys = len(sees.shown), anna.browser.cameras[0].keys
    ours = make_credentials(meeting.dice.randbytes(ENTROPY_BYTES))
    meeting.board.restart(bert.peer, ours)
    bert.browser.there = (ours.ufrag, ours.password)
    bert.browser.path = Path(Address("203.0.113.77", 7))
    meeting.describe(bert)
    meeting.run(2.0)
    assert bert.peer.path == bert.browser.path
    assert len(sees.shown) - before > 30
    assert anna.browser.cameras[0].keys > keys
    with pytest.raises(ValueError, match="taken"):
        meeting.board.restart(anna.peer, ours)
    assert len(meeting.board._by_ufrag) == 2


def test_who_leaves_leaves_nothing_behind():
    meeting = met("anna", "bert")
    bert = meeting.people["bert"]
    track = meeting.films(meeting.people["anna"])
    for _ in range(30):
        carl = meeting.join("carl")
        meeting.run(0.2)
        meeting.watches(carl, track)
        meeting.watches(bert, meeting.films(carl, 180, 360))
        meeting.run(0.1)
        meeting.leave("carl")
    board, router = meeting.board, meeting.router
    sizes = [board.paths, len(board._by_ufrag), len(board._peers), len(board._paths)]
    assert sizes == [2, 2, 2, 2]
    assert router.tracks == [track]
    assert (len(router._watching), len(router._waiting)) == (1, 1)
    assert bert.peer.watches == []


def test_a_call_with_peers_is_not_removed():
    meeting = met("anna")
    with pytest.raises(ValueError, match="1 peers"):
        meeting.board.remove_router(meeting.router)
    meeting.leave("anna")
    meeting.board.remove_router(meeting.router)
    assert meeting.board.on_time(99.0) == []


def test_a_browser_that_says_goodbye_is_told_of():
    meeting = met("anna")
    anna = meeting.people["anna"]
    meeting.throw(anna.browser.dtls.close(), anna.browser.path)
    assert PeerChanged(anna.peer, Ended(None)) in meeting.board.take_events()


def test_the_worker_is_told_who_talks():
    meeting = met("anna", "bert")
    for name, level in (("anna", 127), ("bert", 20)):
        meeting.speaks(meeting.people[name], level)
    meeting.run(2.0)
    assert SpeakerChanged(meeting.router, "bert") in meeting.events


def test_a_ufrag_belongs_to_one_peer():
    meeting = met()
    ours = Credentials("ours", "the password of this end")
    meeting.board.add_peer(meeting.router, "anna", ours, 1)
    with pytest.raises(ValueError, match="taken"):
        meeting.board.add_peer(meeting.router, "bert", ours, 2)


@PATIENT
@given(st.lists(st.binary(max_size=60), max_size=15), st.booleans())
def test_rubbish_from_anywhere_disturbs_nobody(datagrams, known):
    meeting = met("anna")
    anna = meeting.people["anna"]
    meeting.throw(datagrams, anna.browser.path if known else NOWHERE)
    assert anna.peer.transport.is_open
    assert anna.peer.path == anna.browser.path
    packet = anna.browser.srtp.protect(bytes(build_packet(96, 1, 2, 3, b"picture")))
    meeting.throw([packet], anna.browser.path)
    assert anna.peer.dropped[Drop.NOT_PUBLISHED] == 1
