from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlor.im.changes import ChangesPage
from parlor.model.conversation import ConversationKind
from parlor.model.errors import BadRequest
from parlor.model.event import Draft, Event, EventKind
from parlor.model.ids import ConversationId, UserId
from parlor.model.own import Arrangement
from parlor.model.self_log import SelfKind
from tests.support.own_services import own_services
from tests.support.statements import counted_statements
from tests.support.storage import ANN, BOB, CEM, DAN, message
from tests.support.talk import Talk, open_talk

PEOPLE = (ANN, BOB, CEM, DAN)


@dataclass
class Device:
    """Does with a page what a client does, and complains about gaps and doubles."""

    user: UserId
    talk: Talk
    logs: dict[ConversationId, list[Event]] = field(default_factory=dict)
    have: dict[ConversationId, int] = field(default_factory=dict)
    own: dict[str, bytes | None] = field(default_factory=dict)
    self_seq: int = 0
    resets: int = 0

    async def page(self, cursor: str = "", limit: int = 50) -> ChangesPage:
        return await self.talk.own.changes.page(
            self.user, self.have, self.self_seq, cursor=cursor, limit=limit
        )

    def apply(self, page: ChangesPage) -> None:
        for change in page.changes:
            log = self.logs.setdefault(change.view.id, [])
            if change.reset:
                log.clear()
                self.resets += 1
            seqs = [event.seq for event in (*log[-1:], *change.events)]
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs))) if seqs else True
            log += change.events
            self.have[change.view.id] = change.upto
        for gone in page.gone:
            self.logs.pop(gone, None)
            self.have.pop(gone, None)
        self.own |= {entry.key: entry.body for entry in page.own.entries}
        if not page.own.cursor:
            self.self_seq = page.own.last_seq

    async def catch_up(self, limit: int = 50) -> int:
        """Until there is nothing more; how many pages it took."""
        pages, more = 0, True
        while more:
            cursor, more = "", False
            while True:
                page = await self.page(cursor, limit)
                pages += 1
                assert sum(len(change.events) for change in page.changes) <= limit
                self.apply(page)
                more = more or any(change.more for change in page.changes)
                cursor = page.cursor
                if not cursor:
                    break
        return pages


@pytest.fixture
async def talk(tmp_path):
    async with open_talk(tmp_path) as opened:
        yield opened


async def whole_log(talk: Talk, id: ConversationId) -> list[Event]:
    events, _ = await talk.stores.messages.events(id, 0, None, 100_000)
    return list(events)


async def many_groups(talk: Talk, count: int, messages: int) -> list[ConversationId]:
    groups = []
    for number in range(count):
        group = await talk.group(ANN, BOB)
        groups.append(group)
        for n in range(messages):
            await talk.say(BOB, group, f"{number}-{n}")
    return groups


async def test_a_new_device_sees_the_most_recently_active_first(talk):
    groups = await many_groups(talk, 3, 1)
    talk.clock.at += 5
    await talk.say(BOB, groups[0], "again")
    page = await Device(ANN, talk).page()
    assert page.changes[0].view.id == groups[0]
    assert {change.view.id for change in page.changes} == set(groups)
    assert page.cursor == ""


@pytest.mark.parametrize(
    ("first", "seqs", "more"), [(2, [5, 6], False), (0, [], False), (-1, [1, 2, 3], True)]
)
async def test_how_much_a_new_device_gets_is_a_setting(tmp_path, first, seqs, more):
    async with open_talk(tmp_path, first_sync_events=first, sync_events_each=3) as talk:
        direct = await talk.direct()
        for n in range(5):
            await talk.say(BOB, direct, f"{n}")
        (change,) = (await Device(ANN, talk).page()).changes
        assert ([event.seq for event in change.events], change.more) == (seqs, more)


async def test_a_device_that_has_everything_is_given_nothing(talk):
    await many_groups(talk, 3, 2)
    device = Device(ANN, talk)
    await device.catch_up()
    page = await device.page()
    assert (page.changes, page.cursor, list(page.own.entries)) == ((), "", [])


async def test_what_was_missed_arrives_whole_and_in_order(talk):
    groups = await many_groups(talk, 5, 3)
    device = Device(ANN, talk)
    await device.catch_up()
    for n in range(40):
        await talk.say(BOB, groups[n % 3], f"missed-{n}")
    await device.catch_up(limit=7)
    for group in groups:
        assert device.logs[group] == await whole_log(talk, group)


async def test_a_page_broken_off_is_simply_asked_for_again(talk):
    """A device that got the answer but kept nothing, or no answer, asks the same again."""
    groups = await many_groups(talk, 4, 10)
    device = Device(ANN, talk)
    lost = await device.page(limit=15)
    again = await device.page(limit=15)
    assert lost == again
    device.apply(again)
    await device.page(again.cursor, limit=15)
    await device.catch_up(limit=15)
    for group in groups:
        assert device.logs[group][-1] == (await whole_log(talk, group))[-1]


async def test_one_loud_conversation_does_not_hold_up_the_others(talk):
    """Of each only so much at a time, so that a page shows many."""
    loud, quiet = await many_groups(talk, 2, 1)
    device = Device(ANN, talk)
    await device.catch_up()
    await talk.say(BOB, quiet, "psst")
    talk.clock.at += 5
    for n in range(120):
        await talk.say(BOB, loud, f"{n}!")
    page = await device.page(limit=100)
    assert [(one.view.id, len(one.events), one.more) for one in page.changes] == [
        (loud, 50, True),
        (quiet, 1, False),
    ]


async def test_a_page_is_bounded_in_bytes(tmp_path):
    async with open_talk(tmp_path, max_sync_bytes=20_000) as talk:
        groups = await many_groups(talk, 3, 0)
        device = Device(ANN, talk)
        await device.catch_up()
        for group in groups:
            for n in range(10):
                await talk.send.text(BOB, group, f"long-{n}", "x" * 4_000)
        page = await device.page()
        assert [len(change.events) for change in page.changes] == [4]
        assert page.changes[0].more
        await device.catch_up()
        for group in groups:
            assert device.logs[group] == await whole_log(talk, group)


async def test_an_event_larger_than_a_page_comes_alone(tmp_path):
    async with open_talk(tmp_path, max_sync_bytes=100) as talk:
        direct = await talk.direct()
        await talk.send.text(BOB, direct, "c", "x" * 4_000)
        device = Device(ANN, talk)
        await device.catch_up()
        assert device.logs[direct] == await whole_log(talk, direct)


async def test_what_has_expired_is_not_given_although_it_is_still_stored(talk):
    direct = await talk.direct()
    ends = talk.clock.unix_ms() + 1_000
    draft = Draft(direct, EventKind.MESSAGE, BOB, "c", text="for a second", expires_at=ends)
    event, _ = await talk.stores.messages.append(draft, talk.clock.unix_ms())
    await talk.own.stars.set(ANN, direct, event.seq, on=True)

    async def seen() -> tuple[str, str, str]:
        (change,) = (await Device(ANN, talk).page()).changes
        (star,) = (await talk.own.stars.list(ANN, "", 5))[0]
        assert change.view.last_event is not None
        return change.events[-1].text, change.view.last_event.text, star.event.text

    assert await seen() == ("for a second",) * 3
    talk.clock.at += 1
    assert await seen() == ("", "", "")


async def test_conversations_one_has_left_are_named(talk):
    direct = await talk.direct()
    device = Device(ANN, talk, have={direct: 1, ConversationId("123"): 7})
    assert (await device.page()).gone == ("123",)


async def test_a_device_whose_next_event_is_not_kept_any_more_starts_anew(talk):
    direct = await talk.direct()
    device = Device(ANN, talk)
    await device.catch_up()
    for n in range(30):
        talk.clock.at += 10
        await talk.say(BOB, direct, f"{n}")
    await talk.stores.retention.trim(talk.clock.unix_ms() - 45_000, None, 100)
    (change,) = (await device.page()).changes
    assert (change.reset, change.view.history_from) == (True, 27)
    await device.catch_up()
    assert (device.resets, device.logs[direct]) == (1, await whole_log(talk, direct))


async def test_a_device_that_has_the_event_before_the_first_kept_sees_no_loss(talk):
    direct = await talk.direct()
    for n in range(9):
        talk.clock.at += 10
        await talk.say(BOB, direct, f"{n}")
    await talk.stores.retention.trim(talk.clock.unix_ms() - 45_000, None, 100)
    first = (await whole_log(talk, direct))[0].seq
    (change,) = (await Device(ANN, talk, have={direct: first - 1}).page()).changes
    assert (change.reset, change.events[0].seq) == (False, first)


async def test_the_self_log_comes_with_the_changes(talk):
    direct = await talk.direct()
    await talk.own.log.arrange(ANN, direct, Arrangement(pinned=True))
    device = Device(ANN, talk)
    await device.catch_up()
    assert device.own.keys() == {f"c:{direct}"}
    await talk.own.drafts.set(ANN, direct, "not yet", 0)
    page = await device.page()
    assert [entry.kind for entry in page.own.entries] == [SelfKind.DRAFT]


@pytest.mark.parametrize("cursor", ["x", "1-", "-1", "99999999999999999-1", "1-1-1"])
async def test_a_made_up_cursor_is_refused(talk, cursor):
    with pytest.raises(BadRequest):
        await Device(ANN, talk).page(cursor)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30) | st.from_regex(r"\A[0-9]{1,17}-[0-9]{1,17}\Z"))
async def test_any_text_is_a_cursor_or_refused(cursor):
    services = own_services()
    try:
        page = await services.changes.page(ANN, {}, 0, cursor=cursor, limit=5)
    except BadRequest:
        return
    assert page.changes == ()


async def test_what_a_device_says_it_has_is_checked(tmp_path):
    async with open_talk(tmp_path, max_have=2) as talk:
        for have in ({"1": -1}, {"1": 2**60}, {"1": 1, "2": 1, "3": 1}):
            named = {ConversationId(one): seq for one, seq in have.items()}
            with pytest.raises(BadRequest):
                await Device(ANN, talk, have=named).page()
        page = await Device(ANN, talk, have={ConversationId("'; --"): 1}).page()
        assert page.gone == ("'; --",)
        with pytest.raises(BadRequest):
            await Device(ANN, talk).page(limit=0)


async def test_looking_at_many_unchanged_conversations_goes_on_by_the_cursor(tmp_path):
    async with open_talk(tmp_path, max_heads=2) as talk:
        groups = await many_groups(talk, 5, 1)
        device = Device(ANN, talk)
        await device.catch_up()
        oldest = (await talk.stores.changes.heads(ANN, None, 10))[-1].id
        device.have[oldest] = 1
        device.logs[oldest] = device.logs[oldest][:1]
        first = await device.page()
        assert (first.changes, first.cursor != "") == ((), True)
        await device.catch_up()
        assert device.logs[oldest] == await whole_log(talk, oldest)
        assert len(groups) == 5


@pytest.mark.parametrize("conversations", [3, 40])
async def test_a_page_costs_the_same_few_queries_whatever_the_account(talk, conversations):
    """Hello is one query and profiles are one: six in all for the first screen of a new device."""
    groups = await many_groups(talk, conversations, 2)
    device = Device(ANN, talk)
    with counted_statements() as cold:
        page = await device.page(limit=1_000)
    assert len(page.changes) == conversations
    assert len(cold) <= 4
    await device.catch_up()
    for group in groups:
        await talk.stores.messages.append(message("new", BOB, group), 5)
    with counted_statements() as warm:
        page = await device.page(limit=1_000)
    assert len(page.changes) == conversations
    assert len(warm) <= 5


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(0, 2), st.sampled_from((BOB, CEM))),
        st.tuples(st.just("page"), st.integers(1, 9), st.booleans()),
        st.tuples(st.just("create"), st.just(0), st.just(BOB)),
        st.tuples(st.just("restart"), st.just(0), st.just(BOB)),
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None)
@given(STEPS)
async def test_a_device_ends_with_every_log_however_it_is_interrupted(steps):
    """Pages are lost, or applied, between messages; in the end nothing is missing or double."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        async with open_talk(Path(folder), sync_events_each=3, first_sync_events=-1) as talk:
            talks = [await talk.group(ANN, BOB, CEM)]
            device, cursor, said = Device(ANN, talk), "", 0
            for step, number, other in steps:
                if step == "say":
                    said += 1
                    await talk.say(other, talks[number % len(talks)], f"{said}")
                elif step == "create":
                    talk.clock.at += 1
                    talks.append(await talk.group(ANN, BOB, CEM))
                elif step == "restart":
                    cursor = ""
                else:
                    page = await device.page(cursor, number)
                    if other:
                        device.apply(page)
                        cursor = page.cursor
            await device.catch_up(limit=4)
            for one in talks:
                assert device.logs[one] == await whole_log(talk, one)
            kinds = {(await talk.threads.get(ANN, one)).kind for one in talks}
            assert kinds == {ConversationKind.GROUP}


async def test_a_page_of_changes_has_no_more_events_than_the_setting_says(tmp_path):
    async with open_talk(tmp_path, max_sync_events=3) as talk:
        group = await talk.group(ANN, BOB)
        for number in range(6):
            await talk.say(ANN, group, f"message {number}")
        device = Device(BOB, talk)
        device.have[group] = 1
        page = await device.page(limit=1_000)
        assert [len(change.events) for change in page.changes] == [3]
        assert page.changes[0].more
