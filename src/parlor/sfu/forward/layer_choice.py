"""Which layer of each track a receiver gets: by what it wants to show and what its way carries.

Everybody gets the lowest layers first, then, in the order of priority, better ones while there is
bandwidth left. To begin with a better layer there has to be more room than it needs, so that a
receiver at the border does not change to and fro: each change up costs a key frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

SPARE = 1.15
"""Times its rate that a better layer than the present one has to have room for."""


class Offer(NamedTuple):
    """A layer as it is at present."""

    height: int
    """0 when nobody said."""
    rate: float
    """Bits a second."""
    is_alive: bool


class Wish(NamedTuple):
    """One track of a receiver's."""

    layers: Sequence[Offer]
    """Lowest first."""
    height: int | None
    """To be shown: 0 for not at all, None for as good as there is."""
    priority: int
    present: int | None
    """The layer that it gets now."""


def choose_layers(wishes: Sequence[Wish], bits_per_s: float) -> list[int | None]:
    """A layer for each wish, None for those that have to wait or want nothing.

    The lowest layer of the wish with the highest priority is given whatever it costs: nobody is
    left without any picture by an estimate.
    """
    chosen: list[int | None] = [None] * len(wishes)
    ladders = [_ladder(wish) for wish in wishes]
    order = sorted(range(len(wishes)), key=lambda at: -wishes[at].priority)
    left = bits_per_s
    given = False
    for at in order:
        if not ladders[at]:
            continue
        lowest = ladders[at][0]
        rate = _needed(wishes[at], lowest)
        if given and rate > left:
            continue
        chosen[at] = lowest
        left -= wishes[at].layers[lowest].rate
        given = True
    for at in order:
        present = chosen[at]
        if present is None:
            continue
        wish = wishes[at]
        for better in ladders[at][1:]:
            paid = wish.layers[present].rate
            if _needed(wish, better) - paid > left:
                break
            left -= wish.layers[better].rate - paid
            chosen[at] = present = better
    return chosen


def _ladder(wish: Wish) -> list[int]:
    """The layers that come into question, from the lowest to the first that is high enough."""
    if wish.height == 0:
        return []
    alive = [at for at, layer in enumerate(wish.layers) if layer.is_alive]
    if wish.height is None:
        return alive
    for place, at in enumerate(alive):
        if wish.layers[at].height >= wish.height:
            return alive[: place + 1]
    return alive


def _needed(wish: Wish, layer: int) -> float:
    rate = wish.layers[layer].rate
    return rate if wish.present is not None and layer <= wish.present else rate * SPARE
