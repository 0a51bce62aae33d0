import pytest

from parlor.load.command import build_parser, build_plan
from parlor.load.plan import SPARE_DESCRIPTORS, check_descriptors
from parlor.load.target import Target, parse_target


def plan_of(*arguments):
    return build_plan(build_parser().parse_args(arguments))


HERE = ("--url", "http://127.0.0.1:8080")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("idle", *HERE, "--connections", "0"), ["--connections 0", "from 1"]),
        (("idle", *HERE, "--connections", "18001"), ["--connections", "18000", "--processes"]),
        (("idle", *HERE, "--processes", "65"), ["--processes 65", "64"]),
        (("idle", *HERE, "--seconds", "0"), ["--seconds 0"]),
        (("idle", *HERE, "--seconds", "1e9"), ["--seconds", "86400"]),
        (("push", *HERE), ["--key", "parlor key add"]),
        (("push", *HERE, "--key", "k", "--rate", "0"), ["--rate 0"]),
        (("push", *HERE, "--key", "k", "--rate", "-1"), ["--rate -1"]),
        (("push", *HERE, "--key", "k", "--payload", "19"), ["--payload 19", "from 20"]),
        (("push", *HERE, "--key", "k", "--payload", "9999999"), ["--payload"]),
        (("rooms", *HERE, "--key", "k", "--rooms", "101"), ["--rooms 101", "100"]),
        (("slow", *HERE, "--key", "k", "--slow", "1.1"), ["--slow 1.1"]),
        (("idle", *HERE, "--jwt-secret", "s"), ["--jwt-secret", "--audience"]),
        (("idle", *HERE, "--audience", "s"), ["--audience", "--jwt-secret"]),
        (("idle", *HERE, "--token-file", "/nonexistent"), ["--token-file", "/nonexistent"]),
        (("idle", "--url", "127.0.0.1:8080"), ["--url", "http://HOST:PORT"]),
        (("idle", "--url", "tcp://127.0.0.1"), ["--url", "port"]),
        (("idle", "--url", "http://127.0.0.1:port"), ["--url"]),
        (("send", *HERE, "--transport", "tcp"), ["send", "WebSocket"]),
        (("storm", *HERE, "--restart-pid", "1", "--wait-restart"), ["--restart-pid"]),
    ],
)
def test_what_cannot_be_done_is_one_line_that_names_the_flag(arguments, words):
    with pytest.raises(ValueError) as wrong:
        plan_of(*arguments)
    line = str(wrong.value)
    assert "\n" not in line
    for word in words:
        assert word in line


def test_more_processes_hold_more_connections():
    assert (
        plan_of("idle", *HERE, "--connections", "36000", "--processes", "2").connections == 36_000
    )


def test_more_connections_than_the_machine_can_open_are_refused():
    plan = plan_of("idle", *HERE, "--connections", "1000")
    check_descriptors(plan, 1_000 + SPARE_DESCRIPTORS)
    with pytest.raises(ValueError, match=r"ulimit -Hn.*more processes"):
        check_descriptors(plan, 999 + SPARE_DESCRIPTORS)


@pytest.mark.parametrize(
    ("url", "protocol", "transport", "target"),
    [
        ("http://h:80", "native", "websocket", Target("native_websocket", "h", 80)),
        ("https://h", "native", "websocket", Target("native_websocket", "h", 443, True)),
        ("tcps://h:9", "native", "websocket", Target("native_tcp", "h", 9, True)),
        ("ws://h", "native", "tcp", Target("native_websocket", "h", 80)),
        ("http://h", "goim", "tcp", Target("goim_tcp", "h", 3101)),
        ("http://h", "goim", "websocket", Target("goim_websocket", "h", 3102)),
        ("tcp://[::1]:7", "goim", "websocket", Target("goim_tcp", "::1", 7)),
    ],
)
def test_a_url_says_where_and_how(url, protocol, transport, target):
    assert parse_target(url, protocol, transport) == target


def test_goim_is_pushed_to_at_its_own_port():
    plan = plan_of("push", "--url", "tcp://127.0.0.1:7", "--protocol", "goim")
    assert (plan.push_target.host, plan.push_target.port) == ("127.0.0.1", 3111)
    given = ("--push-url", "http://127.0.0.1:8")
    assert plan_of("push", *HERE, "--protocol", "goim", *given).push_target.port == 8


def test_load_on_this_machine_comes_from_many_addresses_and_other_load_does_not():
    here = Target("silent", "127.0.0.1", 1)
    assert here.source(0) == here.source(4_999) == "127.0.0.2"
    assert here.source(5_000) == "127.0.0.3"
    assert Target("silent", "192.0.2.1", 1).source(0) == ""
    assert Target("silent", "::1", 1).source(0) == ""
