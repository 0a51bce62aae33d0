"""A sampling profiler for the running loop: pyinstrument, imported when the first one is made."""

from __future__ import annotations

INTERVAL_S = 0.001


class LoopProfiler:
    """Samples the thread in which `start` is called, whatever it runs, until `stop`."""

    def __init__(self) -> None:
        from pyinstrument import Profiler

        # Not only the task that asks: everything that runs in the loop.
        self._profiler = Profiler(interval=INTERVAL_S, async_mode="disabled")

    def start(self) -> None:
        self._profiler.start()

    def stop(self) -> None:
        self._profiler.stop()

    def render(self, *, html: bool) -> str:
        if html:
            return self._profiler.output_html()
        return self._profiler.output_text(unicode=True, color=False)
