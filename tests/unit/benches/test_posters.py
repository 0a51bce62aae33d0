from hypothesis import given
from hypothesis import strategies as st

from benches.posters import split_answers


def answer(status, body):
    return b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (status, len(body)) + body


@given(st.lists(st.tuples(st.sampled_from([202, 429, 503]), st.binary(max_size=9))), st.data())
def test_every_answer_is_counted_once_however_it_is_cut(answers, choice):
    stream = b"".join(answer(*one) for one in answers)
    cut = choice.draw(st.integers(0, len(stream)))
    first, rest = split_answers(stream[:cut])
    second, left = split_answers(rest + stream[cut:])
    assert (first + second, left) == ([status for status, _ in answers], b"")
