"""What a bench prints: figures, each beside its baseline."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """`ratio` is value / baseline_value. `delivered` is the share of what was to arrive.

    `aim` is what we want it to be, in words; `note` says what the number does not.
    """

    figure: str
    value: float
    unit: str
    baseline: str = ""
    baseline_value: float | None = None
    ratio: float | None = None
    delivered: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    aim: str = ""
    note: str = ""

    @classmethod
    def beside(
        cls,
        figure: str,
        value: float,
        unit: str,
        baseline: str,
        against: float | None,
        **more: object,
    ) -> Figure:
        """A figure and its ratio; `against` is None when the baseline could not be measured."""
        made = cls(
            figure=figure,
            value=rounded(value),
            unit=unit,
            baseline=baseline,
            baseline_value=None if against is None else rounded(against),
            ratio=None if not against else rounded(value / against),
        )
        return msgspec.structs.replace(made, **more)


def rounded(value: float) -> float:
    """Four significant digits: more would pretend."""
    if not value:
        return 0.0
    return round(value, 3 - math.floor(math.log10(abs(value))))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of them do not exceed (nearest rank).

    Raises ValueError when there are none.
    """
    if not values:
        raise ValueError("no values, no percentile")
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


def as_row(figure: Figure) -> str:
    """One line for people."""
    parts = [f"{figure.figure:<26} {figure.value:>10g} {figure.unit}"]
    if figure.baseline:
        known = figure.baseline_value is not None
        parts.append(
            f"({figure.baseline}: {figure.baseline_value:g})" if known else f"({figure.baseline})"
        )
    if figure.ratio is not None:
        parts.append(f"x{figure.ratio:g}")
    if figure.delivered is not None:
        parts.append(f"delivered {figure.delivered:.4%}")
    if figure.p50_ms is not None and figure.p99_ms is not None:
        parts.append(f"p50 {figure.p50_ms:g} ms, p99 {figure.p99_ms:g} ms")
    if figure.aim:
        parts.append(f"aim {figure.aim}")
    line = "  ".join(parts)
    return f"{line}\n{'':<26} {figure.note}" if figure.note else line


def run(measure: Callable[[], Iterable[Figure]], description: str | None) -> None:
    """The `main` of every bench: print each figure as soon as it is there."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--json", action="store_true", help="one JSON object a line")
    as_json = options.parse_args().json
    for figure in measure():
        print(msgspec.json.encode(figure).decode() if as_json else as_row(figure))
        sys.stdout.flush()
