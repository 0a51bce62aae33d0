"""The operator's own programs as the gateway sees them, with an answer the test chose."""

from __future__ import annotations

from collections.abc import Callable, Collection

from parlor.model.hook import HookEvent, HookKind


class Heard:
    """Hooks that remember; `refusal` is the answer to every question, and `meanwhile` happens
    while it is awaited."""

    def __init__(
        self,
        refusal: Exception | None = None,
        asked: Collection[HookKind] = (HookKind.CONNECT,),
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        self.told: list[HookEvent] = []
        self.questions: list[HookEvent] = []
        self._refusal = refusal
        self._asked = asked
        self._meanwhile = meanwhile

    def tell_nowait(self, event: HookEvent) -> None:
        self.told.append(event)

    def asks(self, kind: HookKind) -> bool:
        return kind in self._asked

    async def ask(self, event: HookEvent) -> None:
        self.questions.append(event)
        self._meanwhile()
        if self._refusal is not None:
            raise self._refusal
