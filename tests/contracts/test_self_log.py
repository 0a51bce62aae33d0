"""What every driver of `ports.self_log` promises."""

import asyncio

import msgspec
import pytest

from parlor.drivers.memory.self_log import MemorySelfLog
from parlor.model.errors import LimitReached, NotFound, NotMember
from parlor.model.own import Arrangement, Notify, OwnConversation
from parlor.model.self_log import Change, SelfKind, key_of
from tests.support.storage import ANN, BOB, CEM, DAN, NOBODY, NOWHERE, STORES, TALK

ME = DAN
"""In no conversation: whatever joining one puts into a log is not in this one's."""


@pytest.fixture(params=[*STORES, "memory"])
async def opened(request, tmp_path):
    """(self log, stores): the memory log asks the stores of conversations."""
    name = "sqlite" if request.param == "memory" else request.param
    async with STORES[name](tmp_path) as stores:
        await stores.add_people(ANN, BOB, CEM, DAN)
        await stores.add_talk()
        is_memory = request.param == "memory"
        yield (MemorySelfLog(stores.conversations) if is_memory else stores.self_log), stores


@pytest.fixture
def log(opened):
    return opened[0]


def setting(name: str, value: bytes | None, user=ME) -> Change:
    return Change(user, key_of(SelfKind.SETTING, name), SelfKind.SETTING, value)


async def everything(log, user=ME, after=0):
    page = await log.page(user, after, 1_000)
    return [(entry.key, entry.seq, entry.body) for entry in page.entries]


async def test_an_entry_comes_back_as_it_was_put(log):
    stored = await log.put([setting("theme", '"暗"'.encode())], 77)
    page = await log.page(ME, 0, 10)
    assert (list(page.entries), page.last_seq, page.floor_seq) == (list(stored), 1, 0)
    assert (stored[0].body, stored[0].at_ms, stored[0].kind) == (
        '"暗"'.encode(),
        77,
        SelfKind.SETTING,
    )


async def test_somebody_without_entries_has_an_empty_log(log):
    page = await log.page(CEM, 0, 10)
    assert (list(page.entries), page.last_seq, page.floor_seq) == ([], 0, 0)


async def test_a_new_value_takes_the_place_of_the_old_at_the_end_of_the_log(log):
    await log.put([setting("a", b"1"), setting("b", b"1")], 5)
    await log.put([setting("a", b"2")], 6)
    assert await everything(log) == [("s:b", 2, b"1"), ("s:a", 3, b"2")]
    assert await everything(log, after=2) == [("s:a", 3, b"2")]


async def test_what_is_so_already_makes_no_entry(log):
    await log.put([setting("a", b"1")], 5)
    assert list(await log.put([setting("a", b"1"), setting("never", None)], 6)) == []
    assert (await log.page(ME, 0, 10)).last_seq == 1


async def test_what_is_put_over_an_entry_replaces_no_other_one(log):
    def over(seq: int, value: bytes | None) -> Change:
        return msgspec.structs.replace(setting("a", value), over=seq)

    assert list(await log.put([over(1, b"0")], 4)) == []
    await log.put([over(0, b"1")], 5)
    await log.put([setting("a", b"2")], 6)
    assert list(await log.put([over(1, None)], 7)) == []
    assert await everything(log) == [("s:a", 2, b"2")]
    await log.put([over(2, None)], 8)
    assert await everything(log) == [("s:a", 3, None)]


async def test_what_is_gone_is_told(log):
    await log.put([setting("a", b"1")], 5)
    await log.put([setting("a", None)], 6)
    assert await everything(log) == [("s:a", 2, None)]


async def test_each_person_has_a_log_of_their_own(log):
    await log.put([setting("a", b"1"), setting("a", b"2", CEM)], 5)
    assert await everything(log) == [("s:a", 1, b"1")]
    assert await everything(log, CEM) == [("s:a", 1, b"2")]


async def test_entries_are_paged_in_their_order(log):
    await log.put([setting(f"{n}", b"1") for n in range(7)], 5)
    seen, after = [], 0
    while page := (await log.page(ME, after, 3)).entries:
        seen += [entry.seq for entry in page]
        after = page[-1].seq
    assert seen == [1, 2, 3, 4, 5, 6, 7]


async def test_writing_at_once_loses_nothing(log):
    await asyncio.gather(*(log.put([setting(f"{n}", b"1")], 5) for n in range(40)))
    entries = await everything(log)
    assert {seq for _, seq, _ in entries} == set(range(1, 41))


async def test_there_are_only_so_many_of_a_kind(log):
    most = {SelfKind.SETTING: 2}
    await log.put([setting("a", b"1"), setting("b", b"1")], 5, most)
    with pytest.raises(LimitReached):
        await log.put([setting("c", b"1")], 6, most)
    assert await everything(log) == [("s:a", 1, b"1"), ("s:b", 2, b"1")]
    await log.put([setting("a", b"2")], 7, most)
    await log.put([setting("a", None), setting("c", b"1")], 8, most)
    assert [key for key, _, body in await everything(log) if body] == ["s:b", "s:c"]


async def test_the_newest_of_a_kind_are_listed_first_without_what_is_gone(log):
    star = SelfKind.STAR
    await log.put([Change(ME, key_of(star, f"{n}"), star, b"{}") for n in range(5)], 5)
    await log.put([setting("a", b"1"), Change(ME, key_of(star, "2"), star, None)], 6)
    first = await log.newest(ME, star, None, 3)
    assert [entry.key for entry in first] == ["m:4", "m:3", "m:1"]
    rest = await log.newest(ME, star, first[-1].seq, 3)
    assert [entry.key for entry in rest] == ["m:0"]


async def test_what_is_gone_is_forgotten_in_time_and_the_floor_rises(log):
    await log.put([setting(name, b"1") for name in "abc"], 5)
    await log.put([setting("a", None)], 10)
    await log.put([setting("b", None)], 20)
    assert await log.forget_gone(10, 100) == 0
    assert await log.forget_gone(20, 100) == 1
    page = await log.page(ME, 0, 10)
    assert [(entry.key, entry.seq) for entry in page.entries] == [("s:c", 3), ("s:b", 5)]
    assert (page.floor_seq, page.last_seq) == (4, 5)


async def test_forgetting_takes_only_so_many_at_a_time(log):
    await log.put([setting(f"{n}", b"1") for n in range(5)], 5)
    await log.put([setting(f"{n}", None) for n in range(5)], 6)
    assert [await log.forget_gone(100, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert (await log.page(ME, 0, 10)).floor_seq == 10


async def test_what_has_come_back_is_not_forgotten(log):
    await log.put([setting("a", b"1")], 5)
    await log.put([setting("a", None)], 6)
    await log.put([setting("a", b"2")], 7)
    assert await log.forget_gone(100, 10) == 0
    assert await everything(log) == [("s:a", 3, b"2")]


async def test_arranging_changes_what_is_named_and_leaves_the_rest(log):
    await log.arrange(ANN, TALK, Arrangement(pinned=True, notify=Notify.MENTIONS), 5)
    entry = await log.arrange(ANN, TALK, Arrangement(unread_mark=True), 6)
    assert entry is not None
    own = msgspec.json.decode(entry.body, type=OwnConversation)
    assert own == OwnConversation(1, pinned=True, notify=Notify.MENTIONS, unread_mark=True)
    assert await log.arrange(ANN, TALK, Arrangement(pinned=True), 7) is None
    assert all(b"pinned" not in (body or b"") for _, _, body in await everything(log, BOB))


async def test_hiding_remembers_how_far_it_goes(opened):
    log, stores = opened
    await stores.say("one", BOB)
    entry = await log.arrange(ANN, TALK, Arrangement(hidden=True), 5)
    assert entry is not None
    assert msgspec.json.decode(entry.body, type=OwnConversation).hidden_seq == 2
    entry = await log.arrange(ANN, TALK, Arrangement(hidden=False), 6)
    assert entry is not None
    assert msgspec.json.decode(entry.body, type=OwnConversation).hidden_seq == 0


async def test_only_members_arrange(log):
    with pytest.raises(NotMember):
        await log.arrange(CEM, TALK, Arrangement(pinned=True), 5)
    with pytest.raises(NotFound):
        await log.arrange(ANN, NOWHERE, Arrangement(pinned=True), 5)


async def test_a_log_belongs_to_somebody_who_exists(opened):
    _, stores = opened
    with pytest.raises(NotFound):
        await stores.self_log.put([setting("a", b"1", NOBODY)], 5)
