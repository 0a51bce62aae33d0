"""One target under atheris, in a process of its own: libFuzzer ends the process.

`python -m tests.fuzz.run NAME FOLDER --runs 10000` or `--seconds 600`. What it finds interesting is
kept in FOLDER/NAME, so that a later run begins there; an input that fails is written to FOLDER and
the exit status is not 0.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

import atheris

MAX_INPUT_BYTES = 2_048
INSTRUMENTED = ["parlor.wire", "parlor.doors.goim.upgrade"]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("name", help="a module of tests.fuzz.targets")
    options.add_argument("folder", type=Path)
    options.add_argument("--runs", type=int, default=-1, help="stop after so many inputs")
    options.add_argument("--seconds", type=int, default=0, help="stop after so long")
    options.add_argument("--seed", type=int, default=0, help="0: another one each time")
    chosen = options.parse_args()
    with atheris.instrument_imports(include=INSTRUMENTED):
        target = importlib.import_module(f"tests.fuzz.targets.{chosen.name}")
    corpus, seeds = chosen.folder / chosen.name, chosen.folder / f"{chosen.name}-seeds"
    corpus.mkdir(parents=True, exist_ok=True)
    seeds.mkdir(exist_ok=True)
    for number, seed in enumerate(target.SEEDS):
        (seeds / str(number)).write_bytes(seed)
    flags = [
        f"-runs={chosen.runs}",
        f"-max_total_time={chosen.seconds}",
        f"-seed={chosen.seed}",
        f"-max_len={MAX_INPUT_BYTES}",
        f"-artifact_prefix={chosen.folder}/{chosen.name}-",
        "-timeout=10",
        "-rss_limit_mb=1024",
        "-verbosity=0",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *flags, str(corpus), str(seeds)], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
