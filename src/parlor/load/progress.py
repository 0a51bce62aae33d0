"""What people see while a scenario runs, and the table in the end.

Rich where standard error is a terminal, plain lines elsewhere: one for each phase and one each few
seconds. Rich is imported when it is needed only: it costs a third of the boot time of a server.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from parlor.load.figures import Figure, as_row, details, marked
from parlor.load.observed import Observed
from parlor.load.publisher import Pushed
from parlor.load.watch import REST_S, Stopped
from parlor.load.wish import Seen

if TYPE_CHECKING:
    from rich.live import Live

LINE_EACH_S = 5.0


class Progress:
    """A `Watch` that is also asked to stop: by Ctrl-C, the second of which ends the program."""

    def __init__(self, title: str, stream: TextIO = sys.stderr) -> None:
        self._title = title
        self._stream = stream
        self._phase = ""
        self._shown_at = 0.0
        self._stop = False
        self._live: Live | None = None
        self._before: tuple[float, int] = (time.monotonic(), 0)

    def __enter__(self) -> Self:
        signal.signal(signal.SIGINT, self._on_signal)
        if self._stream.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(
                console=Console(file=self._stream), refresh_per_second=4, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def show(self, phase: str, seen: Seen, pushed: Pushed, server: Observed) -> None:
        now = time.monotonic()
        each_s = 0.25 if self._live is not None else LINE_EACH_S
        if phase == self._phase and now < self._shown_at + each_s:
            return
        rate = max(0.0, (seen.messages - self._before[1]) / max(1e-9, now - self._before[0]))
        self._before = (now, seen.messages)
        self._phase, self._shown_at = phase, now
        line = " ".join([f"{self._title}: {phase}:", *_counts(seen, pushed, server, rate)])
        if self._live is not None:
            self._live.update(line)
        else:
            print(line, file=self._stream, flush=True)

    def rest(self) -> None:
        time.sleep(REST_S)
        if self._stop:
            raise Stopped

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stop:
            raise KeyboardInterrupt
        self._stop = True


def _counts(seen: Seen, pushed: Pushed, server: Observed, rate: float) -> list[str]:
    parts = [f"{seen.open} open"]
    parts += [f"{seen.waiting} on the way"] if seen.waiting else []
    parts += [f"{seen.refusals} refused"] if seen.refusals else []
    parts += [f"{seen.closed} closed"] if seen.closed else []
    if pushed.accepted:
        parts.append(f"{pushed.accepted} pushes")
    if seen.messages:
        parts.append(f"{seen.messages} arrived ({rate:.0f}/s)")
    resident = server.resident_bytes()
    if resident is not None:
        parts.append(f"server {resident / 1e6:.0f} MB")
    return [", ".join(parts)]


def print_figures(figures: Sequence[Figure], stream: TextIO) -> None:
    """A table on a terminal, otherwise the lines that benches print too."""
    if not stream.isatty():
        for figure in figures:
            print(as_row(figure), file=stream)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_edge=False)
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("")
    table.add_column("")
    for figure in figures:
        told = [*details(figure), figure.note]
        table.add_row(
            figure.figure,
            f"{figure.value:g}",
            figure.unit,
            "\n".join(each for each in told if each),
        )
    console = Console(file=stream)
    console.print(table)
    for figure in figures:
        if figure.warning:
            console.print(f"{figure.figure}: {marked(figure.warning)}", style="bold yellow")
