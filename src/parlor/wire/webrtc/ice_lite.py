"""The worker's half of ICE: it answers checks and follows what the browser chose (RFC 8445 §2.5).

A lite agent has a public address, makes no checks and is always controlled. `IceLite` is one
peer connection's: parsed STUN messages and `now` in, answers and events out. Which agent a message
is for, when its address is not known yet, says `target_of`; sockets and rates are the worker's.

Consent (RFC 7675, which leaves lite agents open) is the peer's checks: whoever signs one wants to
be sent to. Without one for 30 s nothing may be sent to that path.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from parlor.wire.webrtc.malformed import Malformed
from parlor.wire.webrtc.stun import BINDING, Kind, Message, build_message
from parlor.wire.webrtc.stun_attributes import Address, StunError

CONSENT_S = 30.0
"""RFC 7675 §5.1. Browsers check their path every 2.5 to 5 s."""
SETTLING_S = 2.0
"""How long after the first nomination a pair of lower priority does not replace a better one:
a browser that nominates each pair as it works (RFC 5245 §8.1.1.2) means the best of them."""
MAX_PATHS = 16
"""Remembered for one peer; the one heard longest ago makes room."""
ENTROPY_BYTES = 24


class Path(NamedTuple):
    """Where the peer's datagrams come from, and go to."""

    remote: Address
    link: int = 0
    """Which of the worker's sockets or TCP connections, in the worker's own numbers."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one end's description says (RFC 8839 §5.4). The password is not in the repr."""

    ufrag: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Selected:
    """Send to `path` from now on; `previous` is where to until now, None when nowhere."""

    path: Path
    previous: Path | None


@dataclass(frozen=True, slots=True)
class ConsentLost:
    """Send nothing any more: the peer has not been heard for CONSENT_S. It may come back."""

    path: Path


Event = Selected | ConsentLost


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a message led to: `answer` goes back where the message came from.

    `agreed`: it was the peer's own check. From then on its DTLS and SRTP may come over this path:
    a browser may send before it nominates, and over one pair while it nominates another.
    """

    answer: bytes | None = None
    event: Event | None = None
    agreed: bool = False


class IceRefusal(StrEnum):
    """Why a message was no check that counts; few values, for a metric."""

    NO_REQUEST = "no_request"
    """An answer to something that was never asked, an indication, or another method. Dropped."""
    FINGERPRINT = "fingerprint"
    """No FINGERPRINT or a wrong one: no ICE (RFC 8445 §7.1.1). Dropped."""
    INCOMPLETE = "incomplete"
    """No USERNAME, MESSAGE-INTEGRITY or PRIORITY: 400."""
    USERNAME = "username"
    """Somebody else's, or of a time before a restart: 401."""
    FORGED = "forged"
    """Signed with another password: 401."""
    NOT_UNDERSTOOD = "not_understood"
    """An attribute that must be understood: 420."""
    ROLE = "role"
    """The peer wants to be controlled, too: 487, and it takes the other role."""


def make_credentials(entropy: bytes) -> Credentials:
    """Credentials out of ENTROPY_BYTES random bytes: 48 bits of name, 144 of password
    (RFC 8445 §5.3 wants 24 and 128). Raises ValueError for fewer."""
    if len(entropy) < ENTROPY_BYTES:
        raise ValueError(f"credentials of {len(entropy)} random bytes")
    text = b64encode(entropy[:ENTROPY_BYTES]).decode()
    return Credentials(text[:8], text[8:])


def target_of(message: Message) -> str | None:
    """The ufrag of the agent that a check is for (RFC 8445 §7.2.2); nothing is proven yet."""
    if message.username is None:
        return None
    ours, colon, _ = message.username.partition(":")
    return ours if colon else None


@dataclass(slots=True)
class _Generation:
    """Credentials between two restarts, and the peer's name once its description came."""

    ours: Credentials
    their_ufrag: str | None = None


class IceLite:
    """One peer's checks. Whoever holds it calls `on_time` at `next_at`."""

    __slots__ = (
        "_current",
        "_heard_at",
        "_previous",
        "_priority",
        "_settled_at",
        "refused",
        "selected",
    )

    def __init__(self, ours: Credentials, their_ufrag: str | None = None) -> None:
        """`their_ufrag` is None while the peer's description has not come: checks may be faster."""
        self._current = _Generation(ours, their_ufrag)
        self._previous: _Generation | None = None
        self._heard_at: dict[Path, float] = {}
        self._priority = 0
        self._settled_at: float | None = None
        self.selected: Path | None = None
        """Where to send; None for nowhere (RFC 7675 §5: not without consent)."""
        self.refused: Counter[IceRefusal] = Counter()

    @property
    def ufrags(self) -> tuple[str, ...]:
        """Under which names checks for this agent come: two of them during a restart."""
        now, before = self._current, self._previous
        return (now.ours.ufrag,) if before is None else (now.ours.ufrag, before.ours.ufrag)

    @property
    def paths(self) -> int:
        """How many addresses of the peer are remembered; at most MAX_PATHS."""
        return len(self._heard_at)

    @property
    def known(self) -> set[Path]:
        """The addresses of the peer that are remembered."""
        return set(self._heard_at)

    @property
    def next_at(self) -> float | None:
        """When consent ends unless the peer is heard; None while there is none."""
        return None if self.selected is None else self._heard_at[self.selected] + CONSENT_S

    def expect(self, their_ufrag: str) -> None:
        """The peer's description came: checks under another name are not its."""
        self._current.their_ufrag = their_ufrag

    def restart(self, ours: Credentials, their_ufrag: str | None = None) -> None:
        """Begin anew with other credentials (RFC 8445 §9), asked for by either end.

        Until the peer nominates a pair under them, its checks under those before are answered
        as well, and what was selected stays selected: media does not stop for a restart.
        """
        if ours.ufrag == self._current.ours.ufrag:
            raise ValueError("a restart with the same ufrag")
        self._previous = self._current
        self._current = _Generation(ours, their_ufrag)

    def received(self, message: Message, path: Path, now: float) -> Outcome:
        """Take a message that came over `path` at `now` (monotonic seconds).

        Never raises for what is in it.
        """
        if message.kind is not Kind.REQUEST or message.method != BINDING:
            return self._drop(IceRefusal.NO_REQUEST)
        try:
            message.check_fingerprint()
        except Malformed:
            return self._drop(IceRefusal.FINGERPRINT)
        if message.username is None or not message.is_signed:
            return self._refuse(message, IceRefusal.INCOMPLETE, StunError(400, "Bad Request"))
        generation = self._generation_of(message.username)
        if generation is None:
            return self._refuse(message, IceRefusal.USERNAME, StunError(401, "Unauthorized"))
        key = generation.ours.password.encode()
        try:
            message.check_integrity(key)
        except Malformed:
            return self._refuse(message, IceRefusal.FORGED, StunError(401, "Unauthorized"))
        if message.not_understood:
            error = StunError(420, "Unknown Attribute")
            return self._refuse(message, IceRefusal.NOT_UNDERSTOOD, error, key)
        if message.priority is None:
            return self._refuse(message, IceRefusal.INCOMPLETE, StunError(400, "Bad Request"), key)
        if message.ice_controlled is not None:
            return self._refuse(message, IceRefusal.ROLE, StunError(487, "Role Conflict"), key)
        answer = Message(
            kind=Kind.SUCCESS,
            transaction=message.transaction,
            xor_mapped_address=path.remote,
        )
        self._hear(path, now)
        event = None
        if message.use_candidate:
            event = self._nominate(generation, path, message.priority, now)
        return Outcome(build_message(answer, key=key), event, agreed=True)

    def on_time(self, now: float) -> Event | None:
        """What the passing of time led to: consent that ended, and perhaps another path that is
        still there."""
        lost = self.selected
        if lost is None or now < self._heard_at[lost] + CONSENT_S:
            return None
        self._heard_at = {
            path: heard_at
            for path, heard_at in self._heard_at.items()
            if now < heard_at + CONSENT_S
        }
        self._settled_at = None
        if not self._heard_at:
            self.selected = None
            return ConsentLost(lost)
        self.selected = max(self._heard_at, key=self._heard_at.__getitem__)
        self._priority = 0
        return Selected(self.selected, lost)

    def _generation_of(self, username: str) -> _Generation | None:
        """Whose USERNAME it is: ours, a colon, theirs (RFC 8445 §7.2.2)."""
        ours, _, theirs = username.partition(":")
        for generation in (self._current, self._previous):
            if generation is not None and generation.ours.ufrag == ours:
                expected = generation.their_ufrag
                return generation if expected is None or expected == theirs else None
        return None

    def _hear(self, path: Path, now: float) -> None:
        self._heard_at[path] = max(now, self._heard_at.get(path, now))
        if len(self._heard_at) > MAX_PATHS:
            others = [known for known in self._heard_at if known not in (path, self.selected)]
            del self._heard_at[min(others, key=self._heard_at.__getitem__)]

    def _nominate(
        self, generation: _Generation, path: Path, priority: int, now: float
    ) -> Selected | None:
        """Follow USE-CANDIDATE (RFC 8445 §7.3.1.5), also when it moves in the middle of a call."""
        if generation is self._current and self._previous is not None:
            self._previous = None
            self._settled_at = None
        elif generation is not self._current and self.selected is not None:
            # What a peer still says about the time before a restart moves nothing any more.
            return None
        if self._settled_at is None:
            self._settled_at = now + SETTLING_S
            self._priority = 0
        previous = self.selected
        if path == previous:
            self._priority = priority
            return None
        if previous is not None and now < self._settled_at and priority < self._priority:
            return None
        self._priority = priority
        self.selected = path
        return Selected(path, previous)

    def _drop(self, refusal: IceRefusal) -> Outcome:
        self.refused[refusal] += 1
        return Outcome()

    def _refuse(
        self, message: Message, refusal: IceRefusal, error: StunError, key: bytes | None = None
    ) -> Outcome:
        """Signed only for somebody who knows the password (RFC 8489 §9.1.3)."""
        self.refused[refusal] += 1
        answer = Message(
            kind=Kind.ERROR,
            transaction=message.transaction,
            error=error,
            unknown_attributes=message.not_understood if error.code == 420 else (),
        )
        return Outcome(build_message(answer, key=key))
