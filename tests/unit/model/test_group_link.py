from hypothesis import given
from hypothesis import strategies as st

from parlor.model.group_link import GroupLink
from parlor.model.ids import ConversationId, UserId


def link(**values):
    return GroupLink("q7", ConversationId("9"), UserId("1"), 5, **values)


def test_a_link_without_limits_works_for_ever():
    assert link(uses=10**6).works(2**53)


def test_a_link_works_until_it_expires_is_used_up_or_ends():
    assert link(expires_at=10).works(9)
    assert not link(expires_at=10).works(10)
    assert link(max_uses=2, uses=1).works(0)
    assert not link(max_uses=2, uses=2).works(0)
    assert not link(ended=True).works(0)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.booleans(), st.integers(0, 9))
def test_a_link_that_has_ended_never_works_again(expires_at, max_uses, uses, ended, now):
    here = link(expires_at=expires_at, max_uses=max_uses, uses=uses, ended=ended)
    if not here.works(now):
        assert not here.works(now + 1)
