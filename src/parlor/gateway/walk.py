"""One envelope or notice on its way to many links: encoded once per codec, shared by all.

What differs between links is chosen here: the frame of their codec, and for links that asked for
certain tags only those pushes. What became of it is counted for all of them together
(`model.trace`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import msgspec

from parlor.gateway.state.link import Link, LinkCodec
from parlor.gateway.state.outbox import Frame
from parlor.model.push import Envelope, ToRoom
from parlor.model.trace import Leg


class _Frames(dict[LinkCodec, Frame | None]):
    """By codec, made when the first link needs it."""

    def __init__(self, make: Callable[[LinkCodec], Frame | None], legs: tuple[Leg, ...]) -> None:
        super().__init__()
        self._make = make
        self._legs = legs
        self.largest = 0

    def __missing__(self, codec: LinkCodec) -> Frame | None:
        frame = self[codec] = self.followed(self._make(codec))
        return frame

    def followed(self, frame: Frame | None) -> Frame | None:
        """`frame`, which from now on tells the legs when it does not arrive."""
        if frame is not None and self._legs:
            frame.legs += self._legs
            self.largest = max(self.largest, frame.size)
        return frame


class Walk:
    """`put` it to all links of the audience, in as many pieces as wanted.

    `legs` hear of drops when they happen; the counts here are for whoever made the walk.
    """

    __slots__ = (
        "_envelope",
        "_frames",
        "_some",
        "_tags",
        "_write",
        "accepted",
        "closing",
        "legs",
        "targeted",
        "unwanted",
        "written",
    )

    def __init__(
        self,
        make: Callable[[LinkCodec], Frame | None],
        envelope: Envelope | None = None,
        legs: tuple[Leg, ...] = (),
        *,
        write_descriptor: Callable[[int, bytes], int] = os.write,
    ) -> None:
        self.accepted = 0
        """Pushes that links have taken, over all of them."""
        self.targeted = self.unwanted = self.closing = self.written = 0
        """Links, as in `model.trace.Leg`."""
        self.legs = legs
        self._frames = _Frames(make, legs)
        self._some: dict[tuple[LinkCodec, frozenset[str]], Frame | None] = {}
        self._envelope = envelope
        self._tags: frozenset[str] = frozenset()
        self._write = write_descriptor
        if envelope is not None and not isinstance(envelope.to, ToRoom):
            self._tags = frozenset(push.tag for push in envelope.pushes)

    @classmethod
    def of(cls, envelope: Envelope, legs: tuple[Leg, ...] = ()) -> Walk:
        return cls(lambda codec: codec.pushes(envelope), envelope, legs)

    @property
    def frame_bytes(self) -> int:
        """The largest frame that was made, where legs count it."""
        return self._frames.largest

    def put(self, links: Sequence[Link], *, alone: bool = False) -> None:
        """`alone`: what nothing waits before is written at once, as nothing will join it."""
        self.targeted += len(links)
        if self._tags:
            self._put_filtered(links)
        elif alone:
            self._put_alone(links)
        else:
            frames, accepted = self._frames, 0
            for link in links:
                frame = frames[link.codec]
                if frame is None:
                    self.unwanted += 1
                elif link.put(frame):
                    accepted += frame.messages
                else:
                    self.closing += 1
            self.accepted += accepted

    def _put_alone(self, links: Sequence[Link]) -> None:
        """Spares a wide walk the outbox, the turn and the shell: a quarter of what a delivery
        costs above the system call, most of it for memory that nobody has looked at since."""
        write, accepted = self._write, 0
        # Links that were not written to at once: the fewer, so they are counted.
        others = 0
        codec: LinkCodec | None = None
        frame: Frame | None = None
        for link in links:
            if link.codec is not codec:
                codec = link.codec
                frame = self._frames[codec]
            if frame is None:
                self.unwanted += 1
                others += 1
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
            others += 1
            if link.put(frame):
                accepted += frame.messages
            else:
                self.closing += 1
        self.accepted += accepted
        self.written += len(links) - others

    def _put_filtered(self, links: Sequence[Link]) -> None:
        accepted, tags = 0, self._tags
        for link in links:
            if link.tags is not None and not tags <= link.tags:
                frame = self._part(link.codec, tags & link.tags)
            else:
                frame = self._frames[link.codec]
            if frame is None:
                self.unwanted += 1
            elif link.put(frame):
                accepted += frame.messages
            else:
                self.closing += 1
        self.accepted += accepted

    def _part(self, codec: LinkCodec, wanted: frozenset[str]) -> Frame | None:
        if not wanted or self._envelope is None:
            return None
        key = (codec, wanted)
        if key not in self._some:
            kept = tuple(push for push in self._envelope.pushes if push.tag in wanted)
            part = msgspec.structs.replace(self._envelope, pushes=kept)
            self._some[key] = self._frames.followed(codec.pushes(part))
        return self._some[key]
