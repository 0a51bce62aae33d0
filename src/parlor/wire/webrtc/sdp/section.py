"""One `m=` section: its lines to a `Media`. The codecs of it are `codecs`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from parlor.wire.webrtc.malformed import Malformed, Reason
from parlor.wire.webrtc.sdp.candidate import parse_candidate
from parlor.wire.webrtc.sdp.codecs import parse_codecs
from parlor.wire.webrtc.sdp.description import (
    Direction,
    Extension,
    Fingerprint,
    Layer,
    Media,
    Msid,
    Rid,
    Sctp,
    Setup,
    Simulcast,
    Ssrc,
    SsrcGroup,
    Transport,
)
from parlor.wire.webrtc.sdp.grammar import ICE_CHARS, Attributes, Line, number, token
from parlor.wire.webrtc.sdp.limits import SdpLimits

MAX_SSRC = 2**32 - 1
_RTP = re.compile(r"(?:(?:UDP|TCP)/TLS/)?RTP/S?AVPF?")
_SCTP = re.compile(r"(?:(?:UDP|TCP)/)?DTLS/SCTP")
_CONNECTION = re.compile(r"IN IP[46] [0-9A-Za-z.:\-]{1,255}")
_PAIRS = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,63}")
_RID = re.compile(r"[0-9A-Za-z_\-]{1,255}")
_DIGEST_BYTES = {"sha-1": 20, "sha-224": 28, "sha-256": 32, "sha-384": 48, "sha-512": 64}
_MAX_MID = 32
_Word = TypeVar("_Word", Direction, Setup)


def parse_section(
    head: str,
    lines: Sequence[Line],
    above: Transport,
    direction: Direction | None,
    extensions: tuple[Extension, ...],
    limits: SdpLimits,
) -> Media:
    """Read a section: `head` is its `m=` line, `lines` the rest of it.

    `above`, `direction` and `extensions` are what the lines before the first section say for
    all. Raises Malformed.
    """
    words = head.split(" ")
    if len(words) < 4:
        raise Malformed(Reason.SYNTAX, "an m= line of another form")
    kind, port, protocol, *formats = words
    found = Attributes(lines, limits)
    if len(formats) > limits.max_codecs:
        raise Malformed(Reason.TOO_MANY, "formats")
    is_rtp = bool(_RTP.fullmatch(protocol))
    sctp = _sctp(found) if _SCTP.fullmatch(protocol) else None
    said = parse_direction(found) or direction or Direction.SENDRECV
    return Media(
        kind=token(kind),
        # "9/2" would be two ports in a row, which nobody sends (RFC 8866 §5.14).
        port=number(port, 65_535),
        protocol=_protocol(protocol),
        mid=_mid(found),
        # Data channels have none; a line about it says nothing (RFC 8841 §6).
        direction=said if sctp is None else Direction.SENDRECV,
        transport=parse_transport(found, above, limits),
        codecs=parse_codecs(formats, found, limits) if is_rtp else (),
        extensions=parse_extensions(found, limits) or extensions,
        rtcp_mux=found.has("rtcp-mux"),
        rtcp_rsize=found.has("rtcp-rsize"),
        bundle_only=found.has("bundle-only"),
        msids=tuple(_msid(value) for value in found.all("msid", limits.max_ssrcs)),
        ssrcs=_ssrcs(found, limits),
        groups=tuple(_group(value, limits) for value in found.all("ssrc-group")),
        rids=_rids(found, limits),
        simulcast=_simulcast(found, limits),
        sctp=sctp,
        formats=() if is_rtp else tuple(token(word) for word in formats),
        connection=_connection(lines),
        other=found.rest(),
    )


def parse_transport(found: Attributes, above: Transport, limits: SdpLimits) -> Transport:
    """ICE and DTLS of a section, or of the part before the first one. Raises Malformed."""
    ufrag, password = found.one("ice-ufrag"), found.one("ice-pwd")
    if (ufrag is None) != (password is None):
        raise Malformed(Reason.MISSING, "ice-ufrag and ice-pwd come together")
    if ufrag is None or password is None:
        ufrag, password = above.ufrag, above.password
    else:
        _check_ice(ufrag, 4)
        _check_ice(password, 22)
    setup = found.one("setup")
    options = found.one("ice-options")
    prints = tuple(
        parse_fingerprint(value) for value in found.all("fingerprint", limits.max_fingerprints)
    )
    return Transport(
        ufrag=ufrag,
        password=password,
        ice_options=(
            above.ice_options
            if options is None
            else tuple(token(word) for word in options.split(" ") if word)
        ),
        fingerprints=prints or above.fingerprints,
        setup=above.setup if setup is None else _one_of(Setup, setup),
        candidates=tuple(
            parse_candidate(f"candidate:{value}")
            for value in found.all("candidate", limits.max_candidates)
        ),
        end_of_candidates=found.has("end-of-candidates") or above.end_of_candidates,
    )


def parse_fingerprint(value: str) -> Fingerprint:
    """`sha-256 AB:CD:…` (RFC 8122 §5). Raises Malformed, also for a hash of another length."""
    algorithm, _, pairs = value.partition(" ")
    algorithm = token(algorithm).lower()
    if not _PAIRS.fullmatch(pairs):
        raise Malformed(Reason.SYNTAX, "a fingerprint")
    digest = bytes.fromhex(pairs.replace(":", ""))
    if len(digest) != _DIGEST_BYTES.get(algorithm, len(digest)):
        raise Malformed(Reason.LENGTH, "a fingerprint")
    return Fingerprint(algorithm, digest)


def parse_direction(found: Attributes) -> Direction | None:
    """The direction that is said, if one is. Raises Malformed for two of them."""
    said = [direction for direction in Direction for _ in found.all(direction)]
    if len(said) > 1:
        raise Malformed(Reason.REPEATED, "direction")
    return said[0] if said else None


def parse_extensions(found: Attributes, limits: SdpLimits) -> tuple[Extension, ...]:
    """`extmap` lines (RFC 8285 §8). Raises Malformed, also for an id given twice."""
    extensions = []
    for value in found.all("extmap", limits.max_extensions):
        head, _, rest = value.partition(" ")
        uri, _, attributes = rest.partition(" ")
        id_, slash, direction = head.partition("/")
        if not uri:
            raise Malformed(Reason.SYNTAX, "an extmap without a name")
        extensions.append(
            Extension(
                # 4096 and up are ids to choose from later, which browsers do not use (§7).
                number(id_, 255, 1),
                uri,
                _one_of(Direction, direction) if slash else None,
                attributes.strip(" "),
            )
        )
    if len({extension.id for extension in extensions}) < len(extensions):
        raise Malformed(Reason.REPEATED, "extmap")
    return tuple(extensions)


def _check_ice(word: str, shortest: int) -> None:
    if not shortest <= len(word) <= 256:
        raise Malformed(Reason.LENGTH, "ICE credentials")
    if not ICE_CHARS.fullmatch(word):
        raise Malformed(Reason.SYNTAX, "ICE credentials")


def _mid(found: Attributes) -> str:
    mid = found.one("mid")
    return "" if mid is None else token(mid, _MAX_MID)


def _protocol(word: str) -> str:
    for part in word.split("/"):
        token(part, 32)
    return word


def _connection(lines: Sequence[Line]) -> str:
    said = [value for letter, value in lines if letter == "c"]
    if not said:
        return "IN IP4 0.0.0.0"
    if not _CONNECTION.fullmatch(said[0]):
        raise Malformed(Reason.SYNTAX, "a c= line of another form")
    return said[0]


def _msid(value: str) -> Msid:
    stream, space, track = value.partition(" ")
    return Msid(token(stream), token(track) if space else "")


def _ssrcs(found: Attributes, limits: SdpLimits) -> tuple[Ssrc, ...]:
    said: dict[int, list[str]] = {}
    for value in found.all("ssrc"):
        id_, _, attribute = value.partition(" ")
        said.setdefault(number(id_, MAX_SSRC), []).append(attribute)
    if len(said) > limits.max_ssrcs:
        raise Malformed(Reason.TOO_MANY, "ssrc")
    return tuple(
        Ssrc(id_, tuple(attribute for attribute in attributes if attribute))
        for id_, attributes in said.items()
    )


def _group(value: str, limits: SdpLimits) -> SsrcGroup:
    semantics, *ids = value.split(" ")
    if len(ids) > limits.max_ssrcs:
        raise Malformed(Reason.TOO_MANY, "ssrc-group")
    return SsrcGroup(token(semantics), tuple(number(id_, MAX_SSRC) for id_ in ids))


def _rids(found: Attributes, limits: SdpLimits) -> tuple[Rid, ...]:
    rids = []
    for value in found.all("rid", 2 * limits.max_rids):
        id_, _, rest = value.partition(" ")
        direction, _, restrictions = rest.partition(" ")
        if direction not in ("send", "recv"):
            raise Malformed(Reason.VALUE, "a rid's direction")
        rids.append(Rid(_rid(id_), direction == "send", restrictions.strip(" ")))
    if len({rid.id for rid in rids}) < len(rids):
        raise Malformed(Reason.REPEATED, "rid")
    for sends in (True, False):
        if sum(rid.sends is sends for rid in rids) > limits.max_rids:
            raise Malformed(Reason.TOO_MANY, "rid")
    return tuple(rids)


def _rid(word: str) -> str:
    if not _RID.fullmatch(word):
        raise Malformed(Reason.SYNTAX, "a rid")
    return word


def _simulcast(found: Attributes, limits: SdpLimits) -> Simulcast | None:
    value = found.one("simulcast")
    if value is None:
        return None
    words = value.split(" ")
    said = dict(zip(words[::2], words[1::2], strict=False))
    if len(words) % 2 or len(said) * 2 != len(words) or not said.keys() <= {"send", "recv"}:
        raise Malformed(Reason.SYNTAX, "a simulcast of another form")
    return Simulcast(_streams(said.get("send"), limits), _streams(said.get("recv"), limits))


def _streams(value: str | None, limits: SdpLimits) -> tuple[tuple[Layer, ...], ...]:
    if value is None:
        return ()
    streams = tuple(
        tuple(Layer(_rid(name.removeprefix("~")), name.startswith("~")) for name in one.split(","))
        for one in value.split(";")
    )
    if sum(len(alternatives) for alternatives in streams) > limits.max_rids:
        raise Malformed(Reason.TOO_MANY, "simulcast")
    return streams


def _sctp(found: Attributes) -> Sctp | None:
    port, size = found.one("sctp-port"), found.one("max-message-size")
    if port is None:
        return None
    if size is None:
        return Sctp(number(port, 65_535))
    return Sctp(number(port, 65_535), number(size, 2**64 - 1))


def _one_of(kind: type[_Word], word: str) -> _Word:
    try:
        return kind(word)
    except ValueError as fault:
        raise Malformed(Reason.VALUE, kind.__name__.lower()) from fault
