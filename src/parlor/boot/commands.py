"""What every command of the command line does alike: read the settings, run, fail in one line."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn

from parlor.boot.config import Config, Given, load, parse_assignment

_FLAG_KEYS = {
    "data": ("server", "data"),
    "door": ("server", "doors"),
    "host": ("http", "host"),
    "port": ("http", "port"),
}
SELF_SIGNED = "self-signed"


def run(work: Coroutine[Any, Any, None]) -> None:
    gc.enable()
    asyncio.run(work)


def config_of(flags: argparse.Namespace) -> Config:
    from parlor.boot.agreement import check_agreement
    from parlor.boot.sections import SECTIONS

    given = [
        Given(section, key, value, f"--{flag}")
        for flag, (section, key) in _FLAG_KEYS.items()
        if (value := getattr(flags, flag, None)) is not None
    ]
    if getattr(flags, "tls", None) == SELF_SIGNED:
        given.append(Given("tls", "self_signed", True, f"--tls {SELF_SIGNED}"))
    given += [parse_assignment(each, f"--set {each.partition('=')[0]}") for each in flags.set]
    config = load(SECTIONS, file=flags.config, environment=os.environ, flags=given)
    check_agreement(config)
    return config


def fail(status: int, line: str) -> NoReturn:
    print(f"parlor: {line}", file=sys.stderr)
    raise SystemExit(status)
