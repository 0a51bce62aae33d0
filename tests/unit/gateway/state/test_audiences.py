import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from parlor.gateway.state.audiences import Audiences
from parlor.gateway.state.hub import Hub
from parlor.model.ids import ConversationId, UserId
from tests.support.links import make_link

TALK, OTHER = ConversationId("1"), ConversationId("2")
ALICE, BOB = UserId("alice"), UserId("bob")


class Here:
    def __init__(self, max_places=100):
        self.hub = Hub()
        self.audiences = Audiences(self.hub, max_places)

    def come(self, key, user):
        link, _ = make_link(key, user, f"device-{key}")
        self.hub.add(link)
        return link

    def links(self, conversation):
        return list(self.audiences.use(conversation).links)


@pytest.fixture
def here():
    return Here()


def test_a_member_is_reached_on_every_link_that_is_here(here):
    phone, laptop = here.come("a", ALICE), here.come("b", ALICE)
    here.come("c", BOB)
    here.audiences.open(TALK, 0)
    here.audiences.put(TALK, [ALICE, UserId("elsewhere")])
    assert here.links(TALK) == [phone, laptop]


def test_another_link_of_a_known_member_is_in_at_once(here):
    phone = here.come("a", ALICE)
    here.audiences.open(TALK, 0)
    here.audiences.put(TALK, [ALICE])
    laptop = here.come("b", ALICE)
    assert here.links(TALK) == [phone, laptop]
    assert here.audiences.take_arrivals() == ()


def test_somebody_new_is_an_arrival_once(here):
    here.come("a", ALICE)
    here.audiences.open(TALK, 0)
    bob = here.come("b", BOB)
    again = here.come("c", BOB)
    assert here.audiences.take_arrivals() == (BOB,)
    assert here.audiences.take_arrivals() == ()
    here.audiences.put(TALK, [BOB])
    assert here.links(TALK) == [bob, again]


def test_while_no_conversation_is_kept_nobody_is_an_arrival(here):
    here.come("a", ALICE)
    assert here.audiences.take_arrivals() == ()
    here.audiences.open(TALK, 0)
    here.come("b", BOB)
    here.audiences.drop(TALK)
    assert here.audiences.take_arrivals() == ()


def test_who_goes_is_in_nothing_and_comes_back_as_an_arrival(here):
    link = here.come("a", ALICE)
    here.audiences.open(TALK, 0)
    here.audiences.put(TALK, [ALICE])
    here.hub.remove(link)
    assert (here.links(TALK), here.audiences.places) == ([], 0)
    here.come("a", ALICE)
    assert here.audiences.take_arrivals() == (ALICE,)


def test_who_is_a_member_no_longer_is_out_of_that_one_alone(here):
    link = here.come("a", ALICE)
    for conversation in (TALK, OTHER):
        here.audiences.open(conversation, 0)
        here.audiences.put(conversation, [ALICE])
    here.audiences.leave(TALK, [ALICE, BOB])
    assert (here.links(TALK), here.links(OTHER)) == ([], [link])


def test_beyond_its_places_the_one_unused_longest_is_forgotten():
    here = Here(max_places=3)
    for number in range(2):
        here.come(f"{number}", f"user{number}")
    people = [UserId(f"user{number}") for number in range(2)]
    for conversation in (TALK, OTHER):
        here.audiences.open(conversation, 0)
        here.audiences.put(conversation, people)
    assert here.audiences.conversations() == (OTHER,)
    assert here.audiences.places == 2


class AnyLife(RuleBasedStateMachine):
    """Links come and go, people join and leave: who is in is always as a list would say."""

    links = Bundle("links")

    def __init__(self):
        super().__init__()
        self.hub = Hub()
        self.audiences = Audiences(self.hub, 1_000)
        self.members: dict[ConversationId, set[str]] = {TALK: set(), OTHER: set()}
        self.count = 0
        for conversation in self.members:
            self.audiences.open(conversation, 0)

    @rule(target=links, user=st.sampled_from(["a", "b", "c"]))
    def come(self, user):
        self.count += 1
        link, _ = make_link(f"k{self.count}", user, f"d{self.count}")
        self.hub.add(link)
        self._look_up()
        return link

    @rule(link=consumes(links))
    def go(self, link):
        self.hub.remove(link)

    @rule(talk=st.sampled_from([TALK, OTHER]), user=st.sampled_from(["a", "b", "c"]))
    def join(self, talk, user):
        self.members[talk].add(user)
        self.audiences.put(talk, [UserId(user)])

    @rule(talk=st.sampled_from([TALK, OTHER]), user=st.sampled_from(["a", "b", "c"]))
    def leave(self, talk, user):
        self.members[talk].discard(user)
        self.audiences.leave(talk, [UserId(user)])

    @rule(talk=st.sampled_from([TALK, OTHER]))
    def look_up_anew(self, talk):
        self.audiences.open(talk, 0)
        self.audiences.put(talk, [UserId(user) for user in self.members[talk]])

    def _look_up(self):
        for user in self.audiences.take_arrivals():
            for talk, inside in self.members.items():
                if user in inside:
                    self.audiences.put(talk, [user])

    @invariant()
    def whoever_is_here_and_a_member_is_in(self):
        places = 0
        for talk, inside in self.members.items():
            wanted = {link for link in self.hub.all() if link.user in inside}
            assert set(self.audiences.use(talk).links) == wanted
            places += len(wanted)
        assert self.audiences.places == places


AnyLife.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
test_any_life = AnyLife.TestCase
