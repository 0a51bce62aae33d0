"""The figures of a run, from what its processes counted. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from parlor.load.figures import Figure, rounded
from parlor.load.histogram import Histogram
from parlor.load.observed import Observed
from parlor.load.plan import Plan
from parlor.load.publisher import Pushed
from parlor.load.senders import Talked
from parlor.load.verdict import delivered, generator_warning, most_common, pace_warning
from parlor.load.wish import Report


def percentiles(taken: Histogram) -> dict[str, float]:
    """As fields of a figure; none when nothing was measured."""
    if not taken.count:
        return {}
    return {
        "p50_ms": rounded(taken.percentile_ms(0.5)),
        "p99_ms": rounded(taken.percentile_ms(0.99)),
        "p999_ms": rounded(taken.percentile_ms(0.999)),
        "max_ms": rounded(taken.longest_ms),
    }


def deliveries_figure(plan: Plan, report: Report, pushed: Pushed, elapsed_s: float) -> Figure:
    pushing_s = pushed.elapsed_s or elapsed_s
    rate = pushed.accepted / pushing_s
    accepted = f"{pushed.accepted} pushes accepted, {rounded(rate):g}/s"
    made = Figure(
        figure=f"{plan.scenario}.deliveries",
        value=rounded(report.messages / pushing_s),
        unit="deliveries/s",
        delivered=delivered(report.messages, pushed.expected),
        expected=pushed.expected,
        arrived=report.messages,
        missed=report.missed,
        refused=pushed.refusals,
        bytes=report.bytes,
        note=accepted + (f"; refused: {most_common(pushed.refused)}" if pushed.refused else ""),
        warning=pace_warning(rate + pushed.refusals / pushing_s, plan.rate),
    )
    return msgspec.structs.replace(made, **percentiles(report.latencies))


def connections_figure(
    plan: Plan, reports: Sequence[Report], asked: int, before: Histogram
) -> Figure:
    """`p50_ms` and others: from the first packet to the server's answer to the hello, of those who
    came while it was measured; of all (`before`) when nobody did."""
    entering, refused, closings = Histogram(), dict[str, int](), dict[str, int]()
    for report in reports:
        entering.merge(report.entering)
        for reason, count in report.refused.items():
            refused[reason] = refused.get(reason, 0) + count
        for reason, count in report.closings.items():
            closings[reason] = closings.get(reason, 0) + count
    notes = [f"of {asked} asked for"]
    notes += [f"refused: {most_common(refused)}"] if refused else []
    notes += [f"ended by the server: {most_common(closings)}"] if closings else []
    made = Figure(
        figure=f"{plan.scenario}.connections",
        value=float(sum(report.open for report in reports)),
        unit="open at the end",
        refused=sum(refused.values()),
        note="; ".join(notes),
    )
    return msgspec.structs.replace(made, **percentiles(entering if entering.count else before))


def server_figures(plan: Plan, server: Observed, open_: int, arrived: int) -> Iterator[Figure]:
    """None for a server that is not on this machine, or not ours to look at."""
    used_s, cores, resident = server.used_s(), server.cores(), server.resident_bytes()
    if used_s is not None and cores is not None:
        yield Figure(f"{plan.scenario}.server_cpu", rounded(cores), "cores")
        if arrived:
            each = rounded(used_s / arrived * 1e6)
            yield Figure(f"{plan.scenario}.delivery_cpu", each, "us CPU/delivery")
    if resident is not None:
        before = server.resident_before
        grown = (
            ""
            if before is None or not open_
            else (f"{(resident - before) / open_ / 1000:.2f} kB more for each connection")
        )
        yield Figure(
            f"{plan.scenario}.server_memory", rounded(resident / 1e6), "MB RSS", note=grown
        )


def send_figures(plan: Plan, talked: Talked, server: Observed) -> Iterator[Figure]:
    refused = sum(talked.refused.values())
    made = Figure(
        figure="send.messages",
        value=rounded(talked.counted / plan.seconds),
        unit="acknowledged/s",
        delivered=delivered(talked.acknowledged - refused, talked.sent),
        expected=talked.sent,
        arrived=talked.acknowledged - refused,
        refused=refused,
        note=f"{talked.pushed} pushes to the others"
        + (f"; refused: {most_common(talked.refused)}" if refused else ""),
    )
    yield msgspec.structs.replace(made, **percentiles(talked.taking))
    yield from server_figures(plan, server, 0, 0)
    yield Figure(
        "send.generator",
        rounded(talked.cpu),
        "cores",
        warning=generator_warning(cpu=talked.cpu),
    )


def generator_figure(plan: Plan, reports: Sequence[Report], pushed: Pushed) -> Figure:
    turns = Histogram()
    for report in reports:
        turns.merge(report.turns)
    cpu = max((report.cpu for report in reports), default=0.0)
    return Figure(
        f"{plan.scenario}.generator",
        rounded(max(cpu, pushed.cpu)),
        "cores, its busiest process",
        warning=generator_warning(
            cpu=cpu,
            publisher_cpu=pushed.cpu,
            turn_p99_ms=turns.percentile_ms(0.99) if turns.count else 0.0,
            late_p99_ms=pushed.late.percentile_ms(0.99) if pushed.late.count else 0.0,
        ),
    )
