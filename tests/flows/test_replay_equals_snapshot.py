"""Replaying a conversation's log gives what the stores keep beside it, after every step.

The steps are those of real people through the real services, each of them perhaps refused: a
refusal must leave nothing behind either. A new kind of event is a rule of a few lines here.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
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
from parlor.model.event import CallOutcome, CallRecord
from parlor.model.group import Join, Permission, Role, Visible
from parlor.model.group_change import SettingsChange
from parlor.model.ids import CallId, ConversationId, UserId
from parlor.model.own import Arrangement
from tests.support.snapshots import stored_snapshot, whole_log
from tests.support.storage import ANN, BOB, CEM, DAN, STORES
from tests.support.talk import Talk, open_talk

T = TypeVar("T")
PEOPLE = st.sampled_from((ANN, BOB, CEM, DAN))
MENTIONS = st.sampled_from(([], [], [ANN], [ANN, DAN]))
NUMBERS = st.integers(0, 20)
MOSTLY = st.sampled_from((True, True, True, False))
SOME = st.lists(PEOPLE, min_size=1, max_size=3)
UPDATES = st.one_of(
    st.fixed_dictionaries({"title": st.sampled_from(("", "Team", "队"))}),
    st.fixed_dictionaries({"announcement": st.sampled_from(("", "Read this"))}),
    st.fixed_dictionaries({"avatar": st.sampled_from(("", "a1"))}),
    st.fixed_dictionaries(
        {
            "wish": st.builds(
                SettingsChange,
                join=st.none() | st.sampled_from(Join),
                history=st.none() | st.sampled_from(Visible),
                slow_mode_s=st.none() | st.integers(0, 2),
                read_only=st.none() | st.booleans(),
                permissions=st.none()
                | st.dictionaries(st.sampled_from(Permission), st.sampled_from(Role), max_size=2),
            )
        }
    ),
)
"""What a group says of itself and lets people do."""


class ReplayMachine(RuleBasedStateMachine):
    """One conversation, four people, of whom some are in it."""

    talk: Talk
    id: ConversationId
    stored = "sqlite"

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
        self.talk = await self._open.enter_async_context(open_talk(folder, self.stored))
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

    def one_of(self, number: int, who: UserId, *, own: bool) -> tuple[int, UserId]:
        """(the seq of a message, who acts on it: mostly its sender)."""
        if not self.messages:
            return number, who
        seq, sender = self.messages[number % len(self.messages)]
        return seq, sender if own else who

    @rule(who=PEOPLE, number=NUMBERS, own=MOSTLY, text=st.sampled_from(("ho", "hm")))
    def edit(self, who: UserId, number: int, own: bool, text: str) -> None:
        seq, actor = self.one_of(number, who, own=own)
        self.try_to(self.talk.messaging.acts.edit(actor, self.id, seq, self.client_id(), text))

    @rule(who=PEOPLE, number=NUMBERS, own=MOSTLY)
    def recall(self, who: UserId, number: int, own: bool) -> None:
        seq, actor = self.one_of(number, who, own=own)
        self.try_to(self.talk.messaging.acts.recall(actor, self.id, seq, self.client_id()))

    @rule(who=PEOPLE, number=NUMBERS, emoji=st.sampled_from("👍🎉"), off=st.booleans())
    def react(self, who: UserId, number: int, emoji: str, off: bool) -> None:
        seq, _ = self.one_of(number, who, own=False)
        acts = self.talk.messaging.acts
        self.try_to(acts.react(who, self.id, seq, self.client_id(), emoji, off=off))

    @rule(who=PEOPLE, number=NUMBERS, off=st.booleans())
    def pin(self, who: UserId, number: int, off: bool) -> None:
        seq, _ = self.one_of(number, who, own=False)
        acts = self.talk.messaging.acts
        self.try_to(acts.pin(who, self.id, seq, self.client_id(), off=off))

    @rule(who=PEOPLE, members=SOME)
    def invite(self, who: UserId, members: list[UserId]) -> None:
        self.try_to(self.talk.groups.acts.invite(who, self.id, self.client_id(), members))

    @rule(who=PEOPLE)
    def leave(self, who: UserId) -> None:
        self.try_to(self.talk.groups.acts.leave(who, self.id, self.client_id()))

    @rule(who=PEOPLE, members=SOME)
    def remove(self, who: UserId, members: list[UserId]) -> None:
        self.try_to(self.talk.groups.acts.remove(who, self.id, self.client_id(), members))

    @rule(who=PEOPLE, member=PEOPLE, role=st.sampled_from((Role.ADMINISTRATOR, Role.MEMBER)))
    def give_role(self, who: UserId, member: UserId, role: Role) -> None:
        acts = self.talk.groups.acts
        self.try_to(acts.give_role(who, self.id, self.client_id(), member, role))

    @rule(who=PEOPLE, member=PEOPLE)
    def transfer(self, who: UserId, member: UserId) -> None:
        self.try_to(self.talk.groups.acts.transfer(who, self.id, self.client_id(), member))

    @rule(who=PEOPLE, member=PEOPLE | st.none(), off=st.booleans())
    def mute(self, who: UserId, member: UserId | None, off: bool) -> None:
        acts = self.talk.groups.acts
        self.try_to(acts.mute(who, self.id, self.client_id(), member, off=off))

    @rule(who=PEOPLE, update=UPDATES)
    def change(self, who: UserId, update: dict[str, Any]) -> None:
        self.try_to(self.talk.groups.acts.update(who, self.id, self.client_id(), **update))

    @rule(who=PEOPLE, sure=st.integers(0, 9))
    def dissolve(self, who: UserId, sure: int) -> None:
        """Rarely: nothing happens afterwards."""
        if not sure:
            self.try_to(self.talk.groups.acts.dissolve(who, self.id, self.client_id()))

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


EXAMPLES = {"sqlite": 40, "postgres": 3, "mariadb": 3}
"""A new database takes most of a second of a server's time."""


@pytest.mark.parametrize("kind", STORES)
def test_replay_equals_snapshot_whatever_people_do(kind):
    chosen = settings(max_examples=EXAMPLES[kind], stateful_step_count=30, deadline=None)
    run_state_machine_as_test(type(kind, (ReplayMachine,), {"stored": kind}), settings=chosen)
