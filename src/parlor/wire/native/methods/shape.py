"""What every request of the native protocol is made of."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


class Params(msgspec.Struct, frozen=True):
    pass


class Result(msgspec.Struct, frozen=True):
    pass


class Empty(Result, frozen=True):
    pass


@dataclass(frozen=True, slots=True)
class Method:
    params: type[Params]
    result: type[Result]
