from hypothesis import given
from hypothesis import strategies as st

from parlor.sfu.forward.layer_choice import SPARE, Offer, Wish, choose_layers

LAYERS = [Offer(180, 150e3, True), Offer(360, 500e3, True), Offer(720, 1_500e3, True)]


def wish(height=None, priority=0, present=None, layers=LAYERS):
    return Wish(layers, height, priority, present)


def test_with_room_for_all_everybody_gets_what_is_high_enough_and_no_more():
    wishes = [wish(None), wish(360), wish(361), wish(90), wish(0)]
    assert choose_layers(wishes, 1e9) == [2, 1, 2, 0, None]


def test_lowest_layers_come_before_better_ones():
    assert choose_layers([wish(), wish(), wish()], 700e3) == [0, 0, 0]


def test_the_higher_priority_gets_the_better_layer():
    assert choose_layers([wish(), wish(priority=1)], 800e3) == [0, 1]


def test_somebody_gets_a_picture_whatever_the_estimate():
    assert choose_layers([wish(), wish(priority=1)], 0.0) == [None, 0]


def test_a_layer_that_is_not_sent_is_not_chosen():
    silent = [LAYERS[0], LAYERS[1]._replace(is_alive=False), LAYERS[2]]
    assert choose_layers([wish(360, layers=silent)], 1e9) == [2]
    assert choose_layers([wish(layers=[one._replace(is_alive=False) for one in LAYERS])], 1e9) == [
        None
    ]


def test_to_go_up_takes_more_room_than_to_stay():
    border = 500e3 * (1 + SPARE) / 2
    assert choose_layers([wish(present=0)], border) == [0]
    assert choose_layers([wish(present=1)], border) == [1]


def test_layers_of_unknown_height_are_ranked_by_their_order():
    unknown = [one._replace(height=0) for one in LAYERS]
    assert choose_layers([wish(360, layers=unknown)], 1e9) == [2]


@given(
    st.lists(
        st.builds(
            Wish,
            st.lists(
                st.builds(Offer, st.integers(0, 1_080), st.floats(0, 5e6), st.booleans()),
                min_size=1,
                max_size=3,
            ),
            st.none() | st.integers(0, 1_080),
            st.integers(0, 2),
            st.none() | st.integers(0, 2),
        ),
        max_size=8,
    ),
    st.floats(0, 2e7),
)
def test_no_more_is_chosen_than_fits_beside_the_one_that_is_always_given(wishes, bits_per_s):
    chosen = choose_layers(wishes, bits_per_s)
    rates = [
        one.layers[rank].rate for one, rank in zip(wishes, chosen, strict=True) if rank is not None
    ]
    for one, rank in zip(wishes, chosen, strict=True):
        assert rank is None or (one.layers[rank].is_alive and one.height != 0)
    assert sum(rates) <= bits_per_s * (1 + 1e-9) or len(rates) == 1
