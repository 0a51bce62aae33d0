"""What is printed in the end: figures, a line each, for people or as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """`ratio` is value / baseline_value. `delivered` is the share of what was to arrive.

    `expected` and `arrived` are what it was computed from, `missed` what the server said that it
    dropped for slow readers. `aim` is what we want `value` to be, in words; `note` says what the
    number does not; `warning` why it should not be believed.
    """

    figure: str
    value: float
    unit: str
    baseline: str = ""
    baseline_value: float | None = None
    ratio: float | None = None
    delivered: float | None = None
    expected: int | None = None
    arrived: int | None = None
    missed: int | None = None
    refused: int | None = None
    bytes: int | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    p999_ms: float | None = None
    max_ms: float | None = None
    aim: str = ""
    note: str = ""
    warning: str = ""

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


def as_json(figure: Figure) -> str:
    return msgspec.json.encode(figure).decode()


def as_row(figure: Figure) -> str:
    """One line for people; a note and a warning have lines of their own."""
    parts = [f"{figure.figure:<26} {figure.value:>10g} {figure.unit}"]
    if figure.baseline:
        known = figure.baseline_value is not None
        parts.append(
            f"({figure.baseline}: {figure.baseline_value:g})" if known else f"({figure.baseline})"
        )
    if figure.ratio is not None:
        parts.append(f"x{figure.ratio:g}")
    parts += details(figure)
    if figure.aim:
        parts.append(f"aim {figure.aim}")
    lines = ["  ".join(parts)]
    lines += [f"{'':<26} {more}" for more in (figure.note, marked(figure.warning)) if more]
    return "\n".join(lines)


def details(figure: Figure) -> list[str]:
    """What a figure knows beside its value, in words."""
    parts = []
    if figure.delivered is not None:
        parts.append(f"delivered {figure.delivered:.4%}")
    if figure.refused:
        parts.append(f"refused {figure.refused}")
    if figure.missed:
        parts.append(f"missed {figure.missed}")
    if figure.p50_ms is not None and figure.p99_ms is not None:
        more = "" if figure.p999_ms is None else f", p99.9 {figure.p999_ms:g} ms"
        parts.append(f"p50 {figure.p50_ms:g} ms, p99 {figure.p99_ms:g} ms{more}")
    return parts


def marked(warning: str) -> str:
    return f"WARNING: {warning}" if warning else ""
