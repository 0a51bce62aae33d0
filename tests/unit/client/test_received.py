from hypothesis import given
from hypothesis import strategies as st

from parlor.client.received import Received
from parlor.wire.native.pushes import DeliveryPush


def delivery(push_id: str, mail: int = 0, missed: int = 0) -> DeliveryPush:
    return DeliveryPush(push_id, None, "", missed=missed, mail=mail)


def test_the_same_push_is_taken_once_by_its_id():
    received = Received()
    assert received.take(delivery("a"))
    assert not received.take(delivery("a"))
    assert received.doubles == 1
    assert received.upto == 0


def test_mail_that_was_had_is_a_double_even_when_its_id_is_forgotten():
    received = Received(remembered=1)
    received.take(delivery("a", 7))
    received.take(delivery("b", 8))
    received.take(delivery("c", 9))
    assert not received.take(delivery("a", 7))
    assert received.upto == 9


def test_mail_of_another_database_is_new_though_its_numbers_are_lower():
    received = Received()
    received.on_hello("one")
    received.take(delivery("a", 7))
    received.on_hello("one")
    assert received.upto == 7
    received.on_hello("two")
    assert received.take(delivery("b", 1))
    assert received.upto == 1


def test_what_could_not_be_kept_is_not_acknowledged_and_comes_again():
    received = Received()
    received.take(delivery("a", 7))
    received.lose(delivery("b", 8))
    received.take(delivery("c", 9))
    assert received.upto == 7
    received.begin()
    assert received.take(delivery("b", 8))
    assert not received.take(delivery("c", 9))
    assert received.upto == 9


def test_what_was_missed_is_added_up():
    received = Received()
    assert received.take(delivery("", missed=3))
    assert received.take(delivery("", missed=2))
    assert received.missed == 5


@given(st.lists(st.integers(1, 30)))
def test_resends_from_any_point_are_each_taken_once(restarts):
    received = Received()
    taken: list[int] = []
    for start in restarts:
        numbers = range(start, 31)
        taken += [n for n in numbers if received.take(delivery(f"p{n}", n))]
    assert len(taken) == len(set(taken))
