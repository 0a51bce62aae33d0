"""A group of 25,000 and one of 100,000 members, 5,000 of them online, and somebody who says
something 20 times a second: how long an acknowledgement takes, whether everybody online gets
everything, and what is written.

Beside it, the same sends into a group of ten on the same server. Each message carries the time at
which it was due, so a server that makes the sender wait is charged for it.
"""

from __future__ import annotations

import select
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from benches.crowd import Crowd
from benches.figures import Figure, percentile, rounded, run_for
from benches.server import add_people, folder, serving
from parlor.load.observed import cpu_s
from parlor.load.senders import entered
from parlor.load.stamps import stamp
from parlor.load.target import Target
from parlor.wire.native.codec import JSON
from parlor.wire.native.methods import MessageSend
from parlor.wire.websocket import Opcode, build_masked

SIZES = (25_000, 100_000)
ONLINE = 5_000
PER_S = 20
FOR_S = 10.0
ARRIVE_LIMIT_S = 15.0
SMALL = 10
HEARTBEAT_S = 20
"""Between two of one listener, who says nothing else and would be closed."""
KEY = b"\x00\x00\x00\x00"
SETTINGS = (
    "gateway.requests_per_second=1000",
    "gateway.request_burst=1000",
    f"gateway.max_connections_per_address={ONLINE + 100}",
)


class Group(msgspec.Struct, frozen=True):
    id: int
    members: int


def make_groups(data: Path, people: int, sizes: Sequence[int]) -> list[Group]:
    """Groups of those who have accounts and, beyond them, of people who never come. Straight into
    the file: a hundred thousand invitations are not what is measured."""
    link = sqlite3.connect(data / "parlor.db")
    most = max(sizes)
    ids = [1_000_000 + number for number in range(people)]
    ids += [10_000_000 + number for number in range(most - people)]
    link.executemany(
        "INSERT OR IGNORE INTO users (id, name, display_name, password_hash, admin)"
        " VALUES (?, ?, '', '', 0)",
        [(number, f"member-{number}") for number in ids[people:]],
    )
    groups = [Group(500 + place, size) for place, size in enumerate(sizes)]
    for group in groups:
        link.execute(
            "INSERT INTO conversations (id, kind, title, last_seq, active_at, member_count)"
            " VALUES (?, 'group', 'Everybody', 1, 1, ?)",
            (group.id, group.members),
        )
        link.execute(
            "INSERT INTO events (conversation_id, seq, kind, sender_id, sent_at, text)"
            " VALUES (?, 1, 'created', ?, 1, '')",
            (group.id, ids[0]),
        )
        link.executemany(
            "INSERT INTO members (conversation_id, user_id, role, joined_seq, read_seq)"
            " VALUES (?, ?, 'member', 1, 0)",
            [(group.id, number) for number in ids[: group.members]],
        )
    link.commit()
    link.close()
    return groups


def rows(data: Path) -> int:
    """In all tables of the database together."""
    link = sqlite3.connect(data / "parlor.db")
    names = link.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    count = sum(link.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names)
    link.close()
    return int(count)


def send_all(port: int, token: str, group: Group, for_s: float) -> list[float]:
    """`PER_S` messages a second; how long each took to be acknowledged, in ms, from when it was
    due. Raises RuntimeError for a refusal and for what is not answered."""
    connection = entered(Target("native_websocket", "127.0.0.1", port), 0, token)
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    count = round(PER_S * for_s)
    began = time.monotonic()
    due = [began + number / PER_S for number in range(count)]
    took: list[float] = []
    sent = 0
    while len(took) < count:
        now = time.monotonic()
        if now > due[-1] + ARRIVE_LIMIT_S:
            raise RuntimeError(f"{count - len(took)} of {count} messages were not acknowledged")
        while sent < count and due[sent] <= now:
            text = stamp(int(due[sent] * 1e9)).decode() + " something that everybody should know"
            client_id = f"{connection.began_ns}-{sent}"
            request = MessageSend(str(group.id), client_id, text)
            message = JSON.build_request(100 + sent, "message.send", request)
            connection.sock.send(build_masked(Opcode.TEXT, message, KEY))
            sent += 1
        next_at = due[sent] if sent < count else now + 0.1
        poll.poll(max(0.0, (next_at - now) * 1000))
        data = connection.read()
        if data == b"":
            raise RuntimeError("the server closed the sender's connection")
        now = time.monotonic()
        for answer in connection.messages(data or b""):
            if not answer.startswith(b'{"id"'):
                continue
            if b'"error"' in answer:
                raise RuntimeError(f"refused: {answer!r}")
            number = int(answer[6 : answer.index(b",")]) - 100
            took.append((now - due[number]) * 1000)
    connection.close()
    return took


def measure(for_s: float = FOR_S) -> Iterator[Figure]:
    with folder() as where:
        data = where / "data"
        tokens = add_people(data, ONLINE + 1)
        small, *large = make_groups(data, ONLINE + 1, (SMALL, *SIZES))
        with serving(data, settings=SETTINGS) as server:
            sender, *listeners = tokens
            with Crowd("native_websocket", server.port, ONLINE, token=listeners) as crowd:
                crowd.beat(ONLINE / HEARTBEAT_S)
                beside = percentile(send_all(server.port, sender, small, for_s), 0.99)
                crowd.wait_seen((SMALL - 1) * round(PER_S * for_s), ARRIVE_LIMIT_S)
                for group in large:
                    yield from measure_one(
                        server.pid, server.port, crowd, data, sender, group, for_s, beside
                    )


def measure_one(
    pid: int,
    port: int,
    crowd: Crowd,
    data: Path,
    sender: str,
    group: Group,
    for_s: float,
    beside: float,
) -> Iterator[Figure]:
    crowd.report()
    rows_before, cpu_before = rows(data), cpu_s(pid)
    took = send_all(port, sender, group, for_s)
    expected = len(took) * ONLINE
    got = crowd.wait_seen(expected, ARRIVE_LIMIT_S)
    used_s, added = cpu_s(pid) - cpu_before, rows(data) - rows_before
    report = crowd.report()
    name = f"big_group.{group.members // 1000}k"
    yield Figure.beside(
        f"{name}.send_p99",
        percentile(took, 0.99),
        "ms to the acknowledgement",
        f"a group of {SMALL}",
        beside,
        p50_ms=rounded(percentile(took, 0.50)),
        p99_ms=rounded(percentile(took, 0.99)),
        aim="under 50 ms",
        note=f"{ONLINE} of {group.members} members online, {PER_S} messages/s for {for_s:g} s",
    )
    if report["closed"]:
        raise RuntimeError(f"{report['closed']} of {ONLINE} listeners were closed")
    yield Figure(
        figure=f"{name}.delivered",
        value=rounded(got / expected),
        unit="of what was to arrive",
        delivered=got / expected,
        expected=expected,
        arrived=got,
        p50_ms=rounded(report["p50_ms"]),
        p99_ms=rounded(report["p99_ms"]),
        aim="all",
        note=f"from when it was due; {used_s / expected * 1e6:.3g} us CPU of the server a delivery",
    )
    yield Figure(
        figure=f"{name}.rows",
        value=rounded(added / len(took)),
        unit="rows written/message",
        aim="1",
    )


if __name__ == "__main__":
    run_for(measure, __doc__, FOR_S)
