"""Who looks on while a scenario runs: shows how far it is, and may ask it to stop."""

from __future__ import annotations

import time
from typing import Protocol

from parlor.load.observed import Observed
from parlor.load.publisher import Pushed
from parlor.load.wish import Seen

REST_S = 0.05


class Stopped(Exception):
    """Somebody asked the run to end now."""


class Lost(Exception):
    """There is no server to measure any more; one line that says how it was noticed."""


class Watch(Protocol):
    def show(self, phase: str, seen: Seen, pushed: Pushed, server: Observed) -> None: ...

    def rest(self) -> None:
        """Wait a moment. Raises Stopped."""


class Unwatched:
    """Nobody looks on: for programs that want the figures only."""

    def show(self, phase: str, seen: Seen, pushed: Pushed, server: Observed) -> None: ...

    def rest(self) -> None:
        time.sleep(REST_S)
