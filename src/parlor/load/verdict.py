"""What is to be said about numbers before anybody believes them. Pure."""

from __future__ import annotations

CPU_LIMIT = 0.85
"""Share of a core above which a process of the generator does not keep up any more."""
TURN_LIMIT_MS = 50.0
LATE_LIMIT_MS = 20.0


def delivered(arrived: int, expected: int) -> float | None:
    """The share of what was to arrive; None when nothing was. Above 1 something came twice."""
    return arrived / expected if expected else None


def generator_warning(
    *, cpu: float, turn_p99_ms: float = 0.0, late_p99_ms: float = 0.0, publisher_cpu: float = 0.0
) -> str:
    """Why the generator itself may have been the limit; "" when it was not.

    `cpu` is the share of a core that its busiest process used, `turn_p99_ms` how long its
    connections waited for it, `late_p99_ms` how late pushes left.
    """
    why = []
    if cpu > CPU_LIMIT:
        why.append(f"a process of the generator used {cpu:.0%} of a core: add --processes")
    if publisher_cpu > CPU_LIMIT:
        why.append(f"the publisher used {publisher_cpu:.0%} of a core: lower --rate")
    if turn_p99_ms > TURN_LIMIT_MS:
        why.append(f"its loop kept connections waiting, p99 {turn_p99_ms:.0f} ms")
    if late_p99_ms > LATE_LIMIT_MS:
        why.append(f"pushes left late, p99 {late_p99_ms:.0f} ms")
    return "the generator was the limit: " + "; ".join(why) if why else ""


def pace_warning(done: float, asked: float) -> str:
    """A pace that was not kept means that the server, or the links to it, did not take more."""
    if not asked or done >= asked * 0.98:
        return ""
    return f"{done:.4g}/s instead of {asked:.4g}/s: the server did not answer in time (or --links)"


def most_common(reasons: dict[str, int]) -> str:
    """`closed before it was let in (3), HTTP 429 (1)`, at most three kinds."""
    ranked = sorted(reasons.items(), key=lambda item: -item[1])
    return ", ".join(f"{reason} ({count})" for reason, count in ranked[:3])
