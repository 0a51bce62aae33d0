import msgspec
import pytest

from parlor.drivers.sql.deliveries import SqlDeliveries
from parlor.im.retention import Keeping
from parlor.im.settings import ImSettings
from parlor.model.group_change import SettingsChange
from parlor.model.ids import DeviceId
from parlor.model.receipt import Delivered
from tests.support.storage import ANN, BOB
from tests.support.talk import open_talk

DAY_S = 86_400.0


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path) as opened:
        yield opened


def keeping(talk, **settings: float) -> Keeping:
    stores = talk.stores
    chosen = msgspec.convert({"retention_batch": 2, **settings}, ImSettings)
    return Keeping(stores.retention, stores.self_log, chosen, talk.clock, talk.meter)


async def seqs(talk, id) -> list[int]:
    events, _ = await talk.stores.messages.events(id, 0, None, 100)
    return [event.seq for event in events]


async def test_events_are_kept_for_good_unless_the_operator_says_otherwise(talk):
    direct = await talk.direct()
    await talk.say(BOB, direct, "old")
    talk.clock.at += 10_000 * DAY_S
    await talk.say(BOB, direct, "new")
    await keeping(talk).round()
    assert await seqs(talk, direct) == [1, 2, 3]


async def test_events_past_their_time_are_removed_in_small_steps(talk):
    direct, other = await talk.direct(), await talk.group(ANN, BOB)
    for day in range(10):
        talk.clock.at += DAY_S
        await talk.say(BOB, direct, f"{day}")
        await talk.say(BOB, other, f"{day}")
    await keeping(talk, retention_days=3.5).round()
    assert (await seqs(talk, direct), await seqs(talk, other)) == ([8, 9, 10, 11], [8, 9, 10, 11])
    assert talk.meter.counted["im_events_removed_total"] == 14


async def test_the_audit_log_is_kept_for_its_time_or_for_good(talk):
    group = await talk.group(ANN, BOB)
    for seconds in range(1, 6):
        await talk.groups.acts.change(ANN, group, f"{seconds}", SettingsChange(slow_mode_s=seconds))
    talk.clock.at += 400 * DAY_S + 1
    await talk.groups.acts.change(ANN, group, "new", SettingsChange(slow_mode_s=9))
    await keeping(talk, audit_days=0).round()
    assert len(await talk.stores.audit.list(0, 10)) == 6
    await keeping(talk).round()
    assert len(await talk.stores.audit.list(0, 10)) == 1
    assert talk.meter.counted["im_audit_entries_removed_total"] == 5


async def test_what_is_gone_is_forgotten_after_its_time(talk):
    for name in "abcde":
        await talk.own.preferences.set(ANN, name, "1")
    for name in "abc":
        await talk.own.preferences.set(ANN, name, None)
    await keeping(talk, tombstone_days=2).round()
    assert len((await talk.own.log.list(ANN, 0, "", 100)).entries) == 5
    talk.clock.at += 2 * DAY_S + 1
    await keeping(talk, tombstone_days=2).round()
    page = await talk.own.log.list(ANN, 0, "", 100)
    assert [entry.key for entry in page.entries] == ["s:d", "s:e"]
    assert (await talk.own.log.list(ANN, 6, "", 100)).reset
    assert talk.meter.counted["im_entries_forgotten_total"] == 3


@pytest.mark.parametrize(
    "wrong",
    [{"retention_days": -1}, {"tombstone_days": 0}, {"retention_every_s": 0}, {"max_heads": 0}],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ImSettings(**wrong)


async def test_positions_of_devices_that_are_signed_out_are_merged(talk):
    direct = await talk.direct()
    deliveries = SqlDeliveries(talk.stores.database)
    positions = [Delivered(direct, BOB, DeviceId(name), 1) for name in ("a", "b", "c")]
    await deliveries.put(positions, 10)
    await keeping(talk).round()
    assert await deliveries.behind(BOB) == {}
    assert talk.meter.counted["im_positions_folded_total"] == 3
