from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.wire.webrtc.ice_lite import (
    CONSENT_S,
    ENTROPY_BYTES,
    MAX_PATHS,
    SETTLING_S,
    ConsentLost,
    Credentials,
    IceLite,
    IceRefusal,
    Outcome,
    Path,
    Selected,
    make_credentials,
    target_of,
)
from parlor.wire.webrtc.malformed import Malformed
from parlor.wire.webrtc.sdp import parse_session, write_session
from parlor.wire.webrtc.stun import Kind, Message, build_message, parse_message
from parlor.wire.webrtc.stun_attributes import Address
from tests.support.descriptions import SHORT
from tests.support.patient import PATIENT

OURS = Credentials("ours", "the password of this end")
NEXT = Credentials("next", "the password after a restart")
WIFI, CELL, RELAY = (Path(Address(f"192.0.2.{n}", 4_000)) for n in (1, 2, 3))
CHECK = Message(
    kind=Kind.REQUEST,
    transaction=b"transaction!",
    username="ours:them",
    priority=1_000,
    ice_controlling=7,
)
NOMINATION = replace(CHECK, use_candidate=True)


def agent(**more):
    return IceLite(OURS, **more)


def as_sent(message, password=OURS.password, **more):
    key = None if password is None else password.encode()
    return parse_message(build_message(message, key=key, **more))


def restarted(message):
    return as_sent(replace(message, username="next:them2"), NEXT.password)


def answer_of(outcome: Outcome):
    assert outcome.answer is not None
    answer = parse_message(outcome.answer)
    answer.check_fingerprint()
    return answer


def test_a_check_is_answered_with_where_it_came_from_signed():
    answer = answer_of(agent().received(as_sent(CHECK), WIFI, 0.0))
    assert (answer.kind, answer.transaction) == (Kind.SUCCESS, CHECK.transaction)
    assert answer.xor_mapped_address == WIFI.remote
    answer.check_integrity(OURS.password.encode())


def test_an_address_of_ipv6_is_answered_as_one():
    six = Path(Address("2001:db8::7", 5))
    assert answer_of(agent().received(as_sent(CHECK), six, 0.0)).xor_mapped_address == six.remote


def test_a_check_alone_selects_nothing_and_a_nomination_does():
    ice = agent()
    assert ice.received(as_sent(CHECK), WIFI, 0.0).event is None
    assert (ice.selected, ice.next_at) == (None, None)
    assert ice.received(as_sent(NOMINATION), WIFI, 1.0).event == Selected(WIFI, None)
    assert ice.selected == WIFI
    assert ice.received(as_sent(NOMINATION), WIFI, 2.0).event is None


def test_the_pair_may_move_in_the_middle_of_a_call():
    ice = agent()
    ice.received(as_sent(NOMINATION), WIFI, 0.0)
    worse = as_sent(replace(NOMINATION, priority=1))
    assert ice.received(worse, CELL, SETTLING_S).event == Selected(CELL, WIFI)
    assert ice.received(as_sent(NOMINATION), WIFI, SETTLING_S).event == Selected(WIFI, CELL)


def test_addresses_are_known_until_their_consent_ends():
    ice = agent()
    ice.received(as_sent(NOMINATION), WIFI, 0.0)
    ice.received(as_sent(CHECK), CELL, 20.0)
    assert ice.known == {WIFI, CELL}
    ice.on_time(CONSENT_S)
    assert ice.known == {CELL}


def test_of_pairs_nominated_together_the_best_stays():
    ice = agent()
    ice.received(as_sent(NOMINATION), WIFI, 0.0)
    worse, better = (as_sent(replace(NOMINATION, priority=n)) for n in (1, 2_000))
    assert ice.received(worse, CELL, 0.1).event is None
    assert ice.received(better, RELAY, 0.2).event == Selected(RELAY, WIFI)
    assert ice.received(as_sent(NOMINATION), WIFI, 0.3).event is None


def test_the_same_address_over_another_link_is_another_path():
    ice = agent()
    ice.received(as_sent(NOMINATION), WIFI, 0.0)
    over_tcp = Path(WIFI.remote, 1)
    assert ice.received(as_sent(NOMINATION), over_tcp, 9.0).event == Selected(over_tcp, WIFI)


def test_consent_lasts_as_long_as_checks_come():
    ice = agent()
    ice.received(as_sent(NOMINATION), WIFI, 0.0)
    ice.received(as_sent(CHECK), WIFI, 20.0)
    assert ice.next_at == 20.0 + CONSENT_S
    assert ice.on_time(49.9) is None
    assert ice.on_time(50.0) == ConsentLost(WIFI)
    assert (ice.selected, ice.next_at) == (None, None)
    assert ice.on_time(51.0) is None


def test_a_peer_that_was_lost_may_come_back():
    ice = agent()
    ice.received(as_sent(NOMINATION), WIFI, 0.0)
    ice.on_time(CONSENT_S)
    assert ice.received(as_sent(NOMINATION), CELL, 60.0).event == Selected(CELL, None)


def test_a_path_that_is_still_checked_takes_over():
    ice = agent()
    ice.received(as_sent(NOMINATION), WIFI, 0.0)
    ice.received(as_sent(CHECK), CELL, 10.0)
    ice.received(as_sent(CHECK), RELAY, 20.0)
    assert ice.on_time(CONSENT_S) == Selected(RELAY, WIFI)
    assert ice.next_at == 20.0 + CONSENT_S


def test_a_clock_that_steps_back_takes_no_consent_away():
    ice = agent()
    ice.received(as_sent(NOMINATION), WIFI, 10.0)
    ice.received(as_sent(CHECK), WIFI, 5.0)
    assert ice.next_at == 10.0 + CONSENT_S


def test_a_stranger_is_told_that_it_is_none():
    ice = agent(their_ufrag="them")
    for username in ("else:them", "ours:else", "ours", "", ":", "them:ours"):
        answer = answer_of(ice.received(as_sent(replace(CHECK, username=username)), WIFI, 0.0))
        assert answer.error is not None
        assert answer.error.code == 401
        assert not answer.is_signed
    assert ice.refused == {IceRefusal.USERNAME: 6}


def test_checks_may_be_faster_than_the_description_and_belong_to_it_afterwards():
    ice = agent()
    assert answer_of(ice.received(as_sent(CHECK), WIFI, 0.0)).kind is Kind.SUCCESS
    ice.expect("somebody")
    assert answer_of(ice.received(as_sent(CHECK), WIFI, 0.0)).error is not None
    ice.expect("them")
    assert answer_of(ice.received(as_sent(CHECK), WIFI, 0.0)).kind is Kind.SUCCESS


def test_a_check_signed_with_another_password_is_refused_and_selects_nothing():
    ice = agent()
    outcome = ice.received(as_sent(NOMINATION, "another password altogether"), WIFI, 0.0)
    answer = answer_of(outcome)
    assert answer.error is not None
    assert answer.error.code == 401
    assert not answer.is_signed
    assert (outcome.event, ice.selected) == (None, None)
    assert ice.refused == {IceRefusal.FORGED: 1}


@pytest.mark.parametrize(
    ("message", "password"),
    [
        (replace(CHECK, username=None), OURS.password),
        (CHECK, None),
        (replace(CHECK, priority=None), OURS.password),
    ],
)
def test_a_check_that_lacks_something_is_a_bad_request(message, password):
    ice = agent()
    answer = answer_of(ice.received(as_sent(message, password), WIFI, 0.0))
    assert answer.error is not None
    assert answer.error.code == 400
    assert ice.refused == {IceRefusal.INCOMPLETE: 1}


def test_a_peer_that_wants_to_be_controlled_is_told_of_the_conflict():
    ice = agent()
    controlled = replace(NOMINATION, ice_controlling=None, ice_controlled=2**64 - 1)
    answer = answer_of(ice.received(as_sent(controlled), WIFI, 0.0))
    assert answer.error is not None
    assert answer.error.code == 487
    answer.check_integrity(OURS.password.encode())
    assert ice.selected is None
    assert ice.refused == {IceRefusal.ROLE: 1}


def test_what_is_not_understood_is_named():
    ice = agent()
    odd = replace(CHECK, others=((0x7F00, b"x"), (0x8F00, b"y")))
    answer = answer_of(ice.received(as_sent(odd), WIFI, 0.0))
    assert answer.error is not None
    assert (answer.error.code, answer.unknown_attributes) == (420, (0x7F00,))
    assert ice.refused == {IceRefusal.NOT_UNDERSTOOD: 1}


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        (as_sent(CHECK, fingerprint=False), IceRefusal.FINGERPRINT),
        (as_sent(replace(CHECK, kind=Kind.INDICATION)), IceRefusal.NO_REQUEST),
        (as_sent(replace(CHECK, kind=Kind.SUCCESS)), IceRefusal.NO_REQUEST),
        (as_sent(replace(CHECK, kind=Kind.ERROR)), IceRefusal.NO_REQUEST),
        (as_sent(replace(CHECK, method=3)), IceRefusal.NO_REQUEST),
    ],
)
def test_what_is_no_check_is_dropped_without_an_answer(message, refusal):
    ice = agent()
    assert ice.received(message, WIFI, 0.0) == Outcome()
    assert ice.refused == {refusal: 1}


def test_media_does_not_stop_for_a_restart():
    ice = agent(their_ufrag="them")
    ice.received(as_sent(NOMINATION), WIFI, 0.0)
    ice.restart(NEXT, "them2")
    assert ice.ufrags == ("next", "ours")
    assert ice.selected == WIFI
    assert answer_of(ice.received(as_sent(CHECK), WIFI, 20.0)).kind is Kind.SUCCESS
    assert ice.next_at == 20.0 + CONSENT_S


def test_after_a_restart_only_a_nomination_under_the_new_name_moves_the_pair():
    ice = agent(their_ufrag="them")
    ice.received(as_sent(NOMINATION), WIFI, 0.0)
    ice.restart(NEXT, "them2")
    assert ice.received(as_sent(NOMINATION), CELL, 20.0).event is None
    answer = ice.received(restarted(replace(NOMINATION, priority=1)), RELAY, 20.0)
    assert answer.event == Selected(RELAY, WIFI)
    answer_of(answer).check_integrity(NEXT.password.encode())


def test_the_name_before_a_restart_ends_when_the_new_one_is_nominated():
    ice = agent(their_ufrag="them")
    ice.received(as_sent(NOMINATION), WIFI, 0.0)
    ice.restart(NEXT, "them2")
    assert ice.received(restarted(NOMINATION), WIFI, 1.0).event is None
    assert ice.ufrags == ("next",)
    assert answer_of(ice.received(as_sent(CHECK), WIFI, 2.0)).error is not None


def test_a_restart_before_anything_was_selected_lets_the_old_name_connect():
    ice = agent()
    ice.restart(NEXT)
    assert ice.received(as_sent(NOMINATION), WIFI, 0.0).event == Selected(WIFI, None)


def test_a_restart_needs_another_name():
    with pytest.raises(ValueError, match="same ufrag"):
        agent().restart(OURS)


def test_the_number_of_paths_of_one_peer_is_limited():
    ice = agent()
    ice.received(as_sent(NOMINATION), WIFI, 0.0)
    for port in range(1, 1_000):
        ice.received(as_sent(CHECK), Path(Address("192.0.2.9", port)), 1.0 + port / 1_000)
    assert ice.selected == WIFI
    assert ice.next_at == CONSENT_S
    assert ice.paths == MAX_PATHS


def test_the_agent_that_a_check_is_for_is_found_by_its_name():
    assert target_of(CHECK) == "ours"
    assert target_of(replace(CHECK, username="ours")) is None
    assert target_of(replace(CHECK, username=None)) is None


def test_credentials_are_what_a_description_takes_and_are_not_shown():
    made = make_credentials(bytes(range(ENTROPY_BYTES)))
    text = SHORT.replace("ufrag:abcd", f"ufrag:{made.ufrag}").replace(
        "0123456789012345678901", made.password
    )
    transport = parse_session(write_session(parse_session(text))).media[0].transport
    assert (transport.ufrag, transport.password) == (made.ufrag, made.password)
    assert made.password not in repr(made)
    with pytest.raises(ValueError, match="random bytes"):
        make_credentials(bytes(ENTROPY_BYTES - 1))


MESSAGES = st.builds(
    as_sent,
    st.builds(
        replace,
        st.just(CHECK),
        kind=st.sampled_from(Kind),
        username=st.sampled_from(["ours:them", "next:them", "ours:x", "x:y", None])
        | st.text(max_size=20),
        use_candidate=st.booleans(),
        priority=st.none() | st.integers(0, 2**32 - 1),
        ice_controlled=st.none() | st.just(1),
    ),
    st.sampled_from([OURS.password, NEXT.password, None]),
    fingerprint=st.booleans(),
)
STEPS = st.lists(
    st.tuples(
        st.floats(0, 40), MESSAGES | st.none() | st.just(NEXT), st.sampled_from([WIFI, CELL])
    ),
    max_size=30,
)


@PATIENT
@given(STEPS)
def test_nothing_is_sent_to_a_path_that_did_not_agree_within_the_time(steps):
    ice, now, agreed, did_restart = agent(their_ufrag="them"), 0.0, {}, False
    for gap, what, path in steps:
        now += gap
        event = ice.on_time(now)
        if isinstance(event, ConsentLost):
            assert ice.selected is None
        if what is NEXT:
            if not did_restart:
                ice.restart(NEXT, "them")
            did_restart = True
        elif what is not None:
            outcome = ice.received(what, path, now)
            answer = None if outcome.answer is None else parse_message(outcome.answer)
            assert outcome.agreed is (answer is not None and answer.kind is Kind.SUCCESS)
            if outcome.agreed:
                agreed[path] = now
            else:
                assert outcome.event is None
        if ice.selected is not None:
            assert now < agreed[ice.selected] + CONSENT_S
            assert ice.next_at == agreed[ice.selected] + CONSENT_S


@PATIENT
@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 7))
def test_any_change_to_a_check_is_malformed_or_answered_and_nominates_nobody(tail, at, bit):
    data = bytearray(build_message(NOMINATION, key=OURS.password.encode()))
    at %= len(data)
    data[at] ^= 1 << bit
    for candidate in (bytes(data), bytes(data[:at]) + tail):
        ice = agent()
        try:
            message = parse_message(candidate)
        except Malformed:
            continue
        assert ice.received(message, WIFI, 0.0).event is None
        assert ice.selected is None
