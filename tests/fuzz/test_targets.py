"""A short run of every fuzz target; `make fuzz` is the long one."""

import importlib
import subprocess
import sys

import pytest

from tests.fuzz.__main__ import TARGETS

RUNS = 20_000
"""Of a target that has no number of its own: those that take longer have a lower one."""
LIMIT_S = 120


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_hold(name):
    target = importlib.import_module(f"tests.fuzz.targets.{name}")
    for seed in target.SEEDS:
        target.check(seed)
        for size in range(len(seed)):
            target.check(seed[:size])


@pytest.mark.parametrize("name", TARGETS)
def test_a_short_run_finds_nothing(name, tmp_path):
    command = [sys.executable, "-m", "tests.fuzz.run", name, str(tmp_path)]
    runs = getattr(importlib.import_module(f"tests.fuzz.targets.{name}"), "RUNS", RUNS)
    done = subprocess.run(
        [*command, "--runs", str(runs), "--seed", "1"],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    assert f"stat::number_of_executed_units: {runs}" in done.stderr


def test_a_fault_is_found_and_its_input_written(tmp_path):
    """The harness itself: a run over a target whose last seed breaks its promise fails."""
    planted = (
        "import sys, tests.fuzz.targets.goim as goim, tests.fuzz.run as run\n"
        "def check(data):\n"
        "    assert b'planted' not in data\n"
        "goim.check, goim.SEEDS = check, [b'x', b'planted']\n"
        f"sys.argv = ['run', 'goim', {str(tmp_path)!r}, '--runs', '1000']\n"
        "run.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", planted], capture_output=True, timeout=LIMIT_S, check=False
    )
    assert done.returncode != 0
    (written,) = tmp_path.glob("goim-crash-*")
    assert b"planted" in written.read_bytes()
