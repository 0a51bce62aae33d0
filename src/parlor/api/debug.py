"""What the process does right now, for administrators: stacks of tasks and threads, a profile.

Stacks are places in the program, never values. A profile is taken by whoever boot hands in; this
module owns that there is one at a time, and how long it may be.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any, Protocol

import msgspec

from parlor.model.errors import BadRequest, Forbidden, ProfileRunning

MAX_STACKS = 500


class DebugSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`enabled`: administrators may look into the running process (`/debug/`). A profile takes
    `max_seconds` at most."""

    enabled: bool = True
    max_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.max_seconds <= 0:
            raise ValueError("max_seconds is not above 0")


class Profiler(Protocol):
    """Samples the thread that calls it until `stop`. One at a time."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def render(self, *, html: bool) -> str:
        """What was sampled; may take a while, in any thread."""


class Debug:
    """`make_profiler` is called for each profile, in the thread of the loop."""

    def __init__(self, settings: DebugSettings, make_profiler: Any) -> None:
        self._settings = settings
        self._make_profiler = make_profiler
        self.is_profiling = False

    async def profile(self, seconds: float, *, html: bool) -> str:
        """Watch the loop for `seconds`. It is slower meanwhile.

        Raises Forbidden when turned off, BadRequest for a time out of bounds, ProfileRunning.
        """
        self._check_enabled()
        if not 0 < seconds <= self._settings.max_seconds:
            raise BadRequest(f"`seconds` is more than 0, at most {self._settings.max_seconds:g}.")
        if self.is_profiling:
            raise ProfileRunning(retry_after_s=seconds)
        self.is_profiling = True
        try:
            profiler: Profiler = self._make_profiler()
            profiler.start()
            try:
                await asyncio.sleep(seconds)
            finally:
                profiler.stop()
            return await asyncio.to_thread(lambda: profiler.render(html=html))
        finally:
            self.is_profiling = False

    def stacks(self) -> str:
        """Every task and thread by where it is; equal ones are counted. Raises Forbidden."""
        self._check_enabled()
        tasks = Counter(tuple(_of_task(task)) for task in asyncio.all_tasks())
        lines = [f"{tasks.total()} tasks"]
        for stack, count in tasks.most_common(MAX_STACKS):
            lines += ["", f"{count} x", *(f"  {place}" for place in stack)]
        if len(tasks) > MAX_STACKS:
            lines += ["", f"and {len(tasks) - MAX_STACKS} other stacks"]
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        frames = sys._current_frames()
        lines += ["", f"{len(frames)} threads"]
        for ident, frame in list(frames.items())[:MAX_STACKS]:
            lines += ["", names.get(ident, "?"), *(f"  {place}" for place in _of_frame(frame))]
        return "\n".join(lines) + "\n"

    def _check_enabled(self) -> None:
        if not self._settings.enabled:
            raise Forbidden("This is turned off: debug.enabled.")


def _of_task(task: asyncio.Task[Any]) -> Iterator[str]:
    """From the outermost coroutine to the one that waits."""
    waiting: Any = task.get_coro()
    while waiting is not None:
        code = getattr(waiting, "cr_code", None) or getattr(waiting, "gi_code", None)
        if code is None:
            # A future, or an awaitable of C: its kind says what is waited for.
            yield type(waiting).__name__
            return
        frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "gi_frame", None)
        yield _place(code, frame.f_lineno if frame is not None else 0)
        waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "gi_yieldfrom", None)


def _of_frame(frame: FrameType | None) -> Iterator[str]:
    """From the innermost call outwards."""
    while frame is not None:
        yield _place(frame.f_code, frame.f_lineno)
        frame = frame.f_back


def _place(code: CodeType, line: int) -> str:
    return f"{code.co_qualname} {code.co_filename}:{line}"
