"""How long things took, millions of them, in a few hundred numbers that can be added up.

A bucket is 1 % wide, so a percentile is at most 1 % too high and never too low. The extremes are
exact. Filled by the processes of a crew, merged by whoever asks them.
"""

from __future__ import annotations

import math

import msgspec

WIDTH = 1.01
SMALLEST_MS = 0.001
"""Everything at or below this falls into bucket 0."""
_SCALE = 1 / math.log(WIDTH)


class Histogram(msgspec.Struct):
    """`buckets[n]` counts values of at most `SMALLEST_MS * WIDTH**n` and above the bucket before.

    Values are milliseconds; a negative one, from clocks that disagree, counts as none at all.
    """

    count: int = 0
    longest_ms: float = 0.0
    buckets: dict[int, int] = {}

    def add(self, value_ms: float, times: int = 1) -> None:
        bucket = bucket_of(value_ms)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + times
        self.count += times
        if value_ms > self.longest_ms:
            self.longest_ms = value_ms

    def merge(self, other: Histogram) -> None:
        for bucket, times in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + times
        self.count += other.count
        self.longest_ms = max(self.longest_ms, other.longest_ms)

    def percentile_ms(self, share: float) -> float:
        """What at least `share` (0 to 1) of the values do not exceed, by nearest rank.

        Raises ValueError when there are none.
        """
        if not self.count:
            raise ValueError("no values, no percentile")
        rank = max(1, math.ceil(share * self.count))
        passed = 0
        for bucket in sorted(self.buckets):
            passed += self.buckets[bucket]
            if passed >= rank:
                return min(SMALLEST_MS * WIDTH**bucket, max(self.longest_ms, SMALLEST_MS))
        raise AssertionError("fewer values than were counted")


def bucket_of(value_ms: float) -> int:
    if value_ms <= SMALLEST_MS:
        return 0
    return math.ceil(math.log(value_ms / SMALLEST_MS) * _SCALE)
