from parlor.api.described import Described, described, description_of
from parlor.model.errors import NotFound


def test_what_a_route_says_of_itself_is_found_again():
    opt = described(NotFound, also={200: "It was there."}, gives=7)
    assert description_of(opt) == Described(
        refuses=(NotFound,), also={200: "It was there."}, gives=7
    )


def test_a_route_that_says_nothing_has_nothing_to_add():
    assert description_of({}) == description_of({"described": "text"}) == Described()
