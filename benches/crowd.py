"""A crowd of one process at a bench's own server: `parlor.load.crew`, told with a port."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from parlor.load.crew import Crew
from parlor.load.results import percentiles
from parlor.load.stamps import STAMP_BYTES, stamp
from parlor.load.target import NOBODY, Target
from parlor.load.tokens import Tokens
from parlor.load.verdict import most_common
from parlor.load.wish import Wish

__all__ = ["STAMP_BYTES", "Crowd", "stamp"]

OPEN_LIMIT_S = 30.0


class Crowd:
    """Opened once, closed once; `crew` is the handle that can do more.

    With `tls` each connection begins with a handshake of its own, and the certificate is not
    looked at. Of several tokens each connection takes the next. Raises RuntimeError when not all
    are let in.
    """

    def __init__(
        self,
        kind: str,
        port: int,
        count: int,
        *,
        token: str | Sequence[str] = "",
        room: str = "",
        rooms: int = 1,
        tls: bool = False,
        slow_each_s: float = 0.0,
        come_back: bool = False,
    ) -> None:
        tokens = (token,) if isinstance(token, str) else tuple(token)
        self.crew = Crew(
            Wish(
                Target(kind, "127.0.0.1", port, tls, NOBODY),
                count,
                tokens=Tokens(tokens),
                room=room,
                rooms=rooms,
                slow_each_s=slow_each_s,
                come_back=come_back,
            )
        )
        try:
            seen = self.crew.wait_open(count, OPEN_LIMIT_S)
            if seen.open < count:
                raise RuntimeError(
                    f"{seen.open} of {count} were let in: {most_common(seen.refused)}"
                )
        except BaseException:
            self.close()
            raise

    def seen(self) -> int:
        """Stamps counted since the last report."""
        return self.crew.seen().messages

    def wait_seen(self, count: int, limit_s: float) -> int:
        """Wait until `count` messages arrived, `limit_s` at most; how many did."""
        return self.crew.wait_seen(count, limit_s)

    def report(self) -> dict[str, Any]:
        """messages, bytes, missed and percentiles since the last report; closed in all."""
        report = self.crew.report()
        names = ("messages", "bytes", "missed", "closed")
        return {name: getattr(report, name) for name in names} | percentiles(report.latencies)

    def beat(self, per_s: float) -> None:
        """Send heartbeats from one connection after the other, `per_s` in all; 0 stops."""
        self.crew.beat(per_s)

    def close(self) -> None:
        self.crew.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
