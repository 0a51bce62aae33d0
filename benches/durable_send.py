"""How many messages a second are stored and acknowledged: 64 people who each send the next
message when the last one is acknowledged, over the native WebSocket, on each kind of database.

They talk in pairs, so each message is also pushed to one other connection; the one that sent it
gets the answer alone. Beside it, a bare loop that inserts as many rows a commit into the same
database.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from benches.database import KINDS, bare_rate, opened
from benches.figures import Figure, rounded, run_on
from benches.server import Server, Web, folder, serving
from parlor.load.crew import Process
from parlor.load.observed import cpu_s, parse_metric
from parlor.load.publisher import Do
from parlor.load.senders import TEXT, Talk, Talked
from parlor.load.target import Target

SENDERS = 64
WARM_S = 1.0
FOR_S = 6.0
AIMS = {
    "sqlite": "at least 10,000/s, p99 under 50 ms",
    "postgres": "at least 3,000/s, p99 under 50 ms",
    "mariadb": "at least 3,000/s, p99 under 50 ms",
}
SETTINGS = (
    "gateway.requests_per_second=100000",
    "gateway.request_burst=100000",
    "accounts.hash_memory_kib=8192",  # signing 64 people up is not what is measured
)


def pairs(server: Server) -> tuple[list[str], list[str]]:
    """(tokens, conversations) of the senders; each conversation stands there for both."""
    people = [server.sign_up(f"sender-{number}") for number in range(SENDERS)]
    conversations = []
    for number in range(0, SENDERS, 2):
        web = Web(server.port, people[number][1])
        wish = {"kind": "direct", "members": [people[number + 1][0]]}
        made = web.ask("POST", "/api/v1/conversations", wish)
        conversations += [made["conversation"]["id"]] * 2
        web.close()
    return [token for _, token in people], conversations


def talk(wish: Talk) -> Talked:
    """Send until the time is over; what came of it. Raises RuntimeError when it was cut short."""
    process = Process("parlor.load.senders", wish)
    try:
        process.take(Talked)
        while not (talked := process.ask(Do("seen"), Talked)).done:
            time.sleep(0.1)
    finally:
        process.close()
    if talked.lost:
        raise RuntimeError(talked.lost)
    return talked


def measure(kinds: Sequence[str] = KINDS, for_s: float = FOR_S) -> Iterator[Figure]:
    for kind in kinds:
        yield from on(kind, for_s)


def on(kind: str, for_s: float) -> Iterator[Figure]:
    """The figures with one kind of database; those of others than SQLite have its name in them."""
    figure = "durable_send" if kind == "sqlite" else f"durable_send.{kind}"
    with folder() as where, opened(kind, where / "data") as place:
        data = where / "data"
        bare = bare_rate(place, SENDERS, TEXT)
        with serving(data, settings=(*SETTINGS, f"storage.url={place.url}")) as server:
            tokens, conversations = pairs(server)
            empty = place.stored_bytes()
            before, metrics_before = cpu_s(server.pid), server.metrics()
            talked = talk(
                Talk(
                    Target("native_websocket", "127.0.0.1", server.port),
                    tuple(tokens),
                    tuple(conversations),
                    for_s,
                    warm_s=WARM_S,
                )
            )
            used_s, metrics = cpu_s(server.pid) - before, server.metrics()
        grown = place.stored_bytes() - (0 if kind == "sqlite" else empty)

        def counted(name: str) -> float:
            return parse_metric(metrics, name) - parse_metric(metrics_before, name)

        sends = talked.sent
        yield Figure.beside(
            f"{figure}.rate",
            talked.counted / for_s,
            "acknowledged sends/s",
            f"bare {kind}, {SENDERS} rows a commit",
            bare,
            delivered=(talked.acknowledged - sum(talked.refused.values())) / sends,
            p50_ms=rounded(talked.taking.percentile_ms(0.50)),
            p99_ms=rounded(talked.taking.percentile_ms(0.99)),
            aim=AIMS[kind],
            note=f"{SENDERS} senders in pairs; {talked.pushed / sends:.3g} pushes for each send",
        )
        yield Figure(
            figure=f"{figure}.cpu",
            value=rounded(used_s / sends * 1e6),
            unit="us CPU/send",
            aim="at most 100, which is 10,000/s on one core" if kind == "sqlite" else "",
            note="of the server process, the push to the other side included",
        )
        commits = counted("parlor_storage_commits_total")
        yield Figure(
            figure=f"{figure}.fsyncs",
            value=rounded(commits / sends),
            unit="fsyncs/send",
            note=f"{commits:.0f} commits for {sends} sends; each checkpoint adds a few",
        )
        yield Figure(
            figure=f"{figure}.size",
            value=rounded(grown / sends),
            unit="bytes/message",
            note=f"the whole database after the end, {len(TEXT)} characters of text each",
        )


if __name__ == "__main__":
    run_on(measure, __doc__, KINDS, FOR_S)
