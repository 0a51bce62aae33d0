"""RFC 6455 §5.6, §8.1: text messages are UTF-8, wherever they are cut."""

import pytest

from tests.support.wire_peer import CONTINUATION, TEXT, frame, question

VALID = {
    "ASCII": "Hello",
    "two bytes": "¢é\u0080\u07ff",
    "three bytes": "€\u0800\ud7ff\ue000\uffff",
    "four bytes": "😀\U00010000\U0010ffff",
    "mixed": "κόσμε Hello-µ@ßöäüàá-UTF-8!! 你好 😀",
    "not characters": "\ufdd0\ufffe\uffff\U0001fffe\U0010ffff",
    "combining": "e\u0301\u200d\u202e",
    "byte order mark": "\ufeffx",
}

INVALID = {
    "a lone continuation": b"\x80",
    "another": b"\xbf",
    "two of them": b"\x80\xbf",
    "all of them": bytes(range(0x80, 0xC0)),
    "two bytes, cut": b"\xc3",
    "two bytes, then ASCII": b"\xc3\x28",
    "three bytes, cut after one": b"\xe2",
    "three bytes, cut after two": b"\xe2\x82",
    "three bytes, third wrong": b"\xe2\x82\x28",
    "three bytes, second wrong": b"\xe2\x28\xa1",
    "four bytes, cut": b"\xf0\x9f\x98",
    "four bytes, second wrong": b"\xf0\x28\x8c\xbc",
    "four bytes, fourth wrong": b"\xf0\x9f\x98\x28",
    "overlong slash in two": b"\xc0\xaf",
    "overlong slash in three": b"\xe0\x80\xaf",
    "overlong slash in four": b"\xf0\x80\x80\xaf",
    "overlong NUL": b"\xc0\x80",
    "highest overlong in two": b"\xc1\xbf",
    "highest overlong in three": b"\xe0\x9f\xbf",
    "highest overlong in four": b"\xf0\x8f\xbf\xbf",
    "first surrogate": b"\xed\xa0\x80",
    "last surrogate": b"\xed\xbf\xbf",
    "a pair of surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond Unicode": b"\xf4\x90\x80\x80",
    "far beyond": b"\xf7\xbf\xbf\xbf",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "FE": b"\xfe",
    "FF": b"\xff",
    "FE FE FF FF": b"\xfe\xfe\xff\xff",
    "Latin-1": "Grüße".encode("latin-1"),
    "UTF-16": "\ufeffHi".encode("utf-16-le"),
}


def around(bad: bytes) -> tuple[bytes, bytes]:
    """A request in JSON that would be right with UTF-8 in this place."""
    return b'{"id":1,"method":"heartbeat","params":{"pad":"', bad + b'"}}'


@pytest.mark.parametrize("name", VALID)
async def test_5_6_valid_utf_8_is_read_wherever_it_is_cut(peer, name):
    whole = question(6, pad=VALID[name])
    first = whole.index(b'"pad"') + 8
    for at in range(first, first + len(VALID[name].encode()) + 1):
        await peer.send(frame(TEXT, whole[:at], fin=False) + frame(CONTINUATION, whole[at:]))
        await peer.answered(6)


@pytest.mark.parametrize("name", INVALID)
async def test_8_1_invalid_utf_8_in_a_frame_fails_the_connection(peer, name):
    before, after = around(INVALID[name])
    await peer.send(frame(TEXT, before + after) + frame(TEXT, question(2)))
    await peer.failed(1007)


@pytest.mark.parametrize("name", INVALID)
async def test_8_1_and_in_any_two_fragments_too(peer, name):
    before, after = around(INVALID[name])
    at = len(INVALID[name]) // 2
    await peer.send(frame(TEXT, before + after[:at], fin=False) + frame(CONTINUATION, after[at:]))
    await peer.failed(1007)


@pytest.mark.parametrize("name", INVALID)
async def test_8_1_and_in_a_long_message(peer, name):
    before, after = around(INVALID[name])
    await peer.send(frame(TEXT, before + b"x" * 66_000 + after))
    await peer.failed(1007)


@pytest.mark.parametrize("cut", [b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98"])
async def test_8_1_a_character_that_the_message_leaves_unfinished_fails_it(peer, cut):
    await peer.send(frame(TEXT, b"abc" + cut[:1], fin=False) + frame(CONTINUATION, cut[1:]))
    await peer.failed(1007)


async def test_8_1_a_fault_in_an_unfinished_message_is_not_waited_for(peer):
    await peer.send(frame(TEXT, b'{"id": 1, "x": "\xff', fin=False))
    await peer.failed(1007)


async def test_8_1_nor_one_in_an_unfinished_frame(parlor, peer):
    await peer.send(frame(TEXT, b'{"id": 1, "x": "\xff' + b"y" * 60_000)[:100])
    await peer.failed(1007)
