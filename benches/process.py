"""What the kernel knows of a running process: its CPU time and its memory (Linux, /proc)."""

from __future__ import annotations

from pathlib import Path


def cpu_s(pid: int) -> float:
    """Seconds on a processor so far, user and system, of all threads that still live.

    From `schedstat`: nanoseconds, where `stat` counts hundredths of a second.
    """
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += parse_schedstat((task / "schedstat").read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    return total / 1e9


def resident_bytes(pid: int) -> int:
    return parse_smaps(Path(f"/proc/{pid}/smaps_rollup").read_text(), "Rss")


def parse_schedstat(text: str) -> int:
    """Nanoseconds on a processor: the first of three numbers."""
    return int(text.split()[0])


def parse_smaps(text: str, field: str) -> int:
    """One field of smaps, in bytes. Raises ValueError when it is not there."""
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        if name == field:
            size, unit = rest.split()
            if unit != "kB":
                break
            return int(size) * 1024
    raise ValueError(f"no {field} in kB")


def parse_metric(exposition: str, name: str) -> float:
    """The sum of a Prometheus metric over its labels; 0 when it was never counted."""
    total = 0.0
    for line in exposition.splitlines():
        if line.startswith((name + " ", name + "{")):
            total += float(line.rsplit(" ", 1)[1])
    return total
