"""Devices that miss any of the announcements still end up with the same log as the server.

The devices below do what a client does: apply an announced event that follows the last one,
ask for what is missing when there is a gap, catch up after a silence.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from parlor.model.event import Event
from parlor.model.ids import ConversationId, UserId
from parlor.wire.native.pushes import EventPush
from tests.support.storage import ANN, BOB, CEM
from tests.support.talk import Talk, open_talk

PEOPLE = (ANN, BOB, CEM)


@dataclass
class Device:
    user: UserId
    talk: Talk
    conversation: ConversationId
    log: list[Event] = field(default_factory=list)

    async def hear(self, event: Event) -> None:
        if event.seq > len(self.log) + 1:
            await self.catch_up()
        elif event.seq == len(self.log) + 1:
            self.log.append(event)

    async def catch_up(self) -> None:
        more = True
        while more:
            events, _, more = await self.talk.sync.events(
                self.user, self.conversation, len(self.log), None, 3
            )
            self.log += events


async def hand_out(talk: Talk, devices: list[Device], lost: list[bool]) -> None:
    """Deliver what was announced, but for those whose turn in `lost` says so."""
    pushes, talk.told.pushes = talk.told.pushes, []
    for users, push in pushes:
        assert isinstance(push, EventPush)
        for device in devices:
            drop = lost.pop() if lost else False
            if device.user in users and not drop:
                await device.hear(push.event)


SAYINGS = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.integers(0, 4), st.booleans()), max_size=20
)


@settings(max_examples=25, deadline=None)
@given(sayings=SAYINGS, lost=st.lists(st.booleans(), max_size=120))
async def test_every_device_converges_whatever_announcements_are_lost(sayings, lost):
    with TemporaryDirectory() as folder:
        async with open_talk(Path(folder)) as talk:
            group = await talk.group(*PEOPLE)
            devices = [Device(user, talk, group) for user in PEOPLE for _ in range(2)]
            sending: list[asyncio.Future[int]] = []
            for sender, client_id, pause in sayings:
                sending.append(asyncio.ensure_future(talk.say(sender, group, f"{client_id}")))
                if pause:
                    await asyncio.gather(*sending)
                    sending.clear()
                    await hand_out(talk, devices, lost)
            await asyncio.gather(*sending)
            await hand_out(talk, devices, lost)

            whole, last_seq = await talk.stores.messages.events(group, 0, None, 1_000)
            assert [event.seq for event in whole] == list(range(1, last_seq + 1))
            assert len(whole) == 1 + len({(sender, n) for sender, n, _ in sayings})
            for device in devices:
                await device.catch_up()
                assert device.log == list(whole)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("sr"), st.integers(0, 1), st.integers(0, 20)), max_size=25)
)
async def test_replaying_the_log_gives_what_the_list_shows(steps):
    """Unread and last event, computed from the log alone, equal the view of each person."""
    with TemporaryDirectory() as folder:
        async with open_talk(Path(folder)) as talk:
            direct = await talk.direct(ANN, BOB)
            read = {ANN: 1, BOB: 1}
            for step, who, number in steps:
                user = (ANN, BOB)[who]
                if step == "s":
                    await talk.say(user, direct, f"{number}")
                else:
                    read[user], _ = await talk.reading.set(user, direct, number)
            for user in (ANN, BOB):
                log, last_seq, _ = await talk.sync.events(user, direct, 0, None, 200)
                view = await talk.threads.get(user, direct)
                unread = sum(
                    event.seq > read[user] and event.sender != user and event.kind == "message"
                    for event in log
                )
                assert (view.unread, view.read_seq) == (unread, read[user])
                assert (view.last_seq, view.last_event) == (last_seq, log[-1])
