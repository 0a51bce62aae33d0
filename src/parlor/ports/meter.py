"""Counting what happens, for whoever watches."""

from __future__ import annotations

from typing import Protocol


class Meter(Protocol):
    """Names are Prometheus names without the `parlor_` prefix; labels are few and bounded."""

    def count(self, name: str, by: int = 1, **labels: str) -> None: ...

    def observe(self, name: str, value: float, **labels: str) -> None:
        """One measurement (seconds, or how many: units) for a histogram."""
