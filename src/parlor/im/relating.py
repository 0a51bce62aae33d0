"""What somebody may do about somebody else: each act turns a `Pair` into the next, or refuses.

Pure functions that the store calls inside its transaction, so that two people who ask each other
at once, or one who blocks while the other asks, are right by construction. None: nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from parlor.im.people_settings import PeopleSettings
from parlor.model.errors import LimitReached, NotFound, NotWanted, RateLimited
from parlor.model.people import NO_SIDE, ContactState, Pair, Side

_DAY_S = 86_400.0
_PENDING = frozenset({ContactState.ASKED, ContactState.ASKS})


def ask(pair: Pair, text: str, now_ms: int, limits: PeopleSettings) -> Pair | None:
    """A request, or the agreement when the other one asks already.

    A request that waits is not sent again, also when it was refused without a word: so nobody
    is pestered. Raises NotWanted, LimitReached, RateLimited.
    """
    pair = forget_old(pair, now_ms, limits)
    if pair.is_blocked:
        raise NotWanted
    if pair.mine.state in (ContactState.CONTACT, ContactState.ASKED):
        return None
    if pair.mine.state is ContactState.ASKS:
        return _agreed(pair, now_ms, limits)
    if pair.i_hold.contacts >= limits.max_contacts:
        raise LimitReached(f"You have {limits.max_contacts} contacts, which is the limit.")
    if pair.i_hold.asked >= limits.max_requests_per_day:
        raise RateLimited(
            "You have asked as many people as you may in a day.", retry_after_s=_DAY_S
        )
    if pair.they_hold.asking >= limits.max_asking:
        raise RateLimited("Too many people wait for this person's answer.", retry_after_s=_DAY_S)
    return replace(
        pair,
        mine=replace(pair.mine, state=ContactState.ASKED, text=text, at=now_ms),
        theirs=replace(pair.theirs, state=ContactState.ASKS, text=text, at=now_ms),
    )


def answer(pair: Pair, accept: bool, now_ms: int, limits: PeopleSettings) -> Pair | None:
    """Accept or refuse their request. Whoever was refused is not told: their request runs out.

    Raises NotFound when there is none (any more), LimitReached for either's list.
    """
    pair = forget_old(pair, now_ms, limits)
    if accept and pair.mine.is_contact:
        return None
    if pair.mine.state is not ContactState.ASKS:
        raise NotFound("There is no request of this person, or not any more.")
    if accept:
        return _agreed(pair, now_ms, limits)
    return replace(pair, mine=_without(pair.mine))


def describe(pair: Pair, remark: str | None, tags: Sequence[str] | None) -> Pair | None:
    """Change what one calls a contact, and how one sorts them. Raises NotFound for nobody's."""
    if not pair.mine.is_contact:
        raise NotFound("This person is not among your contacts.")
    mine = replace(
        pair.mine,
        remark=pair.mine.remark if remark is None else remark,
        tags=pair.mine.tags if tags is None else tuple(tags),
    )
    return None if mine == pair.mine else replace(pair, mine=mine)


def part(pair: Pair) -> Pair | None:
    """End it for both, or withdraw one's own request."""
    if pair.mine.is_contact:
        return replace(pair, mine=_without(pair.mine), theirs=_without(pair.theirs))
    if pair.mine.state is ContactState.ASKED:
        return _withdrawn(pair)
    return None


def block(pair: Pair, now_ms: int, limits: PeopleSettings) -> Pair | None:
    """From now on neither hears of the other. A contact stays one; requests end.

    Raises LimitReached.
    """
    if pair.mine.blocks:
        return None
    if pair.i_hold.blocks >= limits.max_blocks:
        raise LimitReached(f"You block {limits.max_blocks} people, which is the limit.")
    if pair.mine.state is ContactState.ASKED:
        pair = _withdrawn(pair)
    elif pair.mine.state is ContactState.ASKS:
        pair = replace(pair, mine=_without(pair.mine))
    return replace(pair, mine=replace(pair.mine, blocked_at=now_ms))


def unblock(pair: Pair) -> Pair | None:
    return replace(pair, mine=replace(pair.mine, blocked_at=0)) if pair.mine.blocks else None


def forget_old(pair: Pair, now_ms: int, limits: PeopleSettings) -> Pair:
    """The pair without requests that are older than they may become."""
    before = now_ms - limits.request_ms

    def fresh(side: Side) -> Side:
        is_old = side.state in _PENDING and side.at <= before
        return _without(side) if is_old else side

    return replace(pair, mine=fresh(pair.mine), theirs=fresh(pair.theirs))


def _agreed(pair: Pair, now_ms: int, limits: PeopleSettings) -> Pair:
    for held, whose in ((pair.i_hold, "You have"), (pair.they_hold, "This person has")):
        if held.contacts >= limits.max_contacts:
            raise LimitReached(f"{whose} {limits.max_contacts} contacts, which is the limit.")

    def agreed(side: Side) -> Side:
        return replace(side, state=ContactState.CONTACT, text="", at=now_ms)

    return replace(pair, mine=agreed(pair.mine), theirs=agreed(pair.theirs))


def _withdrawn(pair: Pair) -> Pair:
    # It stays, unseen, for the count of the day: asking and withdrawing in turns is asking.
    mine = replace(pair.mine, state=ContactState.ENDED, text="")
    was_seen = pair.theirs.state is ContactState.ASKS
    return replace(pair, mine=mine, theirs=_without(pair.theirs) if was_seen else pair.theirs)


def _without(side: Side) -> Side:
    return replace(NO_SIDE, blocked_at=side.blocked_at)
