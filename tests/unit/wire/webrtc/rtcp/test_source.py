import pytest

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.rtcp import (
    Application,
    Goodbye,
    SourceChunk,
    SourceDescription,
    build_compound,
    parse_compound,
)
from parlor.wire.webrtc.rtcp.source import CNAME, MAX_TEXT_BYTES

TWO_CHUNKS = bytes.fromhex(
    "82ca0007 00000001 0102 6162 00000000 00000002 0103 616263 0203 646566 0000"
)


def refusal(hexadecimal: str) -> Reason:
    with pytest.raises(Malformed) as refused:
        parse_compound(bytes.fromhex(hexadecimal))
    return refused.value.reason


def test_a_description_is_read_and_built():
    description = SourceDescription(
        (SourceChunk(1, ((CNAME, "ab"),)), SourceChunk(2, ((CNAME, "abc"), (2, "def"))))
    )
    assert build_compound([description]) == TWO_CHUNKS
    assert parse_compound(TWO_CHUNKS) == [description]


@pytest.mark.parametrize("text", ["", "a", "ab", "abc", "äöü", "x" * MAX_TEXT_BYTES])
def test_a_chunk_ends_with_one_null_at_least_on_a_whole_word(text):
    description = SourceDescription((SourceChunk(5, ((CNAME, text),)), SourceChunk(6)))
    data = build_compound([description])
    assert len(data) % 4 == 0
    assert parse_compound(data) == [description]


def test_a_text_over_255_bytes_is_not_built():
    with pytest.raises(ValueError, match="256"):
        build_compound([SourceDescription((SourceChunk(1, ((CNAME, "x" * 256),)),))])


def test_a_description_that_does_not_hold_what_it_counts_is_refused():
    assert refusal("81ca0000") is Reason.LENGTH
    assert refusal("81ca0001 00000001") is Reason.CUT_OFF
    assert refusal("81ca0002 00000001 01026162") is Reason.CUT_OFF
    assert refusal("81ca0002 00000001 01ff6162") is Reason.CUT_OFF
    assert refusal("82ca0002 00000001 00000000") is Reason.LENGTH
    assert refusal("81ca0002 00000001 0102c328") is Reason.SYNTAX


def test_a_goodbye_is_read_with_and_without_a_reason():
    plain = bytes.fromhex("81cb0001 00000007")
    assert parse_compound(plain) == [Goodbye((7,))]
    assert build_compound([Goodbye((7,))]) == plain
    why = bytes.fromhex("82cb0004 00000007 00000008 04676f6e 65000000")
    assert parse_compound(why) == [Goodbye((7, 8), "gone")]
    assert build_compound([Goodbye((7, 8), "gone")]) == why
    assert parse_compound(bytes.fromhex("80cb0000")) == [Goodbye(())]


def test_a_goodbye_that_does_not_hold_what_it_counts_is_refused():
    assert refusal("82cb0001 00000007") is Reason.LENGTH
    assert refusal("81cb0002 00000007 04676f6e") is Reason.CUT_OFF
    assert refusal("81cb0002 00000007 02c32800") is Reason.SYNTAX


def test_a_programs_own_packet_is_handed_on_as_it_is():
    data = bytes.fromhex("85cc0003 00000007 6e616d65 01020304")
    packet = Application(5, 7, b"name", b"\1\2\3\4")
    assert parse_compound(data) == [packet]
    assert build_compound([packet]) == data
    assert refusal("80cc0001 00000007") is Reason.LENGTH
    assert refusal("a0cc0003 00000007 6e616d65 01020301") is Reason.LENGTH


@pytest.mark.parametrize(
    "packet", [Application(0, 1, b"longer"), Application(0, 1, b"name", b"\0")]
)
def test_a_programs_own_packet_has_four_letters_and_whole_words(packet):
    with pytest.raises(ValueError, match="whole words"):
        build_compound([packet])
