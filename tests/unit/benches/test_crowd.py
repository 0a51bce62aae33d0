from hypothesis import given
from hypothesis import strategies as st

from benches.crowd import STAMP_BYTES, latencies_ms, split_unfinished, stamp


def test_a_stamp_tells_when_it_was_made():
    made = stamp()
    assert len(made) == STAMP_BYTES
    at = int(made[1:])
    assert latencies_ms([made[1:] + b"xxx"], at + 2_500_000) == [2.5]


@given(st.lists(st.binary(max_size=30).filter(lambda b: b"@" not in b), max_size=8), st.data())
def test_every_message_is_counted_once_however_it_is_cut(bodies, choice):
    stream = b"".join(stamp() + body for body in bodies)
    cut = choice.draw(st.integers(0, len(stream)))
    first, rest = split_unfinished(stream[:cut])
    second, left = split_unfinished(rest + stream[cut:])
    assert first.count(b"@") + second.count(b"@") == len(bodies)
    assert left == b""
    assert all(len(chunk) >= STAMP_BYTES - 1 for chunk in first.split(b"@")[1:])
