"""What every driver of `ports.search` promises, and what is found through it: the same on each."""

import asyncio

import pytest

from parlor.im.rebuild import rebuild
from parlor.im.search import Filters, Search
from parlor.im.search_settings import SearchSettings
from parlor.model.conversation import ConversationKind
from parlor.model.event import Draft, EventKind, Forwarded
from parlor.model.ids import ConversationId
from parlor.model.search_query import SearchKind, parse_query
from parlor.model.standing import Act
from parlor.ports.search import Spot, Wanted
from tests.support.storage import ANN, BOB, CEM, NOBODY, STORES, TALK, Stores, message

SAID = 2
"""The seq of the first message."""


@pytest.fixture(params=STORES)
async def stores(request, tmp_path):
    async with STORES[request.param](tmp_path) as opened:
        await opened.add_people(ANN, BOB, CEM)
        await opened.add_talk()
        yield opened


async def behind(stores: Stores) -> list[ConversationId]:
    after, late = None, []
    while page := await stores.search.positions(after, 7):
        late += [one.conversation for one in page if one.indexed_seq < one.last_seq]
        after = page[-1].conversation
    return late


async def index_all(stores: Stores) -> int:
    """How many events that were."""
    many, left = 0, tuple(await behind(stores))
    while left:
        done = await stores.search.add(left, 3)
        many, left = many + done.events, done.left
    return many


def searching(stores: Stores, clock=None, **settings) -> Search:
    chosen = SearchSettings(**settings)
    return Search(stores.search, stores.changes, stores.conversations, chosen, clock or _At(100))


async def found(stores, text, user=ANN, limit=50, **filters):
    """The texts of everything that is found, newest first, over all pages."""
    texts, cursor = [], ""
    while True:
        hits, cursor = await searching(stores).messages(
            user, text, Filters(**filters), cursor, limit
        )
        texts += [
            hit.event.text if hit.state is None or hit.state.text is None else hit.state.text
            for hit in hits
        ]
        if not cursor:
            return texts


async def act(stores, kind, target=SAID, who=ANN, **fields):
    draft = Draft(TALK, kind, who, target=target, **fields)
    await stores.messages.act(Act(TALK, who, target=target), lambda _: draft, 9)


async def words_left(stores):
    return (await stores.rows())["search_words"]


async def test_every_script_and_sign_is_found_as_it_is_written(stores):
    said = [
        "Let us meet at the Café in Łódź tomorrow",
        "明天上午十点在人工智能大会会议室见",
        "東京タワーでｶﾞｲﾄﾞと会いましょう",
        "내일 서울역에서 만나요",
        "Straße, naïve Müller; ＦＵＬＬ width",
        "100% of user_name's C++ isn't a 'quote' -- OR 1=1 \\ done; *stars* \"x\"",
        "👍🏽 great 😀 ok",
        "สวัสดีครับ नमस्ते दुनिया Привет Мир",
        "line one\nline two: see https://example.org/a?b=c",
    ]
    for number, text in enumerate(said):
        await stores.say(text, at_ms=10 + number)
    await index_all(stores)
    wanted = {
        "cafe": 0, "CAFÉ": 0, "lodz": 0, "tomor": 0, "at the": 0, "meet tomorrow": 0,
        "人工智能": 1, "会议": 1, "智能大": 1, "见": 1, "十点 会议室": 1,
        "タワー": 2, "ﾀﾜｰ": 2, "ガイド": 2, "東京": 2,
        "서울": 3, "서울역에서": 3, "만나": 3,
        "strasse": 4, "NAIVE": 4, "muller": 4, "full": 4, "ｆｕｌｌ": 4,
        "100%": 5, "%": 5, "user_name": 5, "c++": 5, "isn't": 5, "'quote'": 5, "--": None,
        "1=1": 5, "\\": 5, "*stars*": 5, '"x"': 5, "*": 5, "_": 5,
        "👍": 6, "😀": 6, "👍🏽": 6, "great 😀": 6,
        "สวัสดี": 7, "नमस्ते": 7, "привет": 7, "МИР": 7,
        "two": 8, "example.org/a?b=c": 8,
        "能工": None, "afe": None, "met": None, "caf*": None, "cafe OR nothing": None, "'": None,
        "会议室 tomorrow": None, "user name": 5, "userxname": None, "%%": None, "o": None,
        "' OR ''='": None, "NEAR(cafe lodz)": None, "-cafe": None, "cafe -lodz": None,
        "word:cafe": None, "^cafe": None, "+cafe": None, "(cafe)": None, "cafe & lodz": None,
        "<->": None, ":*": None,
    }  # fmt: skip
    expected = {text: [] if at is None else [said[at]] for text, at in wanted.items()}
    assert {text: await found(stores, text) for text in wanted} == expected


async def test_what_was_found_is_marked_in_code_points(stores):
    await stores.say("😀 ＣＡＦＥ́ 会议 cafe")
    await index_all(stores)
    (hit,), cursor = await searching(stores).messages(ANN, "cafe 议", Filters(), "", 5)
    assert [hit.event.text[start:end] for start, end in hit.marks] == ["ＣＡＦＥ́", "议", "cafe"]
    assert cursor == ""


async def test_only_what_one_is_in_and_since_one_is_in_it_is_found(stores):
    other, group = ConversationId(str(2**52 + 50)), ConversationId(str(2**52 + 51))
    await stores.add_talk(other, (BOB, CEM))
    await stores.add_talk(group, (ANN, BOB), ConversationKind.GROUP)
    await stores.say("secret plan", BOB, other, 10)
    await stores.say("old plan", ANN, group, 11)
    joined = Draft(group, EventKind.JOINED, ANN, members=(CEM,))
    await stores.messages.act(Act(group, ANN, about=(CEM,)), lambda _: joined, 12)
    await stores.say("new plan", ANN, group, 13)
    await index_all(stores)
    assert await found(stores, "plan", BOB) == ["new plan", "old plan", "secret plan"]
    assert await found(stores, "plan", ANN) == ["new plan", "old plan"]
    since = (await stores.conversations.member(group, CEM)).history_from
    visible = ["new plan", "old plan"] if since == 0 else ["new plan"]
    assert await found(stores, "plan", CEM) == [*visible, "secret plan"]
    assert await found(stores, "plan", NOBODY) == []
    left = Draft(group, EventKind.LEFT, CEM, members=(CEM,))
    await stores.messages.act(Act(group, CEM, about=(CEM,)), lambda _: left, 14)
    assert await found(stores, "plan", CEM) == ["secret plan"]


async def test_an_edited_message_is_found_by_what_it_says_now(stores):
    await stores.say("the red house")
    await index_all(stores)
    await act(stores, EventKind.EDIT, text="the blue house")
    assert await found(stores, "red") == []
    assert await found(stores, "blue house") == ["the blue house"]
    await act(stores, EventKind.EDIT, text="the green house")
    await index_all(stores)
    assert await found(stores, "house") == ["the green house"]
    hints = await stores.search.find(ANN, Wanted(parse_query("blue").words), None, 5)
    assert hints.places == ()


async def test_an_edit_before_the_index_got_there_is_indexed_once(stores):
    await stores.say("the red house")
    await act(stores, EventKind.EDIT, text="the blue house")
    await index_all(stores)
    assert await found(stores, "red") == []
    assert await found(stores, "blue") == ["the blue house"]


async def test_words_taken_back_leave_the_index_with_the_message(stores):
    await stores.say("keep this")
    await index_all(stores)
    before = await words_left(stores)
    await stores.say("a secret 秘密")
    await index_all(stores)
    assert await words_left(stores) > before
    await act(stores, EventKind.EDIT, SAID + 1, text="another secret 秘密 entirely")
    await act(stores, EventKind.RECALL, SAID + 1)
    assert await words_left(stores) == before
    await index_all(stores)
    assert await words_left(stores) == before
    assert await found(stores, "秘密") == []


async def test_words_taken_back_before_they_were_indexed_never_come_in(stores):
    await stores.say("a secret")
    await act(stores, EventKind.RECALL)
    await index_all(stores)
    assert await words_left(stores) == 0


async def test_what_has_expired_is_not_found_and_leaves_the_index(stores):
    draft = Draft(TALK, EventKind.MESSAGE, ANN, client_id="e", text="burn this", expires_at=1_000)
    await stores.messages.append(draft, 10)
    await index_all(stores)
    early, _ = await searching(stores, _At(999)).messages(ANN, "burn", Filters(), "", 5)
    late, _ = await searching(stores, _At(1_000)).messages(ANN, "burn", Filters(), "", 5)
    assert (len(early), late) == (1, [])
    await stores.states.expire(1_000, 10)
    assert await words_left(stores) == 0


class _At:
    def __init__(self, unix_ms):
        self._unix_ms = unix_ms

    def unix_ms(self):
        return self._unix_ms

    def now(self):
        return 0.0


async def test_what_is_past_its_retention_leaves_the_index(stores):
    for number in range(6):
        await stores.say(f"number {number}", at_ms=10 + number)
    await index_all(stores)
    await stores.retention.trim(13, None, 100)
    assert await found(stores, "number") == ["number 5", "number 4", "number 3"]
    hints = await stores.search.find(ANN, Wanted(("number",)), None, 50)
    assert len(hints.places) == 3


async def test_filters_narrow_what_is_found(stores):
    await stores.say("plan one", ANN, at_ms=10)
    await stores.say("plan two http://example.org", BOB, at_ms=20)
    passed_on = Draft(
        TALK, EventKind.MESSAGE, BOB, client_id="f", text="plan three",
        forwarded=Forwarded(CEM, 5),
    )  # fmt: skip
    await stores.messages.append(passed_on, 30)
    merged = Draft(
        TALK, EventKind.MESSAGE, BOB, client_id="m", text="", merged=(Forwarded(CEM, 5, "plan"),)
    )
    await stores.messages.append(merged, 40)
    await index_all(stores)
    assert await found(stores, "plan", sender=ANN) == ["plan one"]
    assert await found(stores, "", sender=ANN) == ["plan one"]
    assert await found(stores, "", kind=SearchKind.LINK) == ["plan two http://example.org"]
    assert await found(stores, "plan", kind=SearchKind.FORWARDED, sender=BOB) == ["plan three"]
    assert await found(stores, "", kind=SearchKind.MERGED) == [""]
    assert await found(stores, "plan", since_ms=20, until_ms=30) == ["plan two http://example.org"]
    assert await found(stores, "plan", since_ms=20) == [
        "plan three",
        "plan two http://example.org",
    ]
    assert await found(stores, "plan", until_ms=20) == ["plan one"]
    assert await found(stores, "plan", conversation_id=TALK, sender=CEM) == []
    assert await found(stores, "plan three one two four", sender=BOB) == []


async def test_pages_hold_everything_once_newest_first_over_many_conversations(stores):
    talks = [ConversationId(str(2**52 + 100 + number)) for number in range(40)]
    expected = []
    for number, talk in enumerate(talks):
        await stores.add_talk(talk, (ANN, BOB), ConversationKind.GROUP)
        for turn in range(3):
            at_ms = 100 + (number * 7 + turn * 31) % 60
            text = f"common n{number} t{turn}"
            if (number + turn) % 4 == 0:
                text += " seldom"
            event = await stores.say(text, ANN, talk, at_ms)
            expected.append((event.sent_at, int(talk), event.seq, text))
    await index_all(stores)
    expected.sort(reverse=True)
    all_texts = [text for *_, text in expected]
    for limit in (1, 7, 50):
        assert await found(stores, "common", limit=limit) == all_texts
    seldom = [text for text in all_texts if "seldom" in text]
    for limit in (2, 50):
        assert await found(stores, "common seldom", limit=limit) == seldom
    assert await found(stores, "seldom", conversation_id=talks[0], limit=1) == [
        text for text in seldom if " n0 " in text
    ]


async def test_a_seldom_word_leads_to_the_message_at_once_whatever_stands_beside_it(
    stores, monkeypatch
):
    monkeypatch.setattr("parlor.drivers.sql.search._WINDOW", 4)
    for number in range(30):
        await stores.say(f"common {'needle' if number == 2 else 'hay'} {number}", at_ms=10 + number)
    await index_all(stores)
    hints = await stores.search.find(ANN, Wanted(("common", "needle")), None, 2)
    assert [(place.at_ms, place.seq) for place in hints.places] == [(12, 4)]
    assert hints.following is None


async def test_one_look_is_bounded_and_says_where_to_go_on(stores, monkeypatch):
    monkeypatch.setattr("parlor.drivers.sql.search._WINDOW", 4)
    for number in range(30):
        text = "left side" if number == 2 else ("left", "side")[number % 2]
        await stores.messages.append(message(text, client_id=f"{number}"), 10 + number)
    await index_all(stores)
    before, looks, places = None, 0, []
    while True:
        hints = await stores.search.find(ANN, Wanted(("left", "side")), before, 2)
        places += hints.places
        looks += 1
        if hints.following is None:
            break
        assert hints.following < (before or Spot(99, 0, 0))
        before = hints.following
    assert [(place.at_ms, place.seq) for place in places] == [(12, 4)]
    assert 3 <= looks <= 5


async def test_what_was_not_indexed_is_found_behind_and_indexed_once(stores):
    for number in range(7):
        await stores.say(f"word {number}")
    assert await behind(stores) == [TALK]
    assert await index_all(stores) == 8
    assert await index_all(stores) == 0
    assert await behind(stores) == []
    assert await stores.search.events() == 8


async def test_many_who_index_at_once_index_each_event_once(stores):
    for number in range(20):
        await stores.say(f"word {number}")
    done = await asyncio.gather(*(stores.search.add([TALK], 3) for _ in range(12)))
    assert sum(one.events for one in done) == 21
    assert len(await found(stores, "word")) == 20


async def test_recalls_beside_the_index_leave_no_word_behind(stores):
    for number in range(12):
        await stores.say(f"secret {number}")

    async def recall(seq):
        draft = Draft(TALK, EventKind.RECALL, ANN, client_id=f"r{seq}", target=seq)
        wanted = Act(TALK, ANN, client_id=f"r{seq}", target=seq, kind=EventKind.RECALL)
        await stores.messages.act(wanted, lambda _: draft, 9)

    await asyncio.gather(
        *(recall(SAID + number) for number in range(12)),
        *(stores.search.add([TALK], 2) for _ in range(8)),
    )
    await index_all(stores)
    assert await words_left(stores) == 0


async def test_an_index_made_anew_has_everything_and_is_searched_until_its_turn(
    stores, monkeypatch
):
    monkeypatch.setattr("parlor.drivers.sql.search_entries.MAX_EMPTIED", 7)
    for number in range(10):
        await stores.say(f"word {number}")
    await index_all(stores)
    before = await words_left(stores)
    await stores.search.renew([TALK])
    assert len(await found(stores, "word")) == 10
    await stores.search.add([TALK], 50)
    assert 0 < await words_left(stores) < before
    # What happens meanwhile is not lost, and what is taken back does not stay.
    await stores.say("word 10")
    await act(stores, EventKind.RECALL)
    await act(stores, EventKind.EDIT, SAID + 1, text="word one")
    assert await index_all(stores) == 14
    assert sorted(await found(stores, "word")) == sorted(
        [*(f"word {number}" for number in range(2, 11)), "word one"]
    )
    hints = await stores.search.find(ANN, Wanted(("1",)), None, 50)
    assert hints.places == ()


async def test_a_rebuild_beside_a_server_finds_everything_and_tells_how_far_it_is(stores):
    other = ConversationId(str(2**52 + 60))
    await stores.add_talk(other, (ANN, CEM), ConversationKind.GROUP)
    for number in range(30):
        await stores.say(f"word {number}", talk=TALK if number % 3 else other)
    await index_all(stores)
    told = []

    async def serve():
        for _ in range(10):
            await stores.search.add([TALK, other], 2)

    done, _ = await asyncio.gather(
        rebuild(stores.search, lambda some, there: told.append((some, there))), serve()
    )
    assert done == 32
    assert told[0] == (0, 32)
    assert told[-1] == (32, 32)
    assert told == sorted(told)
    assert len(await found(stores, "word")) == 30
    assert await behind(stores) == []
