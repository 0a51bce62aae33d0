"""What a bench prints: the figures of the load tool, each as soon as it is there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence

from parlor.load.figures import Figure, as_json, as_row, percentile, rounded

__all__ = ["Figure", "percentile", "print_figures", "rounded", "run", "run_for", "run_on"]


def run(measure: Callable[[], Iterable[Figure]], description: str | None) -> None:
    """The `main` of every bench."""
    print_figures(measure(), _options(description).parse_args())


def run_for(
    measure: Callable[[float], Iterable[Figure]], description: str | None, seconds: float
) -> None:
    """The `main` of a bench that can measure for as long as is wanted; `seconds` by default."""
    options = _options(description)
    options.add_argument("--seconds", type=float, default=seconds, help=f"[{seconds:g}]")
    given = options.parse_args()
    print_figures(measure(given.seconds), given)


def run_on(
    measure: Callable[[Sequence[str], float], Iterable[Figure]],
    description: str | None,
    kinds: Sequence[str],
    seconds: float,
) -> None:
    """The `main` of a bench that runs on several kinds of database; all of them by default."""
    options = _options(description)
    options.add_argument("--database", choices=kinds, action="append", help="[all]")
    options.add_argument("--seconds", type=float, default=seconds, help=f"[{seconds:g}]")
    given = options.parse_args()
    print_figures(measure(given.database or kinds, given.seconds), given)


def _options(description: str | None) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--json", action="store_true", help="one JSON object a line")
    return options


def print_figures(figures: Iterable[Figure], given: argparse.Namespace) -> None:
    """Each as soon as it is there; as JSON when `given.json`."""
    for figure in figures:
        print(as_json(figure) if given.json else as_row(figure))
        sys.stdout.flush()
