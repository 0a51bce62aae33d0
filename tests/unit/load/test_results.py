import pytest

from parlor.load.figures import as_row
from parlor.load.histogram import Histogram
from parlor.load.observed import Observed
from parlor.load.plan import Plan
from parlor.load.publisher import Pushed
from parlor.load.results import (
    connections_figure,
    deliveries_figure,
    generator_figure,
    percentiles,
    server_figures,
)
from parlor.load.target import Target
from parlor.load.wish import Report

HERE = Target("native_websocket", "127.0.0.1", 1)
PLAN = Plan(scenario="push", target=HERE, push_target=HERE, protocol="native", key="k", rate=10.0)


def test_deliveries_are_counted_against_what_was_accepted():
    report = Report(messages=950, missed=50, bytes=9_500)
    pushed = Pushed(accepted=10, expected=1_000, refused={"HTTP 429": 90}, elapsed_s=10.0)
    made = deliveries_figure(PLAN, report, pushed, 99.0)
    assert (made.value, made.delivered, made.missed, made.refused) == (95.0, 0.95, 50, 90)
    assert "HTTP 429 (90)" in made.note
    assert made.warning == "", "what was refused was answered in time"
    assert made.p50_ms is None


def test_a_pace_that_was_not_kept_is_a_warning():
    made = deliveries_figure(PLAN, Report(), Pushed(accepted=50, elapsed_s=10.0), 10.0)
    assert "5/s instead of 10/s" in made.warning
    assert "WARNING" in as_row(made)


def test_all_crews_are_in_the_count_of_connections():
    one = Report(open=5, refused={"full": 2}, closings={"idle": 1})
    other = Report(open=4, refused={"full": 1})
    made = connections_figure(PLAN, [one, other], 12, Histogram())
    assert (made.value, made.refused) == (9.0, 3)
    assert made.note == "of 12 asked for; refused: full (3); ended by the server: idle (1)"


def test_the_busiest_process_decides_whether_the_generator_was_the_limit():
    figure = generator_figure(PLAN, [Report(cpu=0.2), Report(cpu=0.95)], Pushed(cpu=0.1))
    assert figure.value == 0.95
    assert "95%" in figure.warning
    assert generator_figure(PLAN, [Report(cpu=0.2)], Pushed()).warning == ""


def test_a_server_that_cannot_be_seen_has_no_figures():
    assert list(server_figures(PLAN, Observed(None), 1, 1)) == []


@pytest.mark.parametrize("count", [1, 1_000])
def test_percentiles_are_in_order(count):
    taken = Histogram()
    for value in range(1, count + 1):
        taken.add(float(value))
    found = percentiles(taken)
    assert found["p50_ms"] <= found["p99_ms"] <= found["p999_ms"] <= found["max_ms"] == count
