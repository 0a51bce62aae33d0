from dataclasses import replace

import pytest

from parlor.wire.webrtc.sdp import Msid, parse_session, write_session
from tests.support.descriptions import SHORT


def test_nobody_adds_a_line_through_a_name():
    session = parse_session(SHORT)
    audio = replace(session.media[0], msids=(Msid("a\r\na=candidate:x", "b"),))
    with pytest.raises(ValueError, match="line break"):
        write_session(replace(session, media=(audio,)))


def test_each_line_ends_in_cr_lf():
    written = write_session(parse_session(SHORT.replace("\r\n", "\n")))
    assert written.endswith("\r\n")
    assert written.count("\r\n") == written.count("\n") == SHORT.count("\n")


def test_what_is_said_before_the_sections_is_written_into_them():
    above = SHORT.replace("a=setup:actpass\r\n", "").replace("t=0 0", "t=0 0\r\na=setup:active")
    assert write_session(parse_session(above)).count("a=setup:active") == 2
