"""What every topic's methods need: binding a handler to its parameters, who asks, page sizes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from parlor.gateway.requests import Bound, Caller, Handler, Outcome
from parlor.model.account import Identity
from parlor.model.errors import BadRequest, NotReady
from parlor.wire.native.methods import Params

MAX_PAGE = 200

P = TypeVar("P", bound=Params)


def bind(
    params: type[P],
    handler: Callable[[Caller, P], Outcome | Awaitable[Outcome]],
    *,
    finishes: bool = False,
) -> Bound:
    # The decoder gives exactly `params` to this handler; a table of them cannot say so.
    return Bound(params, cast("Handler", handler), finishes)


def who(caller: Caller) -> Identity:
    """Raises NotReady before the hello."""
    if caller.identity is None:
        raise NotReady
    return caller.identity


def page(limit: int) -> int:
    """Raises BadRequest for less than 1 or more than `MAX_PAGE`."""
    if not 1 <= limit <= MAX_PAGE:
        raise BadRequest(f"`limit` is 1 to {MAX_PAGE}.")
    return limit
