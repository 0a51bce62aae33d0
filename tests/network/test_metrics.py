"""P43: what Prometheus reads is what there is."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.support.rest_server import http_to
from tests.support.server import running_parlor

LIMITS = {
    "parlor_connections": "parlor_connections_limit",
    "parlor_push_backlog": "parlor_push_backlog_limit",
    "parlor_durable_waiting": "parlor_durable_limit",
    "parlor_storage_writes_waiting": "parlor_storage_writes_limit",
    "parlor_history_bytes": "parlor_history_bytes_limit",
    "parlor_traces": "parlor_traces_limit",
    "process_open_fds": "process_max_fds",
}


async def scrape(http) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Every sample by name, read by Prometheus' own parser."""
    reply = await http.get("/metrics")
    assert reply.status_code == 200
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(reply.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


async def test_the_text_parses_and_everything_bounded_has_its_limit(tmp_path: Path):
    async with running_parlor(tmp_path, ["--door", "goim"]) as server, http_to(server) as http:
        metrics = await scrape(http)
        for value, limit in LIMITS.items():
            assert 0 <= metrics[value][0][1] <= metrics[limit][0][1], value
        assert {labels["subject"] for labels, _ in metrics["parlor_bus_waiting"]} == {
            "push", "mail",
        }  # fmt: skip
        assert metrics["process_resident_memory_bytes"][0][1] > 1e7
        assert metrics["process_cpu_seconds_total"][0][1] > 0


async def test_the_connection_gauge_is_the_real_count_while_they_come_and_go(tmp_path: Path):
    chance = random.Random(43)
    async with running_parlor(tmp_path) as server, http_to(server) as http:
        held: list[asyncio.StreamWriter] = []
        for _ in range(20):
            for _ in range(chance.randrange(1, 15)):
                _, writer = await asyncio.open_connection("127.0.0.1", server.port)
                held.append(writer)
            for _ in range(chance.randrange(0, len(held))):
                held.pop(chance.randrange(len(held))).close()
            # One more is the connection that asks.
            async with asyncio.timeout(10):
                while (await scrape(http))["parlor_connections"][0][1] != len(held) + 1:
                    await asyncio.sleep(0.01)
        assert held
        for writer in held:
            writer.close()


async def test_how_late_the_loop_runs_is_measured_all_the_time(tmp_path: Path):
    async with running_parlor(tmp_path) as server, http_to(server) as http:
        async with asyncio.timeout(10):
            while not (ticks := (await scrape(http)).get("parlor_loop_lag_seconds_count")):
                await asyncio.sleep(0.05)
            while (await scrape(http))["parlor_loop_lag_seconds_count"][0][1] < ticks[0][1] + 3:
                await asyncio.sleep(0.05)
