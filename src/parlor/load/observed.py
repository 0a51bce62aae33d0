"""What the kernel knows of a running process: its CPU time and its memory (Linux, /proc)."""

from __future__ import annotations

import time
from pathlib import Path

_LISTENING = "0A"


class Observed:
    """The server, seen from outside since `mark`; None for what is not known of it."""

    def __init__(self, pid: int | None) -> None:
        self.pid = pid
        self.resident_before = self.resident_bytes()
        self._mark = (time.monotonic(), self._cpu_s())

    def mark(self) -> None:
        """CPU is counted from here on."""
        self._mark = (time.monotonic(), self._cpu_s())

    def used_s(self) -> float | None:
        """Seconds on a processor since the mark."""
        then, now = self._mark[1], self._cpu_s()
        return None if then is None or now is None else now - then

    def cores(self) -> float | None:
        """On average since the mark."""
        used = self.used_s()
        return None if used is None else used / max(1e-9, time.monotonic() - self._mark[0])

    def resident_bytes(self) -> int | None:
        try:
            return None if self.pid is None else resident_bytes(self.pid)
        except (OSError, ValueError):
            return None

    def _cpu_s(self) -> float | None:
        try:
            return None if self.pid is None else cpu_s(self.pid)
        except OSError:
            return None


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


def listener_pid(port: int) -> int | None:
    """Whose process listens on a TCP port of this machine; None when it cannot be seen."""
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            inodes |= parse_listening(Path(table).read_text(), port)
        except OSError:
            continue
    wanted = {f"socket:[{inode}]" for inode in inodes}
    try:
        folders = [each for each in Path("/proc").iterdir() if each.name.isdigit()]
    except OSError:
        return None
    for folder in folders:
        try:
            for descriptor in (folder / "fd").iterdir():
                if str(descriptor.readlink()) in wanted:
                    return int(folder.name)
        except OSError:
            continue  # it ended, or it is not ours to look at
    return None


def parse_listening(table: str, port: int) -> set[str]:
    """The inodes of the sockets that listen on `port`, from a table of /proc/net/tcp."""
    found = set()
    for line in table.splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
            found.add(fields[9])
    return found


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
