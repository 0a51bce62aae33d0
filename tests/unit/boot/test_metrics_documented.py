"""Metrics, their documentation, the dashboard and the alerts name the same things."""

import json
import re
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from tests.support.metric_names import metrics

ROOT = Path(__file__).parents[3]
GRAFANA = ROOT / "deploy" / "grafana"
_NAME = re.compile(r"`([a-z_]+)(?:\{([a-z,]+)\})?`")
_USED = re.compile(r"\b(?:parlor|process)_[a-z_]+")
PROCESS = {
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_max_fds",
    "process_start_time_seconds",
}


def documented(page: str) -> dict[str, tuple[str, frozenset[str]]]:
    found = {}
    for line in (ROOT / "docs" / page).read_text().splitlines():
        cells = line.strip("|").split("|")
        if line.startswith("| `") and len(cells) == 3:
            for name, labels in _NAME.findall(cells[0]):
                assert name not in found, f"{name} is there twice"
                found[f"parlor_{name}"] = (
                    cells[1].strip(),
                    frozenset(filter(None, labels.split(","))),
                )
    return found


@pytest.mark.parametrize("page", ["metrics.md", "metrics.zh.md"])
def test_every_metric_is_documented_and_every_documented_one_exists(page):
    assert documented(page) == metrics()


def test_a_limit_stands_beside_what_it_limits():
    limits = {name for name in metrics() if name.endswith("_limit")}
    assert len(limits) > 20
    rows = (ROOT / "docs" / "metrics.md").read_text().splitlines()
    together = [
        {name for name, _ in _NAME.findall(row.split("|")[1])} for row in rows if "|" in row
    ]
    for limit in limits:
        (row,) = [names for names in together if limit.removeprefix("parlor_") in names]
        assert len(row) > 1, limit


def expressions() -> list[str]:
    board = json.loads((GRAFANA / "parlor.json").read_text())
    shown = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    rules = yaml.safe_load((GRAFANA / "alerts.yml").read_text())
    alerts = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    assert len(shown) > 15
    assert len(alerts) > 5
    return shown + alerts


def test_dashboard_and_alerts_ask_only_for_what_exists():
    known = metrics()
    for expression in expressions():
        used = _USED.findall(expression)
        assert used, expression
        for name in used:
            plain = re.sub(r"_(bucket|sum|count)\Z", "", name)
            is_histogram = known.get(plain, ("",))[0] == "histogram"
            assert name in known or name in PROCESS or is_histogram, name


def test_panels_have_places_of_their_own():
    board = json.loads((GRAFANA / "parlor.json").read_text())
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert x < 24
                assert (x, y) not in taken, panel["title"]
                taken.add((x, y))


def test_every_alert_says_what_it_means():
    rules = yaml.safe_load((GRAFANA / "alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"]
            assert rule["labels"]["severity"] in ("warning", "critical")
