import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.close import CloseCode
from parlor.model.errors import WireError
from parlor.wire.native.framing import LengthReader, build_framed


def test_a_length_of_four_bytes_is_in_front():
    assert build_framed(b"abc") == b"\x00\x00\x00\x03abc"


@given(
    st.lists(st.binary(min_size=1, max_size=50), max_size=20),
    st.lists(st.integers(1, 30), min_size=1, max_size=50),
)
def test_messages_come_out_whole_however_they_are_cut(messages, cuts):
    stream = b"".join(build_framed(message) for message in messages)
    reader, got, at = LengthReader(100), list[bytes](), 0
    for cut in cuts * (1 + len(stream)):
        got += reader.feed(stream[at : at + cut])
        at += cut
        if at >= len(stream):
            break
    assert got == messages


def test_an_unfinished_message_is_waited_for():
    reader = LengthReader(10)
    assert list(reader.feed(b"\x00\x00")) == []
    assert list(reader.feed(b"\x00\x02a")) == []
    assert list(reader.feed(b"b\x00")) == [b"ab"]


def test_messages_before_a_fault_are_given_first():
    reader, got = LengthReader(10), list[bytes]()
    with pytest.raises(WireError):
        got.extend(reader.feed(build_framed(b"one") + build_framed(b"two") + bytes(4)))
    assert got == [b"one", b"two"]


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"\x00\x00\x00\x0b", CloseCode.TOO_BIG),
        (b"\xff\xff\xff\xff", CloseCode.TOO_BIG),
        (b"\x00\x00\x00\x00", CloseCode.MALFORMED),
    ],
)
def test_a_length_that_cannot_be_is_refused_before_the_bytes_come(head, code):
    with pytest.raises(WireError) as refused:
        list(LengthReader(10).feed(head))
    assert refused.value.close == code
