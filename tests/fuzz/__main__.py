"""A long run over all targets, one after the other: `make fuzz MINUTES=10` for each.

Their corpora stay in `.fuzz/`. An input that fails is there too: put it into the target's SEEDS.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

TARGETS = sorted(path.stem for path in (Path(__file__).parent / "targets").glob("*.py"))
KEPT = Path(__file__).parents[2] / ".fuzz"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10.0, help="for each target")
    seconds = round(options.parse_args().minutes * 60)
    failed = []
    for name in TARGETS:
        print(f"--- {name}", flush=True)
        command = [sys.executable, "-m", "tests.fuzz.run", name, str(KEPT)]
        if subprocess.run([*command, "--seconds", str(seconds)]).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}; the inputs are in {KEPT}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
