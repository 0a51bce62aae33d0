"""Whether this process should get new work, and if not, why. `boot` drives it, /readyz shows it."""

from __future__ import annotations


class Readiness:
    """Begins as starting; is ready while nothing holds it back; draining is for good."""

    def __init__(self) -> None:
        self._held_by: dict[str, str] = {"starting": "starting"}

    def on_started(self) -> None:
        self._held_by.pop("starting", None)

    def on_draining(self) -> None:
        self._held_by["draining"] = "draining"

    @property
    def reasons(self) -> tuple[str, ...]:
        """Empty when ready."""
        return tuple(self._held_by.values())

    @property
    def is_ready(self) -> bool:
        return not self._held_by
