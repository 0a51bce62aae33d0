from hypothesis import given
from hypothesis import strategies as st

from parlor.gateway.state.watch_lists import WatchLists
from parlor.model.ids import UserId
from tests.support.links import make_link

USERS = [UserId(name) for name in "abcde"]


def test_a_new_list_replaces_the_old_one():
    lists = WatchLists()
    link, _ = make_link("k")
    lists.set(link, USERS[:3])
    lists.set(link, USERS[2:4])
    assert len(lists) == 2
    assert [lists.is_watched(user) for user in USERS] == [False, False, True, True, False]
    assert [one for one, _ in lists.of(USERS[3])] == [link]


def test_an_empty_list_is_none():
    lists = WatchLists()
    link, _ = make_link("k")
    lists.set(link, USERS)
    assert lists.set(link, []) == {}
    lists.drop(link)
    assert len(lists) == 0


def test_those_who_go_during_a_walk_are_left_out():
    lists = WatchLists()
    (one, _), (other, _) = make_link("1"), make_link("2")
    for link in (one, other):
        lists.set(link, USERS[:1])
    walk = lists.of(USERS[0])
    assert next(walk)[0] is one
    lists.drop(other)
    assert list(walk) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.one_of(st.none(), st.sets(st.sampled_from(USERS)))),
        max_size=20,
    )
)
def test_both_indices_always_agree(steps):
    lists, links = WatchLists(), [make_link(str(number))[0] for number in range(3)]
    model: dict[int, set[UserId]] = {}
    for number, users in steps:
        if users is None:
            lists.drop(links[number])
            model.pop(number, None)
        else:
            lists.set(links[number], sorted(users))
            model[number] = users
    assert len(lists) == sum(map(len, model.values()))
    for user in USERS:
        watching = {links.index(link) for link, _ in lists.of(user)}
        assert watching == {number for number, users in model.items() if user in users}
        assert lists.is_watched(user) == bool(watching)
