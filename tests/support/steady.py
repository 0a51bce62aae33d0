"""Ports whose answers a test knows beforehand: a clock, randomness, a meter, an announcer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from parlor.model.ids import ConnectionKey, ConversationId, UserId
from parlor.wire.native.pushes import PushPayload, SelfPush


class HandClock:
    """Stands still until the test moves it."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.at = now

    def now(self) -> float:
        return self.at

    def unix_ms(self) -> int:
        return int((1_800_000_000 + self.at) * 1000)


class CountedBytes:
    """Entropy that never repeats and always gives the same sequence."""

    def __init__(self) -> None:
        self._given = 0

    def token_bytes(self, count: int) -> bytes:
        self._given += 1
        return self._given.to_bytes(count, "big")


class CountingMeter:
    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self.observed: defaultdict[str, list[float]] = defaultdict(list)

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        self.counted[name] += by

    def observe(self, name: str, value: float, **labels: str) -> None:
        self.observed[name].append(value)


class Told:
    """An announcer that remembers who was told what; `failure` makes it lose everything."""

    def __init__(self) -> None:
        self.pushes: list[tuple[tuple[UserId, ...], PushPayload]] = []
        self.to_conversations: list[tuple[ConversationId, PushPayload]] = []
        self.left_out: list[ConnectionKey] = []
        self.failure: Exception | None = None

    @property
    def about_conversations(self) -> list[tuple[tuple[UserId, ...], PushPayload]]:
        """Without what is told of people's own logs."""
        return [told for told in self.pushes if not isinstance(told[1], SelfPush)]

    async def notify(
        self,
        users: Sequence[UserId],
        payload: PushPayload,
        *,
        not_to: ConnectionKey | None = None,
    ) -> None:
        if self.failure is not None:
            raise self.failure
        self.pushes.append((tuple(users), payload))
        self._leave_out(not_to)

    async def notify_conversation(
        self,
        conversation: ConversationId,
        payload: PushPayload,
        *,
        not_to: ConnectionKey | None = None,
    ) -> None:
        if self.failure is not None:
            raise self.failure
        self.to_conversations.append((conversation, payload))
        self._leave_out(not_to)

    def _leave_out(self, not_to: ConnectionKey | None) -> None:
        if not_to is not None:
            self.left_out.append(not_to)
