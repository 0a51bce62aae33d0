import pytest

from parlor.drivers.sql.self_logs import SqlSelfLog
from parlor.im.announce import Announcements
from parlor.im.own import Own
from parlor.im.settings import ImSettings
from parlor.model.conversation import ConversationKind
from parlor.model.errors import BadRequest, StorageFailed
from parlor.model.own import Arrangement, Notify
from parlor.model.self_log import Change, SelfKind, key_of
from parlor.wire.native.pushes import SelfPush, self_entry
from tests.support.storage import ANN, BOB, CEM, TALK
from tests.support.talk import open_talk

DAY_MS = 86_400_000


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path, max_page_entries=3) as opened:
        yield opened


def setting(name: str, value: bytes | None = b"1") -> Change:
    return Change(ANN, key_of(SelfKind.SETTING, name), SelfKind.SETTING, value)


async def catch_up(talk, after: int) -> tuple[dict[str, bytes | None], int, bool]:
    """What a device gets that stands at `after`: by key, where it stands then, whether anew."""
    got: dict[str, bytes | None] = {}
    cursor, reset = "", False
    while True:
        page = await talk.own.log.list(ANN, after, cursor, 100)
        reset = reset or page.reset
        got |= {entry.key: entry.body for entry in page.entries}
        cursor = page.cursor
        if not cursor:
            return got, page.last_seq, reset


async def test_what_is_put_is_told_to_its_owner_alone(talk):
    entry = await talk.own.log.put(setting("a"))
    assert entry is not None
    assert talk.told.pushes == [((ANN,), SelfPush(self_entry(entry)))]
    assert await talk.own.log.put(setting("a")) is None
    assert len(talk.told.pushes) == 1


async def test_a_new_device_is_given_the_whole_log_in_pages(talk):
    for name in "abcdefgh":
        await talk.own.log.put(setting(name))
    got, last_seq, reset = await catch_up(talk, 0)
    assert (sorted(got), last_seq, reset) == ([f"s:{name}" for name in "abcdefgh"], 8, False)


async def test_a_device_is_given_what_changed_since_and_what_is_gone(talk):
    for name in "abcde":
        await talk.own.log.put(setting(name))
    await talk.own.log.put(setting("b", b"2"))
    await talk.own.log.put(setting("d", None))
    assert await catch_up(talk, 5) == ({"s:b": b"2", "s:d": None}, 7, False)


async def test_a_device_that_was_away_too_long_starts_anew(talk):
    for name in "abcdef":
        await talk.own.log.put(setting(name))
    await talk.own.log.put(setting("c", None))
    await talk.stores.self_log.forget_gone(talk.clock.unix_ms() + 1, 10)
    got, last_seq, reset = await catch_up(talk, 4)
    assert (sorted(got), last_seq, reset) == (["s:a", "s:b", "s:d", "s:e", "s:f"], 7, True)


async def test_a_device_that_begins_is_not_sent_back_by_what_was_forgotten_long_ago(talk):
    """The floor lies in the middle of the pages that a new device goes through."""
    for name in "abcdefgh":
        await talk.own.log.put(setting(name))
    await talk.own.log.put(setting("a", None))
    await talk.stores.self_log.forget_gone(talk.clock.unix_ms() + 1, 10)
    got, last_seq, reset = await catch_up(talk, 0)
    assert (len(got), last_seq, reset) == (7, 9, False)


async def test_a_device_ahead_of_the_log_starts_anew(talk):
    await talk.own.log.put(setting("a"))
    assert await catch_up(talk, 99) == ({"s:a": b"1"}, 1, True)


@pytest.mark.parametrize("cursor", ["x", "whole-", "after-99999999999999999999", "whole--1", "  "])
async def test_a_made_up_cursor_is_refused(talk, cursor):
    with pytest.raises(BadRequest):
        await talk.own.log.list(ANN, 0, cursor, 10)


async def test_what_one_makes_of_a_conversation_is_shown_to_oneself_alone(talk):
    direct = await talk.direct()
    await talk.say(BOB, direct, "here I am")
    wish = Arrangement(pinned=True, notify=Notify.NOTHING, hidden=True, unread_mark=True)
    await talk.own.log.arrange(ANN, direct, wish)
    mine, theirs = await talk.threads.get(ANN, direct), await talk.threads.get(BOB, direct)
    assert (mine.pinned, mine.notify, mine.hidden, mine.unread_mark) == (
        True, Notify.NOTHING, True, True,
    )  # fmt: skip
    assert (theirs.pinned, theirs.notify, theirs.hidden, theirs.unread_mark) == (
        False, Notify.ALL, False, False,
    )  # fmt: skip


async def test_a_wish_for_nothing_is_refused(talk):
    with pytest.raises(BadRequest):
        await talk.own.log.arrange(ANN, await talk.direct(), Arrangement())


async def test_a_hidden_conversation_comes_back_with_the_next_message(talk):
    direct = await talk.direct()
    await talk.own.log.arrange(ANN, direct, Arrangement(hidden=True))
    assert [view.hidden for view in (await talk.threads.page(ANN, "", 10))[0]] == []
    await talk.say(BOB, direct, "here I am")
    assert [view.hidden for view in (await talk.threads.page(ANN, "", 10))[0]] == [False]


async def test_a_hidden_conversation_stays_away_when_nobody_says_anything(talk):
    group = await talk.group(ANN, BOB)
    seq = await talk.say(BOB, group, "hello")
    await talk.own.log.arrange(ANN, group, Arrangement(hidden=True))
    await talk.messaging.acts.react(BOB, group, seq, "r", "\N{THUMBS UP SIGN}")
    await talk.groups.acts.rename(ANN, group, "t", "New title")
    assert (await talk.threads.get(ANN, group)).hidden
    assert not (await talk.threads.get(BOB, group)).hidden
    await talk.say(BOB, group, "here I am")
    assert not (await talk.threads.get(ANN, group)).hidden


async def test_whoever_comes_and_goes_is_told_what_becomes_of_their_list(talk):
    group = (await talk.threads.create(ANN, ConversationKind.GROUP, [BOB], ""))[0].id
    await talk.groups.acts.invite(ANN, group, "i", [CEM])
    await talk.groups.acts.remove(ANN, group, "r", [CEM])
    entries = [push.entry for _, push in talk.told.pushes if isinstance(push, SelfPush)]
    users = [to for to, push in talk.told.pushes if isinstance(push, SelfPush)]
    assert sorted(users[:2]) == [(ANN,), (BOB,)]
    assert users[2:] == [(CEM,), (CEM,)]
    assert {entry.key for entry in entries} == {f"c:{group}"}
    assert [entry.body is None for entry in entries] == [False, False, False, True]
    assert [entry.seq for entry in entries[2:]] == [1, 2]


async def test_a_list_that_cannot_be_looked_up_hinders_nobody(talk):
    class Broken(SqlSelfLog):
        async def at(self, users, key):
            raise StorageFailed

    announcements = Announcements(talk.told, talk.meter, limit_s=None)
    log = Own(Broken(talk.stores.database), announcements, ImSettings(), talk.clock)
    await log.changed([BOB], TALK)
    assert talk.meter.counted["im_announcements_lost_total"] == 1


async def test_hidden_conversations_do_not_end_a_list_early(talk):
    """A page may be short, but its cursor goes on."""
    groups = [await talk.group(ANN, BOB) for _ in range(6)]
    for group in groups[2:5]:
        await talk.own.log.arrange(ANN, group, Arrangement(hidden=True))
    seen, cursor = [], ""
    while True:
        page, cursor = await talk.threads.page(ANN, cursor, 2)
        seen += [view.id for view in page]
        if not cursor:
            break
    assert sorted(seen) == sorted([*groups[:2], groups[5]])
