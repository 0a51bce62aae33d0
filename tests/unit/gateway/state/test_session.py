import pytest

from parlor.gateway.state.session import Phase, Session, SessionLimits
from parlor.model.close import Close, CloseCode
from parlor.model.errors import AlreadyGreeted, NotReady, RateLimited

LIMITS = SessionLimits(
    hello_timeout_s=5.0,
    requests_per_second=10.0,
    request_burst=20,
    max_in_flight=3,
    max_refusals=50,
)


def _open_session(limits: SessionLimits = LIMITS) -> Session:
    session = Session(limits, 100.0)
    assert session.check_request("hello", 100.0) is None
    session.on_done()
    session.on_hello(accepted=True)
    return session


def test_hello_comes_first():
    session = Session(LIMITS, 100.0)
    assert isinstance(session.check_request("me.get", 100.0), NotReady)
    assert session.check_request("hello", 100.0) is None


def test_nothing_is_legal_while_the_hello_is_being_checked():
    session = Session(LIMITS, 100.0)
    session.check_request("hello", 100.0)
    assert isinstance(session.check_request("me.get", 100.0), NotReady)
    assert isinstance(session.check_request("hello", 100.0), AlreadyGreeted)


def test_a_refused_hello_may_be_tried_again():
    session = Session(LIMITS, 100.0)
    session.check_request("hello", 100.0)
    session.on_done()
    session.on_hello(accepted=False)
    assert session.check_request("hello", 100.0) is None


def test_a_second_hello_is_refused():
    assert isinstance(_open_session().check_request("hello", 101.0), AlreadyGreeted)


@pytest.mark.parametrize("accepted", [True, False])
def test_only_an_accepted_hello_stops_the_clock(accepted):
    session = Session(LIMITS, 100.0)
    assert session.check_time(104.9) == 105.0
    session.check_request("hello", 104.0)
    session.on_hello(accepted=accepted)
    assert session.check_time(105.0) == (None if accepted else Close(CloseCode.NO_HELLO))


def test_requests_in_flight_are_bounded():
    session = _open_session()
    assert [session.check_request("x", 101.0) for _ in range(3)] == [None] * 3
    assert isinstance(session.check_request("x", 101.0), RateLimited)
    session.on_done()
    assert session.check_request("x", 101.0) is None
    assert session.in_flight == 3


def test_over_the_rate_a_client_is_told_how_long_to_wait():
    session = _open_session()
    for _ in range(19):
        assert session.check_request("x", 100.0) is None
        session.on_done()
    refusal = session.check_request("x", 100.0)
    assert isinstance(refusal, RateLimited)
    assert refusal.retry_after_s == pytest.approx(0.1)
    assert session.check_request("x", 100.2) is None


def test_far_over_the_rate_ends_the_connection():
    session = _open_session()
    verdicts = []
    for _ in range(10_000):
        verdict = session.check_request("x", 100.0)
        if verdict is None:
            session.on_done()
        verdicts.append(verdict)
        if isinstance(verdict, Close):
            break
    assert len(verdicts) == 19 + 50 + 1
    close = verdicts[-1]
    assert isinstance(close, Close)
    assert (close.code, close.after_s) == (CloseCode.RATE_LIMITED, 10.0)


def test_refusals_spread_over_time_are_forgiven():
    session = _open_session()
    for second in range(300):
        for _ in range(12):
            verdict = session.check_request("x", 100.0 + second)
            assert not isinstance(verdict, Close)
            if verdict is None:
                session.on_done()


def test_a_closing_session_allows_nothing_and_has_no_deadline():
    session = _open_session()
    session.on_close()
    assert isinstance(session.check_request("x", 101.0), NotReady)
    assert session.check_time(1_000.0) is None
    session.on_hello(accepted=True)
    assert session.phase is Phase.CLOSING


def test_other_limits_reach_a_session_that_is_open():
    limits = SessionLimits(5.0, 10.0, 20, 3, 50)
    session = _open_session(limits)
    limits.take(SessionLimits(5.0, 1.0, 2, 1, 50))
    for at in (100.0, 100.0):
        assert session.check_request("me.get", at) is None
        session.on_done()
    refused = session.check_request("me.get", 100.0)
    assert isinstance(refused, RateLimited)
    assert refused.retry_after_s == 1.0
