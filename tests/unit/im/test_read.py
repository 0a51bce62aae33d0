from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlor.model.errors import BadRequest, NotFound, NotMember
from parlor.model.own import Arrangement, OwnConversation
from parlor.model.self_log import SelfKind
from parlor.wire.native.pushes import ReadPush, SelfEntry, SelfPush
from tests.support.storage import ANN, BOB, CEM, NOWHERE
from tests.support.talk import open_talk


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path) as opened:
        yield opened


async def test_reading_tells_the_readers_own_devices_and_nobody_else(talk):
    direct = await talk.direct()
    for text in ("one", "two"):
        await talk.say(BOB, direct, text)
    talk.told.pushes.clear()
    assert await talk.reading.set(ANN, direct, 2) == (2, 1)
    seq, at = (await talk.own.log.list(ANN, 0, "", 10)).last_seq, talk.clock.unix_ms()
    own = SelfEntry(f"c:{direct}", SelfKind.CONVERSATION, seq, '{"read_seq":2}', at)
    assert talk.told.pushes == [((ANN,), SelfPush(own)), ((ANN,), ReadPush(direct, 2, 1))]


async def test_a_position_that_does_not_move_is_announced_to_nobody(talk):
    direct = await talk.direct()
    seq = await talk.say(BOB, direct, "one")
    await talk.reading.set(ANN, direct, seq)
    talk.told.pushes.clear()
    assert await talk.reading.set(ANN, direct, 1) == (seq, 0)
    assert await talk.reading.set(ANN, direct, 99) == (seq, 0)
    assert talk.told.pushes == []


async def test_reading_elsewhere_or_nonsense_is_refused(talk):
    direct = await talk.direct()
    with pytest.raises(NotMember):
        await talk.reading.set(CEM, direct, 1)
    with pytest.raises(NotFound):
        await talk.reading.set(ANN, NOWHERE, 1)
    for seq in (-1, 10**30):
        with pytest.raises(BadRequest):
            await talk.reading.set(ANN, direct, seq)


async def test_reading_takes_off_a_mark_as_unread(talk):
    direct = await talk.direct()
    await talk.own.log.arrange(ANN, direct, Arrangement(unread_mark=True))
    assert (await talk.threads.get(ANN, direct)).unread_mark
    await talk.reading.set(ANN, direct, 1)
    assert not (await talk.threads.get(ANN, direct)).unread_mark


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from((ANN, BOB))),
        st.tuples(st.just("read"), st.integers(0, 12)),
        st.tuples(st.just("arrange"), st.booleans()),
    ),
    max_size=15,
)


@settings(max_examples=25, deadline=None)
@given(STEPS)
async def test_a_read_position_never_moves_back_wherever_it_is_told(steps):
    """The answer, the view and the self log say the same after every step, and only rise."""
    with TemporaryDirectory() as folder:
        async with open_talk(Path(folder)) as talk:
            direct = await talk.direct()
            highest = last_seq = 1
            for number, (step, value) in enumerate(steps):
                if step == "say":
                    last_seq = await talk.say(value, direct, f"{number}")
                elif step == "read":
                    highest = max(highest, min(value, last_seq))
                    assert (await talk.reading.set(ANN, direct, value))[0] == highest
                else:
                    await talk.own.log.arrange(ANN, direct, Arrangement(pinned=value))
                assert (await talk.threads.get(ANN, direct)).read_seq == highest
                for entry in (await talk.own.log.list(ANN, 0, "", 10)).entries:
                    own = msgspec.json.decode(entry.body or b"", type=OwnConversation)
                    assert own.read_seq == highest, entry
