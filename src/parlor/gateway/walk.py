"""One envelope or notice on its way to many links: encoded once per codec, shared by all.

What differs between links is chosen here: the frame of their codec, and for links that asked for
certain tags only those pushes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import msgspec

from parlor.gateway.state.link import Link, LinkCodec
from parlor.gateway.state.outbox import Frame
from parlor.model.push import Envelope, ToRoom


class _Frames(dict[LinkCodec, Frame | None]):
    """By codec, made when the first link needs it."""

    def __init__(self, make: Callable[[LinkCodec], Frame | None]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, codec: LinkCodec) -> Frame | None:
        frame = self[codec] = self._make(codec)
        return frame


class Walk:
    """`put` it to all links of the audience, in as many pieces as wanted."""

    __slots__ = ("_envelope", "_frames", "_some", "_tags", "_write", "accepted")

    def __init__(
        self,
        make: Callable[[LinkCodec], Frame | None],
        envelope: Envelope | None = None,
        *,
        write_descriptor: Callable[[int, bytes], int] = os.write,
    ) -> None:
        self.accepted = 0
        """Pushes that links have taken, over all of them."""
        self._frames = _Frames(make)
        self._some: dict[tuple[LinkCodec, frozenset[str]], Frame | None] = {}
        self._envelope = envelope
        self._tags: frozenset[str] = frozenset()
        self._write = write_descriptor
        if envelope is not None and not isinstance(envelope.to, ToRoom):
            self._tags = frozenset(push.tag for push in envelope.pushes)

    @classmethod
    def of(cls, envelope: Envelope) -> Walk:
        return cls(lambda codec: codec.pushes(envelope), envelope)

    def put(self, links: Iterable[Link], *, alone: bool = False) -> None:
        """`alone`: what nothing waits before is written at once, as nothing will join it."""
        if self._tags:
            self._put_filtered(links)
        elif alone:
            self._put_alone(links)
        else:
            frames, accepted = self._frames, 0
            for link in links:
                frame = frames[link.codec]
                if frame is not None and link.put(frame):
                    accepted += frame.messages
            self.accepted += accepted

    def _put_alone(self, links: Iterable[Link]) -> None:
        """Spares a wide walk the outbox, the turn and the shell: a quarter of what a delivery
        costs above the system call, most of it for memory that nobody has looked at since."""
        write, accepted = self._write, 0
        codec: LinkCodec | None = None
        frame: Frame | None = None
        for link in links:
            if link.codec is not codec:
                codec = link.codec
                frame = self._frames[codec]
            if frame is None:
                continue
            if link.direct >= 0:
                try:
                    sent = write(link.direct, frame.data)
                except OSError:
                    # Full, or gone: the shell will see.
                    sent = 0
                if sent:
                    if sent != frame.size:
                        link.shell.send_rest(frame.data[sent:])
                    accepted += frame.messages
                    continue
            if link.put(frame):
                accepted += frame.messages
        self.accepted += accepted

    def _put_filtered(self, links: Iterable[Link]) -> None:
        accepted, tags = 0, self._tags
        for link in links:
            if link.tags is not None and not tags <= link.tags:
                frame = self._part(link.codec, tags & link.tags)
            else:
                frame = self._frames[link.codec]
            if frame is not None and link.put(frame):
                accepted += frame.messages
        self.accepted += accepted

    def _part(self, codec: LinkCodec, wanted: frozenset[str]) -> Frame | None:
        if not wanted or self._envelope is None:
            return None
        key = (codec, wanted)
        if key not in self._some:
            kept = tuple(push for push in self._envelope.pushes if push.tag in wanted)
            self._some[key] = codec.pushes(msgspec.structs.replace(self._envelope, pushes=kept))
        return self._some[key]
