"""What a successor is given: the same answers as before, or nothing, never half of it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.accounts.attempts import Attempts, BadTokens
from parlor.accounts.auth_settings import AuthSettings
from parlor.accounts.key_settings import KeySettings
from parlor.accounts.quotas import Quotas
from parlor.accounts.settings import AccountsSettings
from parlor.boot.remembered import VERSION, Remembered
from parlor.boot.telemetry import LogSettings, set_up_logs
from parlor.gateway.state.progress import Progress
from parlor.model.account import KeyGrant, Quota, Scope
from parlor.model.errors import OverQuota, SlowMode
from parlor.model.ids import RoomId, UserId
from parlor.model.room import Position, Priority
from parlor.push.policies import RoomPolicy
from parlor.push.pushes import Wish
from parlor.push.settings import PushSettings
from tests.support.logs import kept_logs
from tests.support.push_service import PushService
from tests.support.steady import CountingMeter, HandClock

kept = pytest.fixture(autouse=True)(kept_logs)
ROOM = RoomId("live:1")
RULE = RoomPolicy("live:*", replay_count=10, publish=True, slow_mode_s=30.0)
KEY = KeyGrant("crm", frozenset({Scope.PUSH}), "1", quota=Quota(messages_per_day=5))
HOME = "203.0.113.7"


class Process:
    def __init__(self) -> None:
        self.push = PushService(PushSettings(rooms=(RULE,)))
        self.progress = Progress(100)
        self.attempts = Attempts.as_set(AccountsSettings(), limit_loopback=False)
        self.bad_tokens = BadTokens.as_set(AuthSettings(free_bad_tokens=3), limit_loopback=False)
        self.quotas = Quotas(KeySettings(), HandClock(), CountingMeter())
        self.remembered = Remembered(
            self.push.history,
            self.progress,
            self.push.pushes,
            self.push.publishing,
            self.attempts,
            self.bad_tokens,
            self.quotas,
        )


async def test_a_successor_answers_as_the_first_one_would_have():
    old, new = Process(), Process()
    ann = UserId("ann")
    first = await old.push.pushes.to_room(ROOM, b"one", Wish(id="a", program="p"))
    said = await old.push.publishing.publish(ann, ROOM, "two", "c1", Priority.NORMAL)
    await old.push.rooms.flush()
    now = old.push.clock.now()
    for _ in range(6):
        old.attempts.begin("ann", HOME, now)
        old.bad_tokens.add(HOME, now)
    old.quotas.take_messages(KEY, 5)

    assert new.remembered.load(old.remembered.dump())

    assert await new.push.pushes.to_room(ROOM, b"x", Wish(id="a", program="p")) == first
    again = await new.push.publishing.publish(ann, ROOM, "x", "c1", Priority.NORMAL)
    assert (again.push_id, again.repeated) == (said.push_id, True)
    with pytest.raises(SlowMode):
        await new.push.publishing.publish(ann, ROOM, "x", "c2", Priority.NORMAL)
    here = (await old.push.replay.since(ROOM, None)).position
    tail = await new.push.replay.since(ROOM, Position(here.epoch, 1))
    assert tail.recovered
    assert [(push.offset, push.body) for push in tail.pushes] == [(2, b"two")]
    assert new.progress.delivered(ROOM, here.epoch) == 2
    nowhere = (await old.push.replay.since(RoomId("live:2"), None)).position
    assert (await new.push.replay.since(RoomId("live:2"), nowhere)).recovered
    assert new.attempts.begin("ann", "203.0.113.9", now) > 0
    assert new.bad_tokens.wait_s(HOME, now) > 0
    with pytest.raises(OverQuota):
        new.quotas.take_messages(KEY, 1)
    await new.push.pushes.to_room(ROOM, b"three")
    await new.push.rooms.flush()
    assert (await new.push.replay.since(ROOM, here)).position == Position(here.epoch, 3)


def test_a_state_of_another_version_is_ignored_with_one_line(capsys):
    set_up_logs(LogSettings())
    state = msgspec.msgpack.decode(Process().remembered.dump())
    state["version"] = VERSION + 1
    state["rooms"] = "of another form"
    new = Process()
    assert not new.remembered.load(msgspec.msgpack.encode(state))
    (line,) = capsys.readouterr().err.splitlines()
    assert "handover_state_ignored" in line


def test_no_state_is_nothing_to_speak_of(capsys):
    assert not Process().remembered.load(b"")
    assert capsys.readouterr().err == ""


@given(st.data())
def test_a_broken_state_leaves_nothing_behind(data):
    whole = Process().remembered.dump()
    cut = data.draw(st.integers(1, len(whole) - 1))
    junk = data.draw(st.binary(max_size=20))
    new = Process()
    if not new.remembered.load(whole[:cut] + junk):
        assert new.remembered.dump() == whole
