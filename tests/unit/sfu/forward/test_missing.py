from parlor.sfu.forward.missing import (
    FIRST_ASKED_S,
    GIVEN_UP_S,
    MAX_ASKED,
    MAX_MISSING,
    PATIENCE,
    SHORTEST_S,
    Missing,
)


def test_a_packet_that_was_only_overtaken_is_not_asked_for():
    missing = Missing()
    missing.on_gap(5, 6, now=1.0)
    assert missing.due(1.0 + FIRST_ASKED_S / 2, 0.1) == []
    missing.on_arrived(5)
    assert missing.due(2.0, 0.1) == []


def test_a_lost_packet_is_asked_for_once_a_round_trip():
    missing = Missing()
    missing.on_gap(5, 7, now=1.0)
    first = 1.0 + FIRST_ASKED_S
    assert missing.due(first, 0.1) == [5, 6]
    assert missing.due(first + 0.1, 0.1) == []
    assert missing.due(first + 0.1 * PATIENCE + 1e-9, 0.1) == [5, 6]


def test_a_short_round_trip_makes_no_storm():
    missing = Missing()
    missing.on_gap(5, 6, now=0.0)
    asked = sum(bool(missing.due(ms / 1_000, 0.0)) for ms in range(200))
    assert asked <= 0.2 / SHORTEST_S


def test_an_answer_to_a_single_request_tells_the_round_trip():
    missing = Missing()
    missing.on_gap(5, 7, now=0.0)
    missing.due(0.5, 0.1)
    assert missing.on_arrived(5) == 0.5
    missing.due(0.7, 0.1)
    assert missing.on_arrived(6) is None
    assert missing.on_arrived(7) is None


def test_a_round_trip_longer_than_known_is_found_out():
    """Requests come further and further apart until one is answered before it is repeated."""
    missing, known, real = Missing(), 0.1, 0.3
    for n in range(10):
        began = float(n)
        missing.on_gap(n, n + 1, began)
        asked = [
            began + ms / 1_000 for ms in range(1_000) if missing.due(began + ms / 1_000, known)
        ]
        assert asked
        arrival = asked[0] + real
        if sum(at < arrival for at in asked) == 1:
            return
        missing.on_arrived(n)
    raise AssertionError("never")


def test_what_nobody_waits_for_any_more_is_given_up():
    missing = Missing()
    missing.on_gap(5, 6, now=0.0)
    assert missing.due(GIVEN_UP_S, 0.1) == []
    assert (len(missing), missing.gave_up) == (0, 1)


def test_no_packet_is_asked_for_more_often_than_the_limit():
    missing = Missing()
    missing.on_gap(5, 6, now=0.0)
    asked = sum(bool(missing.due(ms / 1_000, 0.001)) for ms in range(999))
    assert asked <= MAX_ASKED


def test_a_gap_over_the_limit_is_not_asked_for_at_all():
    missing = Missing()
    assert missing.on_gap(0, MAX_MISSING, now=0.0)
    assert not missing.on_gap(500, 501, now=0.0)
    assert (len(missing), missing.gave_up) == (0, MAX_MISSING + 1)
