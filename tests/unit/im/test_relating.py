from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from parlor.im import relating
from parlor.im.people_settings import PeopleSettings
from parlor.model.errors import LimitReached, NotFound, NotWanted, ParlorError, RateLimited
from parlor.model.people import ContactState, Held, Pair, Side

LIMITS = PeopleSettings(
    max_contacts=3, max_requests_per_day=2, max_asking=4, max_blocks=1, request_days=30
)
NOW = 1_800_000_000_000
DAY = 86_400_000


def must(pair: Pair | None) -> Pair:
    assert pair is not None
    return pair


def turned(pair: Pair) -> Pair:
    return Pair(
        pair.theirs, pair.mine, pair.their_privacy, pair.my_privacy, pair.they_hold, pair.i_hold
    )


def asked(now=NOW):
    return must(relating.ask(Pair(), "Hello", now, LIMITS))


def contacts():
    return turned(must(relating.answer(turned(asked()), True, NOW, LIMITS)))


def states(pair):
    return pair.mine.state, pair.theirs.state


def test_a_request_waits_on_both_sides():
    assert states(asked()) == (ContactState.ASKED, ContactState.ASKS)
    assert asked().theirs.text == "Hello"


def test_asking_again_changes_nothing():
    assert relating.ask(asked(), "Hello?", NOW + 1, LIMITS) is None
    assert relating.ask(contacts(), "Hello?", NOW + 1, LIMITS) is None


def test_asking_somebody_who_asks_is_agreeing():
    both = must(relating.ask(turned(asked()), "", NOW, LIMITS))
    assert states(both) == (ContactState.CONTACT, ContactState.CONTACT)
    assert both.theirs.text == ""


def test_whoever_is_refused_sees_no_difference_and_cannot_pester():
    refused = turned(must(relating.answer(turned(asked()), False, NOW, LIMITS)))
    assert states(refused) == (ContactState.ASKED, ContactState.NONE)
    assert relating.ask(refused, "Please", NOW + 1, LIMITS) is None


def test_whoever_refused_may_think_better_of_it():
    refused = must(relating.answer(turned(asked()), False, NOW, LIMITS))
    again = must(relating.ask(refused, "", NOW + 1, LIMITS))
    # The other one's request is gone here, so this is a request, which they find agreed to.
    assert again.mine.state is ContactState.ASKED
    agreed = must(relating.ask(turned(again), "", NOW + 2, LIMITS))
    assert states(agreed) == (ContactState.CONTACT, ContactState.CONTACT)


def test_a_request_runs_out():
    old = asked(NOW - 30 * DAY)
    with pytest.raises(NotFound):
        relating.answer(turned(old), True, NOW, LIMITS)
    assert must(relating.ask(old, "Again", NOW, LIMITS)).mine.at == NOW
    assert relating.answer(turned(asked(NOW - 30 * DAY + 1)), True, NOW, LIMITS) is not None


def test_accepting_twice_is_accepting_once():
    assert relating.answer(contacts(), True, NOW, LIMITS) is None


def test_there_is_nothing_to_answer_without_a_request():
    for pair in (Pair(), asked(), contacts()):
        with pytest.raises(NotFound):
            relating.answer(pair, False, NOW, LIMITS)


def test_ending_it_ends_it_for_both():
    assert states(must(relating.part(contacts()))) == (ContactState.NONE, ContactState.NONE)
    assert relating.part(Pair()) is None


def test_a_withdrawn_request_is_gone_for_the_other_and_counts_for_the_day():
    ended = must(relating.part(asked()))
    assert states(ended) == (ContactState.ENDED, ContactState.NONE)
    assert relating.part(ended) is None
    assert must(relating.ask(ended, "Anew", NOW, LIMITS)).theirs.text == "Anew"


def test_a_request_to_oneself_is_not_withdrawn_by_who_was_asked():
    assert relating.part(turned(asked())) is None


def test_only_a_contact_has_a_remark_and_tags():
    named = must(relating.describe(contacts(), "Bobby", ("work",)))
    assert (named.mine.remark, named.mine.tags) == ("Bobby", ("work",))
    assert named.theirs == contacts().theirs
    assert relating.describe(named, None, None) is None
    with pytest.raises(NotFound):
        relating.describe(asked(), "Bobby", None)


def test_a_block_ends_requests_and_keeps_contacts():
    mine = must(relating.block(asked(), NOW, LIMITS))
    assert states(mine) == (ContactState.ENDED, ContactState.NONE)
    theirs = must(relating.block(turned(asked()), NOW, LIMITS))
    assert states(theirs) == (ContactState.NONE, ContactState.ASKED)
    blocked = must(relating.block(contacts(), NOW, LIMITS))
    assert states(blocked) == (ContactState.CONTACT, ContactState.CONTACT)
    assert relating.block(blocked, NOW, LIMITS) is None
    assert relating.unblock(blocked) == contacts()
    assert relating.unblock(contacts()) is None


def test_a_block_works_both_ways():
    blocked = must(relating.block(contacts(), NOW, LIMITS))
    for pair in (blocked, turned(blocked)):
        assert not pair.i_may_write
        assert not pair.they_may_write
    strangers = must(relating.block(Pair(), NOW, LIMITS))
    for pair in (strangers, turned(strangers)):
        with pytest.raises(NotWanted):
            relating.ask(pair, "", NOW, LIMITS)


@pytest.mark.parametrize(
    ("held", "refusal"),
    [
        ({"i_hold": Held(contacts=3)}, LimitReached),
        ({"i_hold": Held(asked=2)}, RateLimited),
        ({"they_hold": Held(asking=4)}, RateLimited),
    ],
)
def test_requests_have_limits(held, refusal):
    with pytest.raises(refusal):
        relating.ask(replace(Pair(), **held), "", NOW, LIMITS)


def test_nobody_has_more_contacts_or_blocks_than_may_be():
    for side in ("i_hold", "they_hold"):
        full = replace(turned(asked()), **{side: Held(contacts=3)})
        with pytest.raises(LimitReached):
            relating.answer(full, True, NOW, LIMITS)
    with pytest.raises(LimitReached):
        relating.block(replace(Pair(), i_hold=Held(blocks=1)), NOW, LIMITS)


ACTS: dict[str, Callable[[int], Callable[[Pair], Pair | None]]] = {
    "ask": lambda now: partial(relating.ask, text="x", now_ms=now, limits=LIMITS),
    "accept": lambda now: partial(relating.answer, accept=True, now_ms=now, limits=LIMITS),
    "refuse": lambda now: partial(relating.answer, accept=False, now_ms=now, limits=LIMITS),
    "part": lambda now: relating.part,
    "block": lambda now: partial(relating.block, now_ms=now, limits=LIMITS),
    "unblock": lambda now: relating.unblock,
    "describe": lambda now: partial(relating.describe, remark="r", tags=("t",)),
}


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(ACTS)), st.booleans(), st.integers(0, 20)), max_size=30
    )
)
def test_whatever_two_people_do_their_sides_agree(acts):
    """Contacts are mutual, and nobody asks somebody who has not been asked by them."""
    pair, now = Pair(), NOW
    for name, by_first, days in acts:
        now += days * DAY
        seen = pair if by_first else turned(pair)
        try:
            after = ACTS[name](now)(seen)
        except ParlorError:
            continue
        if after is not None:
            assert after != seen
            pair = after if by_first else turned(after)
        sides: tuple[Side, Side] = (pair.mine, pair.theirs)
        assert pair.mine.is_contact == pair.theirs.is_contact
        assert [side.state for side in sides].count(ContactState.ASKS) <= 1
        for one, other in (sides, sides[::-1]):
            if one.state is ContactState.ASKS:
                assert other.state is ContactState.ASKED
            if one.remark:
                assert one.is_contact
        if pair.is_blocked:
            assert not (pair.i_may_write or pair.they_may_write)
