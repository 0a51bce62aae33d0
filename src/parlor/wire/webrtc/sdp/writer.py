"""A `Session` to text, as browsers want to read it."""

from __future__ import annotations

from collections.abc import Iterator

from parlor.wire.webrtc.sdp.description import Codec, Extension, Layer, Media, Session


def write_session(session: Session) -> str:
    """The description with CR LF at each end, as `setRemoteDescription` takes it.

    Parsing it again gives an equal session. Raises ValueError when some text in it has a line
    break: nobody may add lines of their own through a name.
    """
    lines = ["v=0"]
    lines += [f"o={session.username} {session.id} {session.version} {session.address}"]
    lines += ["s=-", "t=0 0"]
    lines += (f"a=group:{' '.join(('BUNDLE', *mids))}" for mids in session.bundles)
    if session.mixed_extensions:
        lines.append("a=extmap-allow-mixed")
    if session.ice_lite:
        lines.append("a=ice-lite")
    lines += (f"a={attribute}" for attribute in session.other)
    for media in session.media:
        lines += _section(media)
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a line break inside a description")
    return "\r\n".join(lines) + "\r\n"


def _section(media: Media) -> Iterator[str]:
    formats = media.formats or tuple(str(codec.payload_type) for codec in media.codecs)
    yield f"m={media.kind} {media.port} {media.protocol} {' '.join(formats)}"
    yield f"c={media.connection}"
    if media.mid:
        yield f"a=mid:{media.mid}"
    yield from _transport(media)
    if media.sctp is None:
        yield f"a={media.direction}"
    else:
        yield f"a=sctp-port:{media.sctp.port}"
        yield f"a=max-message-size:{media.sctp.max_message_size}"
    for extension in media.extensions:
        yield f"a=extmap:{_extension(extension)}"
    for msid in media.msids:
        yield f"a=msid:{msid.stream} {msid.track}".rstrip(" ")
    if media.rtcp_mux:
        yield "a=rtcp-mux"
    if media.rtcp_rsize:
        yield "a=rtcp-rsize"
    if media.bundle_only:
        yield "a=bundle-only"
    for codec in media.codecs:
        yield from _codec(codec)
    yield from _sources(media)
    for attribute in media.other:
        yield f"a={attribute}"


def _transport(media: Media) -> Iterator[str]:
    here = media.transport
    for candidate in here.candidates:
        yield f"a={candidate}"
    if here.end_of_candidates:
        yield "a=end-of-candidates"
    if here.ufrag:
        yield f"a=ice-ufrag:{here.ufrag}"
        yield f"a=ice-pwd:{here.password}"
    if here.ice_options:
        yield f"a=ice-options:{' '.join(here.ice_options)}"
    for fingerprint in here.fingerprints:
        yield f"a=fingerprint:{fingerprint}"
    if here.setup is not None:
        yield f"a=setup:{here.setup}"


def _codec(codec: Codec) -> Iterator[str]:
    if codec.name:
        channels = f"/{codec.channels}" if codec.channels > 1 else ""
        yield f"a=rtpmap:{codec.payload_type} {codec.name}/{codec.clock_rate}{channels}"
    for kind in codec.feedback:
        yield f"a=rtcp-fb:{codec.payload_type} {kind}"
    if codec.parameters:
        yield f"a=fmtp:{codec.payload_type} {codec.parameters}"


def _sources(media: Media) -> Iterator[str]:
    for group in media.groups:
        yield f"a=ssrc-group:{' '.join((group.semantics, *map(str, group.ssrcs)))}"
    for ssrc in media.ssrcs:
        if not ssrc.attributes:
            yield f"a=ssrc:{ssrc.id}"
        for attribute in ssrc.attributes:
            yield f"a=ssrc:{ssrc.id} {attribute}"
    for rid in media.rids:
        words = [rid.id, "send" if rid.sends else "recv", rid.restrictions]
        yield f"a=rid:{' '.join(words)}".rstrip(" ")
    if media.simulcast is not None:
        sides = (("send", media.simulcast.send), ("recv", media.simulcast.recv))
        said = [f"{name} {_streams(streams)}" for name, streams in sides if streams]
        yield f"a=simulcast:{' '.join(said)}"


def _streams(streams: tuple[tuple[Layer, ...], ...]) -> str:
    return ";".join(
        ",".join("~" * layer.paused + layer.rid for layer in alternatives)
        for alternatives in streams
    )


def _extension(extension: Extension) -> str:
    direction = "" if extension.direction is None else f"/{extension.direction}"
    return f"{extension.id}{direction} {extension.uri} {extension.attributes}".rstrip(" ")
