"""Who talks: from the levels in audio packets (RFC 6464), without decoding any.

The loudest of late is the active speaker, but a cough takes nobody's place: a challenger has to be
clearly louder for a while, and who has just begun keeps the place for a moment. Who talked last is
also what last-N is about: `recent` has everybody in that order.
"""

from __future__ import annotations

from collections.abc import Sequence

SILENT_BELOW = 55
"""dB under the loudest: this and quieter is a room, not a voice."""
LOUDER_DB = 6.0
CHALLENGE_S = 0.4
KEPT_S = 1.5
FADES_S = 2.0
"""Who is silent for so long is not talking any more; the place stays with the last one."""
_SMOOTHING = 0.3


class _Voice:
    __slots__ = ("ahead_since", "count", "heard_at", "level", "total")

    def __init__(self) -> None:
        self.total = self.count = 0
        self.level = 0.0
        """dB over SILENT_BELOW, smoothed."""
        self.ahead_since: float | None = None
        self.heard_at: float | None = None


class Speakers:
    """Participants by any name. `on_level` for each audio packet, `on_time` ten times a second."""

    __slots__ = ("_since", "_voices", "active", "recent")

    def __init__(self) -> None:
        self._voices: dict[str, _Voice] = {}
        self._since = 0.0
        self.active: str | None = None
        """Who talks, or talked last; None before anybody did."""
        self.recent: list[str] = []
        """All who may talk: who did last is first, who never did is in order of coming."""

    def add(self, name: str) -> None:
        if name not in self._voices:
            self._voices[name] = _Voice()
            self.recent.append(name)

    def remove(self, name: str) -> None:
        if self._voices.pop(name, None) is not None:
            self.recent.remove(name)
        if self.active == name:
            self.active = None

    def on_level(self, name: str, below: int) -> None:
        """`below` is `AudioLevel.below`. Of somebody unknown it says nothing."""
        voice = self._voices.get(name)
        if voice is not None:
            voice.total += below
            voice.count += 1

    def on_time(self, now: float) -> str | None:
        """The new active speaker when that has changed, None otherwise."""
        for voice in self._voices.values():
            below = voice.total / voice.count if voice.count else 127.0
            voice.total = voice.count = 0
            voice.level += (max(0.0, SILENT_BELOW - below) - voice.level) * _SMOOTHING
            if voice.level > 1.0:
                voice.heard_at = now
        holder = self._voices.get(self.active) if self.active is not None else None
        bar = 1.0 if holder is None else holder.level + LOUDER_DB
        found: str | None = None
        for name, voice in self._voices.items():
            if name == self.active or voice.level < bar:
                voice.ahead_since = None
                continue
            if voice.ahead_since is None:
                voice.ahead_since = now
            if now - voice.ahead_since >= CHALLENGE_S and (
                found is None or voice.level > self._voices[found].level
            ):
                found = name
        if found is None or (holder is not None and now - self._since < KEPT_S):
            return None
        self.active, self._since = found, now
        self.recent.remove(found)
        self.recent.insert(0, found)
        return found

    def talking(self, now: float) -> Sequence[str]:
        """Everybody who is heard at present, for the mark on a tile."""
        return [
            name
            for name, voice in self._voices.items()
            if voice.heard_at is not None and now - voice.heard_at < FADES_S
        ]
