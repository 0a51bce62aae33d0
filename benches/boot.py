"""How long `parlor serve` takes to say `ready`: with no data folder yet, and with one.

Beside it, the start of a Python that imports the two largest libraries and does nothing.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from benches.figures import Figure, run
from benches.server import folder, serving

TIMES = 5
BASELINE = "python -c 'import litestar, sqlalchemy'"


def bare_start_s() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import litestar, sqlalchemy"], check=True)
    return time.perf_counter() - began


def measure() -> Iterator[Figure]:
    bare: list[float] = []
    first: list[float] = []
    second: list[float] = []
    for _ in range(TIMES):
        bare.append(bare_start_s())
        with folder() as where:
            for ready in (first, second):
                with serving(where / "data") as server:
                    ready.append(server.ready_s)
    baseline = statistics.median(bare)
    for name, ready in (("first", first), ("second", second)):
        yield Figure.beside(
            f"boot.{name}",
            statistics.median(ready),
            "s to ready",
            BASELINE,
            baseline,
            aim="under 1 s",
            note=f"median of {TIMES}, slowest {max(ready):.2f} s",
        )


if __name__ == "__main__":
    run(measure, __doc__)
