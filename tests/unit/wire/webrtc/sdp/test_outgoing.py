from parlor.wire.webrtc.sdp import Msid, Outgoing, Ssrc, SsrcGroup


def test_a_track_with_retransmission_has_two_sources_of_one_name():
    track = Outgoing("ann", "camera", "c", 5, 6)
    assert track.msids() == (Msid("ann", "camera"),)
    assert track.ssrcs() == (Ssrc(5, ("cname:c",)), Ssrc(6, ("cname:c",)))
    assert track.groups() == (SsrcGroup("FID", (5, 6)),)


def test_a_track_without_has_one():
    track = Outgoing("ann", "voice", "c", 5)
    assert track.ssrcs() == (Ssrc(5, ("cname:c",)),)
    assert track.groups() == ()
