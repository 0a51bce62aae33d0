"""Compiles a baseline with the machine's own C compiler, when there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

NO_COMPILER = "no C compiler on this machine: not measured"


def compile_c(name: str, into: Path) -> Path | None:
    """The program made from `benches/NAME.c`; None without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    program = into / name
    source = Path(__file__).with_name(name + ".c")
    subprocess.run([compiler, "-O2", "-o", str(program), str(source)], check=True)
    return program
