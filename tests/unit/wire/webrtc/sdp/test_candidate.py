import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp import Candidate, parse_candidate
from tests.support.patient import PATIENT

RELAYED = (
    "candidate:1467250027 1 udp 41885439 192.0.2.15 3478 typ relay raddr 0.0.0.0 rport 0 "
    "generation 0 ufrag abcd network-cost 999"
)
TCP = "candidate:9 1 TCP 1518214911 fd00::2 9 typ host tcptype active"
HIDDEN = "candidate:1 1 udp 1 5d5e9d6b-4f2e-4f7c-9a5e-8b6b1d6d4a00.local 50000 typ host"


def test_a_relayed_candidate_says_where_it_comes_from():
    candidate = parse_candidate(RELAYED)
    assert (candidate.address, candidate.port, candidate.type) == ("192.0.2.15", 3478, "relay")
    assert candidate.related == ("0.0.0.0", 0)
    assert candidate.extensions == (
        ("generation", "0"),
        ("ufrag", "abcd"),
        ("network-cost", "999"),
    )
    assert str(candidate) == RELAYED


def test_a_candidate_over_tcp_says_who_connects():
    candidate = parse_candidate("a=" + TCP)
    assert (candidate.protocol, candidate.tcp_type, candidate.address) == (
        "tcp",
        "active",
        "fd00::2",
    )


def test_an_address_may_be_a_name():
    assert parse_candidate(HIDDEN).address.endswith(".local")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.SYNTAX),
        ("candidate:", Reason.SYNTAX),
        (RELAYED.replace(" typ", " tip"), Reason.SYNTAX),
        (RELAYED + " odd", Reason.SYNTAX),
        (RELAYED.replace("relay", "moon"), Reason.VALUE),
        (RELAYED.replace("3478", "65536"), Reason.VALUE),
        (RELAYED.replace("3478", "-1"), Reason.SYNTAX),
        (RELAYED.replace("41885439", str(2**32)), Reason.VALUE),
        (RELAYED.replace("1467250027", "?"), Reason.SYNTAX),
        (RELAYED.replace("1467250027", "1" * 33), Reason.SYNTAX),
        (RELAYED.replace("192.0.2.15", "x" * 256), Reason.SYNTAX),
        (RELAYED.replace("192.0.2.15", "é"), Reason.SYNTAX),
        (RELAYED.replace("udp", "u/p"), Reason.SYNTAX),
        (RELAYED + " gene: 1", Reason.SYNTAX),
        (RELAYED + " a " + "b" * 1_024, Reason.TOO_BIG),
    ],
)
def test_what_is_no_candidate_is_refused_with_a_reason(text, reason):
    with pytest.raises(Malformed) as refused:
        parse_candidate(text)
    assert refused.value.reason is reason


@PATIENT
@given(st.text(max_size=60), st.integers(0, len(RELAYED)), st.integers(0, 20))
def test_any_text_is_a_candidate_or_malformed(word, at, dropped):
    text = RELAYED[:at] + word + RELAYED[at + dropped :]
    try:
        candidate = parse_candidate(text)
    except Malformed:
        return
    assert parse_candidate(str(candidate)) == candidate


@PATIENT
@given(
    st.builds(
        Candidate,
        foundation=st.text("abcXYZ019+/", min_size=1, max_size=32),
        component=st.integers(0, 256),
        protocol=st.sampled_from(["udp", "tcp"]),
        priority=st.integers(0, 2**32 - 1),
        address=st.sampled_from(["192.0.2.1", "fd00::2", "a.local"]),
        port=st.integers(0, 65_535),
        type=st.sampled_from(["host", "srflx", "prflx", "relay"]),
        related=st.none() | st.just(("0.0.0.0", 9)),
        extensions=st.just(()) | st.just((("tcptype", "passive"),)),
    )
)
def test_a_candidate_survives_its_line(candidate):
    assert parse_candidate(str(candidate)) == candidate
