"""What a route says of itself beyond its types: refusals, a second success, examples.

Declared beside each handler (`opt=described(...)`) and read by `openapi`, so that the description
and the handler are changed together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from parlor.model.errors import ParlorError

_KEY = "described"


@dataclass(frozen=True, slots=True)
class Described:
    """`refuses`: the errors of this route's own; those that every route can give are added.

    `path` replaces Litestar's path where that is less exact. `also` maps a further success status
    to when it happens. `asks` and `gives` are an example request and reply. `takes` and `returns`
    are the media types of a body that is raw bytes.
    """

    refuses: tuple[type[ParlorError], ...] = ()
    path: str = ""
    also: Mapping[int, str] = field(default_factory=dict)
    asks: object = None
    gives: object = None
    takes: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()


def described(
    *refuses: type[ParlorError],
    path: str = "",
    also: Mapping[int, str] | None = None,
    asks: object = None,
    gives: object = None,
    takes: tuple[str, ...] = (),
    returns: tuple[str, ...] = (),
) -> dict[str, object]:
    return {_KEY: Described(refuses, path, also or {}, asks, gives, takes, returns)}


def description_of(opt: Mapping[str, object]) -> Described:
    found = opt.get(_KEY)
    return found if isinstance(found, Described) else Described()
