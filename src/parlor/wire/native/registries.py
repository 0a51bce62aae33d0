"""The two registries of the native protocol as rows: refusals and close codes.

Read by the generators of the protocol page, the schema and the TypeScript types.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from parlor.model.close import MEANING, Close, CloseCode
from parlor.model.errors import registry

Reconnect = Literal["now", "later", "never"]


class ErrorRow(msgspec.Struct, frozen=True):
    code: str
    status: int
    retry: bool
    meaning: str


class CloseRow(msgspec.Struct, frozen=True):
    code: int
    name: str
    reconnect: Reconnect
    meaning: str


def error_codes() -> Sequence[ErrorRow]:
    return [
        ErrorRow(code, error.status, error.retry, error.meaning)
        for code, error in registry().items()
    ]


def close_codes() -> Sequence[CloseRow]:
    return [
        CloseRow(code, code.name.lower(), _reconnect(code), MEANING[code]) for code in CloseCode
    ]


def _reconnect(code: CloseCode) -> Reconnect:
    if not Close(code).reconnect:
        return "never"
    return "later" if 4100 <= code < 4200 else "now"
