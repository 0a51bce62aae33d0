"""The meter that Prometheus reads: plain numbers while the server works, families at a scrape.

A count is one dictionary update (about 0.4 µs; prometheus-client's own counter takes three times
that); everything Prometheus needs is put together when somebody asks. To be used by one thread.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

_PREFIX = "parlor_"
_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_UNIT_BOUNDS = tuple(float(2**power) for power in range(13))

Labels = tuple[tuple[str, str], ...]


class _Histogram:
    __slots__ = ("bounds", "counts", "total")

    def __init__(self, name: str) -> None:
        self.bounds = _UNIT_BOUNDS if name.endswith("_units") else _BOUNDS
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def buckets(self) -> list[tuple[str, float]]:
        """Upper bound and how many were at most that, as Prometheus wants them: cumulative."""
        names = [*map(repr, self.bounds), "+Inf"]
        return list(zip(names, map(float, accumulate(self.counts)), strict=True))


class PrometheusMeter:
    """Fulfils `ports.meter`. A name keeps its label names: the first use decides them."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Labels], int] = {}
        self._histograms: dict[tuple[str, Labels], _Histogram] = {}
        self._gauges: dict[str, tuple[Callable[[], float], str]] = {}
        self._labelled: dict[str, tuple[str, Callable[[], Mapping[str, float]], str]] = {}
        self._registry = CollectorRegistry()
        self._registry.register(_Families(self._families))
        ProcessCollector(registry=self._registry)

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        key = (name, tuple(sorted(labels.items())))
        self._counts[key] = self._counts.get(key, 0) + by

    def observe(self, name: str, value: float, **labels: str) -> None:
        """`name` ends in `_seconds` or `_units`, which decides the buckets."""
        key = (name, tuple(sorted(labels.items())))
        histogram = self._histograms.get(key)
        if histogram is None:
            histogram = self._histograms[key] = _Histogram(name)
        histogram.counts[bisect_left(histogram.bounds, value)] += 1
        histogram.total += value

    def gauge(self, name: str, callback: Callable[[], float], help: str) -> None:
        """Ask `callback` at each scrape. Raises ValueError for a name that is taken."""
        if name in self._gauges:
            raise ValueError(f"there is a gauge {name} already")
        self._gauges[name] = (callback, help)

    def gauges(
        self, name: str, label: str, callback: Callable[[], Mapping[str, float]], help: str
    ) -> None:
        """Like `gauge`, with a value for each value of one label: few, and bounded by settings."""
        if name in self._labelled:
            raise ValueError(f"there are gauges {name} already")
        self._labelled[name] = (label, callback, help)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Everything measured so far and its content type, in the format that `accept` asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def _families(self) -> Iterator[Metric]:
        counters: dict[str, CounterMetricFamily] = {}
        for (name, labels), value in sorted(self._counts.items()):
            counter = counters.get(name)
            if counter is None:
                counter = counters[name] = CounterMetricFamily(
                    _PREFIX + name, _help(name), labels=_names(labels)
                )
            counter.add_metric(_values(labels), value)
        yield from counters.values()
        histograms: dict[str, HistogramMetricFamily] = {}
        for (name, labels), histogram in sorted(self._histograms.items(), key=lambda row: row[0]):
            family = histograms.get(name)
            if family is None:
                family = histograms[name] = HistogramMetricFamily(
                    _PREFIX + name, _help(name), labels=_names(labels)
                )
            family.add_metric(_values(labels), histogram.buckets(), histogram.total)
        yield from histograms.values()
        for name, (callback, meaning) in self._gauges.items():
            yield GaugeMetricFamily(_PREFIX + name, meaning, value=callback())
        for name, (label, callbacks, meaning) in self._labelled.items():
            gauges = GaugeMetricFamily(_PREFIX + name, meaning, labels=[label])
            for of, now in callbacks().items():
                gauges.add_metric([of], now)
            yield gauges


class _Families:
    """What a registry wants to be given: something to collect from."""

    def __init__(self, families: Callable[[], Iterable[Metric]]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families()


def _names(labels: Labels) -> list[str]:
    return [name for name, _ in labels]


def _values(labels: Labels) -> list[str]:
    return [value for _, value in labels]


def _help(name: str) -> str:
    return name.replace("_", " ")
