"""A whole description: text to a `Session`, and nothing but `Malformed` for hostile text."""

from __future__ import annotations

from itertools import pairwise

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp.description import Media, Session, Transport
from parlor.wire.webrtc.sdp.grammar import Attributes, Line, number, split_lines, token
from parlor.wire.webrtc.sdp.limits import DEFAULT_LIMITS, SdpLimits
from parlor.wire.webrtc.sdp.section import (
    parse_direction,
    parse_extensions,
    parse_section,
    parse_transport,
)

_SESSION_LETTERS = frozenset("iuepcbtrzka")
_MEDIA_LETTERS = frozenset("icbka")


def parse_session(text: str, limits: SdpLimits = DEFAULT_LIMITS) -> Session:
    """Read an offer or an answer (RFC 8866 §5, JSEP RFC 8829 §5.8).

    Names, times and bandwidths are passed over. Whether it is acceptable is `build_answer`'s
    or `check_answer`'s question. Raises Malformed, in time that grows with the text only.
    """
    lines = split_lines(text, limits)
    if [letter for letter, _ in lines[:3]] != ["v", "o", "s"]:
        raise Malformed(Reason.MISSING, "the first lines of a description")
    if lines[0][1] != "0":
        raise Malformed(Reason.VERSION, "a description of another version")
    origin = _origin(lines[1][1])
    starts = [at for at, (letter, _) in enumerate(lines) if letter == "m"]
    if len(starts) > limits.max_media:
        raise Malformed(Reason.TOO_MANY, "sections")
    ends = [*starts, len(lines)]
    above = lines[3 : ends[0]]
    _check_letters(above, _SESSION_LETTERS)
    found = Attributes(above, limits)
    transport = parse_transport(found, Transport(), limits)
    direction = parse_direction(found)
    extensions = parse_extensions(found, limits)
    media = []
    for start, end in pairwise(ends):
        section = lines[start + 1 : end]
        _check_letters(section, _MEDIA_LETTERS)
        media.append(
            parse_section(lines[start][1], section, transport, direction, extensions, limits)
        )
    groups = [value.split(" ") for value in found.all("group")]
    return Session(
        id=origin[1],
        version=origin[2],
        media=tuple(media),
        bundles=_bundles(groups, media),
        ice_lite=found.has("ice-lite"),
        mixed_extensions=found.has("extmap-allow-mixed"),
        username=origin[0],
        address=origin[3],
        other=(
            *found.rest(),
            *("group:" + " ".join(group) for group in groups if group[0] != "BUNDLE"),
        ),
    )


def _check_letters(lines: list[Line], allowed: frozenset[str]) -> None:
    if any(letter not in allowed for letter, _ in lines):
        raise Malformed(Reason.SYNTAX, "a line in a place that is not its own")


def _origin(value: str) -> tuple[str, int, int, str]:
    words = value.split(" ")
    if len(words) != 6:
        raise Malformed(Reason.SYNTAX, "an o= line of another form")
    username, id_, version, *address = words
    for word in address:
        if not word:
            raise Malformed(Reason.SYNTAX, "an o= line of another form")
    # 63 bits (RFC 8829 §5.2.1); others use the full 64.
    return token(username), number(id_, 2**64 - 1), number(version, 2**64 - 1), " ".join(address)


def _bundles(groups: list[list[str]], media: list[Media]) -> tuple[tuple[str, ...], ...]:
    """The BUNDLE groups, each mid of which is a section's and in one group (RFC 9143 §7.1)."""
    mids = [section.mid for section in media if section.mid]
    if len(set(mids)) < len(mids):
        raise Malformed(Reason.REPEATED, "mid")
    bundles = tuple(tuple(group[1:]) for group in groups if group[0] == "BUNDLE")
    named = [mid for bundle in bundles for mid in bundle]
    if len(set(named)) < len(named):
        raise Malformed(Reason.REPEATED, "a mid in groups")
    if not set(named) <= set(mids):
        raise Malformed(Reason.VALUE, "a group of sections that are not there")
    return bundles
