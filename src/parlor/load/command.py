"""`parlor bench`: the command line into a plan, the plan into a table.

Exit status: 0 as asked; 1 when the server was lost or could not be reached; 2 for wrong usage;
130 after Ctrl-C, with the figures of what was done until then.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from parlor.load.crew import ProcessEnded
from parlor.load.figures import as_json
from parlor.load.observed import listener_pid
from parlor.load.plan import Plan, check_descriptors
from parlor.load.progress import Progress, print_figures
from parlor.load.scenarios import SCENARIOS, Outcome, run_plan
from parlor.load.target import NOBODY, Target, parse_target, resolved, split_url
from parlor.load.tokens import Tokens, read_tokens
from parlor.load.worker import raise_file_limit

_ABOUT = {
    "push": "push to rooms (one, unless --rooms says more) and count what arrives",
    "rooms": "the same with 100 rooms",
    "idle": "hold connections that only send heartbeats",
    "churn": "connections come and go, --rate of them a second",
    "storm": "all leave, or the server restarts, and come back at once",
    "slow": "push with a share of slow readers among the others",
    "mixed": "rooms, some who come and go, a few slow readers, all at once",
    "send": "durable chat messages between accounts, each sender waiting for its answer",
}
_DEFAULT_ROOMS = {"rooms": 100, "mixed": 20}
_DEFAULT_RATES = {"churn": 50.0, "send": 0.0}
_GOIM_HTTP_PORT = 3111


def main(arguments: Sequence[str]) -> int:
    """The exit status. argparse ends the program itself for wrong usage, with 2."""
    parser = build_parser()
    flags = parser.parse_args(arguments)
    try:
        plan = build_plan(flags)
        check_descriptors(plan, raise_file_limit())
    except ValueError as wrong:
        print(f"parlor bench: {wrong}", file=sys.stderr)
        return 2
    pid = plan.pid or plan.restart_pid or _local_server(plan.target)
    try:
        with Progress(plan.scenario) as progress:
            outcome = run_plan(plan, progress, pid)
    except (ValueError, ProcessEnded) as wrong:
        print(f"parlor bench: {wrong}", file=sys.stderr)
        return 2 if isinstance(wrong, ValueError) else 1
    return _report(outcome, as_json_lines=flags.json)


def _report(outcome: Outcome, *, as_json_lines: bool) -> int:
    if as_json_lines:
        for figure in outcome.figures:
            print(as_json(figure))
    else:
        print_figures(outcome.figures, sys.stdout)
    sys.stdout.flush()
    if outcome.failed:
        print(f"parlor bench: {outcome.failed}", file=sys.stderr)
        return 1
    return 130 if outcome.stopped else 0


def build_parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(
        prog="parlor bench",
        description="Put load on a running server and measure what it does with it.",
        epilog="How to measure, and what the numbers mean: docs/benchmarks.md",
    )
    scenarios = root.add_subparsers(metavar="SCENARIO", required=True, dest="scenario")
    for name in SCENARIOS:
        about = _ABOUT[name]
        one = scenarios.add_parser(
            name, help=about, description=about[0].upper() + about[1:] + ".",
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )  # fmt: skip
        _add_flags(one, name)
    return root


def _add_flags(one: argparse.ArgumentParser, scenario: str) -> None:
    add = one.add_argument
    add("--url", required=True, help="where connections go: http://HOST:PORT, ws://, tcp:// …")
    add("--push-url", default="", help="where pushes go, when that is elsewhere (goim: port 3111)")
    add("--protocol", choices=["native", "goim"], default="native")
    add("--transport", choices=["websocket", "tcp"], default="websocket")
    add("--connections", type=int, default=64 if scenario == "send" else 100)
    add("--rooms", type=int, default=_DEFAULT_ROOMS.get(scenario, 1), help="shared out evenly")
    add(
        "--rate", type=float, default=_DEFAULT_RATES.get(scenario, 10.0),
        help="a second: pushes, connections (churn), messages (send; 0: as fast as answered)",
    )  # fmt: skip
    add("--seconds", type=float, default=10.0, help="of measuring, after everybody is there")
    add("--payload", type=int, default=100, help="bytes of each pushed body")
    add("--processes", type=int, default=1, help="of the generator, each on one core")
    add("--links", type=int, default=8, help="HTTP connections that push")
    add("--key", default="", help="API key with the scope push")
    who = one.add_mutually_exclusive_group()
    who.add_argument("--token-file", type=Path, help="tokens, one a line, used in turn")
    who.add_argument("--jwt-secret", default="", help="sign tokens for bench-0, bench-1 … (HS256)")
    who.add_argument("--names", action="store_true", help="bench-0 … as tokens (auth.open)")
    add("--audience", default="", help="of the signed tokens")
    add("--issuer", default="", help="of the signed tokens")
    add("--tls-ca", default="", help=f"file of the authority to trust; {NOBODY}: do not look")
    add("--connect-rate", type=float, default=0.0, help="connections opened a second; 0: no limit")
    add("--heartbeat", type=float, default=25.0, help="seconds between two of one connection")
    add("--slow", type=float, default=0.1, help="share of slow readers (slow)")
    add("--slow-each", type=float, default=1.0, help="seconds between two reads of a slow reader")
    add("--pid", type=int, default=0, help="the server's process, when it cannot be found")
    add("--restart-pid", type=int, default=0, help="storm: SIGTERM to this process begins it")
    add("--wait-restart", action="store_true", help="storm: wait for a restart by others")
    add("--back-limit", type=float, default=60.0, help="storm: seconds to wait for the last one")
    add("--json", action="store_true", help="one JSON object a line instead of a table")


def build_plan(flags: argparse.Namespace) -> Plan:
    """Raises ValueError in one line."""
    target = resolved(parse_target(flags.url, flags.protocol, flags.transport, flags.tls_ca))
    if flags.jwt_secret and not flags.audience:
        raise ValueError("--jwt-secret: signed tokens need --audience")
    if flags.audience and not flags.jwt_secret:
        raise ValueError("--audience is for tokens that are signed: --jwt-secret")
    if flags.scenario == "send" and (flags.protocol, flags.transport) != ("native", "websocket"):
        raise ValueError("send: native messages over WebSocket only")
    return Plan(
        scenario=flags.scenario,
        target=target,
        push_target=_push_target(flags, target),
        protocol=flags.protocol,
        tokens=Tokens(
            given=read_tokens(flags.token_file) if flags.token_file else (),
            secret=flags.jwt_secret,
            audience=flags.audience,
            issuer=flags.issuer,
            names=flags.names,
        ),
        key=flags.key,
        connections=flags.connections,
        rooms=flags.rooms,
        rate=flags.rate,
        seconds=flags.seconds,
        payload=flags.payload,
        processes=flags.processes,
        links=flags.links,
        heartbeat_s=flags.heartbeat,
        coming_per_s=flags.connect_rate,
        slow=flags.slow,
        slow_each_s=flags.slow_each,
        pid=flags.pid,
        restart_pid=flags.restart_pid,
        wait_restart=flags.wait_restart,
        back_limit_s=flags.back_limit,
    )


def _push_target(flags: argparse.Namespace, target: Target) -> Target:
    if flags.push_url:
        _, _, port = split_url(flags.push_url)
        url = flags.push_url
        if port is None and flags.protocol == "goim":
            url = f"{url.rstrip('/')}:{_GOIM_HTTP_PORT}"
        return parse_target(url, "native", "websocket", flags.tls_ca)
    if flags.protocol == "goim":
        scheme = "https" if target.tls else "http"
        return parse_target(f"{scheme}://{_in_url(target.host)}:{_GOIM_HTTP_PORT}")
    return target


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _local_server(target: Target) -> int | None:
    return listener_pid(target.port) if target.is_here else None
