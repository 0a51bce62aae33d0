from parlor.client.following import Following
from parlor.model.room import Position
from parlor.wire.native.pushes import DeliveryPush


def heard(room: str | None, epoch: str, offset: int) -> DeliveryPush:
    return DeliveryPush("p", room, "", epoch=epoch, offset=offset)


def test_the_last_delivery_is_what_the_next_hello_asks_for():
    following = Following(["a", "b"])
    following.on_hello({}, [("a", Position("e", 3), False), ("b", None, False)])
    assert following.since == {"a": Position("e", 3)}
    following.on_delivery(heard("a", "e", 4))
    following.on_delivery(heard("b", "", 0))
    following.on_delivery(heard("other", "e", 9))
    assert following.since == {"a": Position("e", 4)}
    assert following.rooms == ("a", "b")


def test_what_was_recovered_moves_on_by_its_deliveries_and_not_by_the_answer():
    """The connection may be cut before they have all come."""
    following = Following(["a"])
    following.on_joined("a", None, Position("e", 3), recovered=False)
    asked = following.on_join("a")
    following.on_joined("a", asked, Position("e", 7), recovered=True)
    assert following.position("a") == Position("e", 3)


def test_what_cannot_be_recovered_begins_anew_where_the_room_is():
    following = Following(["a"])
    following.on_delivery(heard("a", "e", 3))
    asked = following.on_join("a")
    following.on_joined("a", asked, Position("f", 1), recovered=False)
    assert following.position("a") == Position("f", 1)


def test_a_delivery_that_overtakes_the_answer_is_not_forgotten():
    following = Following()
    asked = following.on_join("a")
    following.on_delivery(heard("a", "e", 9))
    following.on_joined("a", asked, Position("e", 8), recovered=False)
    assert following.position("a") == Position("e", 9)


def test_a_room_that_was_left_is_not_asked_for_again():
    following = Following(["a"])
    following.on_delivery(heard("a", "e", 3))
    following.on_leave("a")
    following.on_delivery(heard("a", "e", 4))
    following.on_joined("a", None, Position("e", 4), recovered=False)
    assert (following.rooms, following.since) == ((), {})
