"""Replaying a conversation's log gives what the stores keep beside it, after every step.

The steps are those of real people through the real services, each of them perhaps refused: a
refusal must leave nothing behind either. A new kind of event is a rule of a few lines here.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from parlor.im.replay import replay
from parlor.model.call import Media
from parlor.model.errors import ParlorError
from parlor.model.event import CallOutcome, CallRecord, Draft, EventKind
from parlor.model.ids import CallId, ConversationId, UserId
from parlor.model.own import Arrangement
from parlor.model.standing import Act
from tests.support.snapshots import stored_snapshot, whole_log
from tests.support.storage import ANN, BOB, CEM, DAN
from tests.support.talk import Talk, open_talk

T = TypeVar("T")
PEOPLE = st.sampled_from((ANN, BOB, CEM, DAN))
MENTIONS = st.sampled_from(([], [], [ANN], [ANN, DAN]))
NUMBERS = st.integers(0, 20)


class ReplayMachine(RuleBasedStateMachine):
    """One conversation, four people, of whom some are in it."""

    talk: Talk
    id: ConversationId

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._open = AsyncExitStack()
        self._steps = 0
        self.messages: list[tuple[int, UserId]] = []
        """(seq, sender): acts on messages choose among those that are there."""

    @initialize(group=st.booleans())
    def begin(self, group: bool) -> None:
        self._runner.run(self._begin(group))

    async def _begin(self, group: bool) -> None:
        folder = Path(self._open.enter_context(TemporaryDirectory()))
        self.talk = await self._open.enter_async_context(open_talk(folder))
        self.id = await (self.talk.group(ANN, BOB, CEM) if group else self.talk.direct())
        for who in (ANN, BOB, ANN):
            name = self.client_id()
            event, _ = await self.talk.send.text(who, self.id, name, "hi")
            self.messages.append((event.seq, who))

    def try_to(self, step: Awaitable[T]) -> T | None:
        """Time passes, and somebody does something or is refused: then None."""
        self.talk.clock.at += 1
        return self._runner.run(_refused_or_not(step))

    def client_id(self) -> str:
        self._steps += 1
        return f"step-{self._steps}"

    @rule(who=PEOPLE, reply_to=st.sampled_from((0, 0, 0, 1, 9)), mentions=MENTIONS)
    def say(self, who: UserId, reply_to: int, mentions: list[UserId]) -> None:
        name = self.client_id()
        sent = self.talk.send.text(who, self.id, name, "hi", reply_to=reply_to, mentions=mentions)
        said = self.try_to(sent)
        if said is not None:
            self.messages.append((said[0].seq, who))

    @rule(who=PEOPLE, step=NUMBERS)
    def say_again(self, who: UserId, step: int) -> None:
        self.try_to(self.talk.send.text(who, self.id, f"step-{step}", "hi"))

    @rule(who=PEOPLE, title=st.sampled_from(("", "Team", "队")))
    def retitle(self, who: UserId, title: str) -> None:
        draft = Draft(self.id, EventKind.TITLE, who, title=title)
        act = Act(self.id, who, self.client_id())
        self.try_to(self.talk.stores.messages.act(act, lambda _: draft, self.now()))

    @rule(caller=PEOPLE, outcome=st.sampled_from(CallOutcome))
    def call(self, caller: UserId, outcome: CallOutcome) -> None:
        record = CallRecord(CallId(self.client_id()), caller, Media.AUDIO.value, outcome)
        self.try_to(self.talk.send.record_call(self.id, record))

    @rule(who=PEOPLE, seq=NUMBERS)
    def read(self, who: UserId, seq: int) -> None:
        self.try_to(self.talk.reading.set(who, self.id, seq))

    @rule(who=PEOPLE, pinned=st.booleans())
    def arrange(self, who: UserId, pinned: bool) -> None:
        self.try_to(self.talk.own.log.arrange(who, self.id, Arrangement(pinned=pinned)))

    def now(self) -> int:
        return self.talk.clock.unix_ms()

    @precondition(lambda self: hasattr(self, "talk"))
    @invariant()
    def replay_equals_snapshot(self) -> None:
        self._runner.run(self._compare())

    async def _compare(self) -> None:
        log = await whole_log(self.talk.stores, self.id)
        assert [event.seq for event in log] == list(range(1, len(log) + 1))
        assert replay(log) == await stored_snapshot(self.talk.stores, self.id)

    def teardown(self) -> None:
        self._runner.run(self._open.aclose())
        self._runner.close()


async def _refused_or_not(step: Awaitable[T]) -> T | None:
    try:
        return await step
    except ParlorError as refused:
        assert refused.status < 500, refused  # noqa: PT017
        return None


def test_replay_equals_snapshot_whatever_people_do():
    run_state_machine_as_test(
        ReplayMachine, settings=settings(max_examples=40, stateful_step_count=30, deadline=None)
    )
