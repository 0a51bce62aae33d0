from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from parlor.sfu.forward.numbering import MAX_RUNS, Numbering


@dataclass
class Layer:
    highest: int
    timestamp: int = 0


def found(numbering, seq):
    led = numbering.find(seq)
    assert led is not None
    return led


def test_within_a_run_numbers_are_the_layers_less_an_offset():
    numbering, layer = Numbering(first_out=10), Layer(700, 5_000)
    run = numbering.begin(layer, 700, 5_000, time_offset=0)
    assert (700 - run.seq_offset, numbering.next_out) == (10, 11)
    layer.highest += 5
    assert numbering.next_out == 16
    assert numbering.find(12) == (run, 702)


def test_the_next_run_goes_on_where_the_last_one_ended():
    numbering, low, high = Numbering(1), Layer(100), Layer(9_000, 77)
    numbering.begin(low, 100, 0, 0)
    low.highest = 109
    run = numbering.begin(high, 9_000, 77, time_offset=0)
    assert 9_000 - run.seq_offset == 11
    assert found(numbering, 10)[1] == 109
    assert numbering.find(11) == (run, 9_000)


def test_what_a_layer_did_during_a_pause_leaves_no_gap():
    numbering, layer = Numbering(1), Layer(100)
    numbering.begin(layer, 100, 0, 0)
    numbering.end()
    layer.highest, layer.timestamp = 500, 9_000
    run = numbering.begin(layer, 500, 9_000, 0)
    assert 500 - run.seq_offset == 2


def test_a_clock_that_would_go_back_goes_on_by_one_tick():
    numbering, low, high = Numbering(1), Layer(100, 50_000), Layer(7, 20)
    numbering.begin(low, 100, 50_000, 0)
    run = numbering.begin(high, 7, 20, time_offset=0)
    assert 20 - run.time_offset & 0xFFFF_FFFF == 50_001


def test_numbers_that_were_never_given_out_or_are_forgotten_lead_nowhere():
    numbering = Numbering(1)
    assert numbering.find(1) is None
    layers = [Layer(100, n) for n in range(MAX_RUNS + 1)]
    for n, layer in enumerate(layers):
        numbering.begin(layer, 100, n, 0)
    assert numbering.find(MAX_RUNS + 2) is None
    assert numbering.find(1) is None
    assert found(numbering, 2)[0].source is layers[1]


@given(
    st.integers(0, 60_000),
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 400)), min_size=1, max_size=MAX_RUNS),
)
def test_every_number_given_out_of_late_leads_back_to_its_packet(first, parts):
    layers = [Layer(0), Layer(70_000), Layer(140_000)]
    numbering, given_out = Numbering(first), {}
    for which, count in parts:
        layer = layers[which]
        start = layer.highest + 1
        run = None
        for seq in range(start, start + count):
            layer.highest, layer.timestamp = seq, layer.timestamp + 1
            run = run or numbering.begin(layer, seq, layer.timestamp, 0)
            out = seq - run.seq_offset
            assert out not in given_out
            given_out[out] = (layer, seq)
        numbering.end()
    assert sorted(given_out) == list(range(first, first + len(given_out)))
    for out, (layer, seq) in given_out.items():
        run, number = found(numbering, out & 0xFFFF)
        assert (run.source, number) == (layer, seq)
