"""What people do with messages, through a real server: every device sees it, and it lasts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from parlor.client import Connection, connect
from parlor.model.errors import (
    BadRequest,
    BadText,
    Forbidden,
    MessageGone,
    NotMember,
    ParlorError,
    TooLate,
)
from parlor.model.event import Event, EventKind
from parlor.model.scheduled import Scheduled
from parlor.wire.native import methods as wire
from parlor.wire.native.methods import acts, schedule
from parlor.wire.native.methods.shape import Params, Result
from parlor.wire.native.pushes import EventPush, SchedulePush
from tests.support.people import Person, sign_up
from tests.support.server import ParlorServer, running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")

WINDOW_S = 2
FLAGS = ("--set", f"messages.recall_window_s={WINDOW_S}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ParlorServer]:
    async with running_parlor(tmp_path_factory.mktemp("acts"), FLAGS) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(server: ParlorServer) -> AsyncIterator[tuple[Person, Person, Person]]:
    ann, bob, eve = [await sign_up(server.url, name) for name in ("ann", "bob", "eve")]
    yield ann, bob, eve
    for person in (ann, bob, eve):
        await person.rest.aclose()


async def say(person: Person, talk: str, text: str, **fields: object) -> int:
    body = {"client_id": text, "text": text, **fields}
    sent = await person.post(f"/conversations/{talk}/messages", body)
    seq: int = sent["event"]["seq"]
    return seq


async def hears(connection: Connection, kind: EventKind) -> Event:
    """The next announced event of this kind."""
    async with asyncio.timeout(10):
        while True:
            push = await connection.next_push(EventPush)
            assert isinstance(push.data, EventPush)
            if push.data.event.kind is kind:
                return push.data.event


async def hears_schedule(connection: Connection) -> tuple[str, Scheduled | None]:
    async with asyncio.timeout(10):
        push = await connection.next_push(SchedulePush)
    assert isinstance(push.data, SchedulePush)
    return push.data.client_id, push.data.scheduled


async def test_every_device_sees_an_edit_a_reaction_a_pin_and_a_recall(people):
    ann, bob, _ = people
    talk = await ann.talk_to(bob)
    async with (
        connect(ann.websocket_url, ann.token) as hers,
        connect(ann.tcp_url, ann.token, instance="tab") as hers_too,
        connect(bob.websocket_url, bob.token) as his,
        connect(bob.tcp_url, bob.token, instance="tab") as his_too,
    ):
        seq = await say(ann, talk, "helo")
        wishes: list[tuple[Params, EventKind]] = [
            (acts.MessageEdit(talk, seq, "e", "hello"), EventKind.EDIT),
            (acts.MessageReact(talk, seq, "r", "👍"), EventKind.REACTION),
            (acts.MessagePin(talk, seq, "p"), EventKind.PIN),
            (acts.MessageRecall(talk, seq, "x"), EventKind.RECALL),
        ]
        for params, kind in wishes:
            done = await hers.request(params, acts.ActResult)
            assert done.event is not None
            # The answer is all that the acting connection gets.
            for device in (hers_too, his, his_too):
                heard = await hears(device, kind)
                assert (heard.id, heard.target, heard.text, heard.emoji) == (
                    done.event.id,
                    seq,
                    done.event.text,
                    done.event.emoji,
                )
            again = await hers.request(params, acts.ActResult)
            assert (again.event, again.created) == (done.event, False)
        page = await his.request(wire.EventsList(talk, after=0), wire.EventsResult)
        assert [event.seq for event in page.events] == list(range(1, page.last_seq + 1))
        assert not any(event.text for event in page.events)
        (state,) = page.states
        assert (state.seq, state.recalled_by) == (seq, ann.id)


async def test_a_message_s_life_can_be_read_over_rest(people):
    ann, bob, _ = people
    talk = await ann.talk_to(bob)
    seq = await say(ann, talk, "one")
    path = f"/conversations/{talk}/events/{seq}"
    await ann.post(f"{path}/edit", {"client_id": "e1", "text": "two"})
    await bob.post(f"{path}/react", {"client_id": "r1", "emoji": "🎉"})
    await bob.post(f"{path}/pin", {"client_id": "p1"})
    versions = (await bob.get(f"{path}/history"))["versions"]
    assert [version["text"] for version in versions] == ["one", "two"]
    reactions = (await ann.get(f"{path}/reactions"))["reactions"]
    assert [(one["user_id"], one["emoji"]) for one in reactions] == [(bob.id, "🎉")]
    pins = await ann.get(f"/conversations/{talk}/pins")
    (state,) = [state for state in pins["states"] if state["seq"] == seq]
    assert (state["text"], state["pinned"]) == ("two", True)
    assert state["reactions"][0]["users"] == [bob.id]
    assert await bob.post(f"{path}/pin", {"client_id": "p2"}) == {"event": None, "created": False}


async def test_bad_wishes_get_one_coded_answer_each_and_change_nothing(people):
    ann, bob, eve = people
    talk = await ann.talk_to(bob)
    late = await say(ann, talk, "said long ago")
    await asyncio.sleep(WINDOW_S + 0.1)
    seq = await say(ann, talk, "said just now")
    last_seq = (await ann.get(f"/conversations/{talk}/events"))["last_seq"]
    marks = "a" + "\u0301" * 4_000
    edit = acts.MessageEdit
    wishes: list[tuple[Person, Params, type[Result], type[ParlorError]]] = [
        (bob, edit(talk, seq, "c", "mine"), acts.ActResult, Forbidden),
        (bob, acts.MessageRecall(talk, seq, "c"), acts.ActResult, Forbidden),
        (ann, acts.MessageRecall(talk, late, "c"), acts.ActResult, TooLate),
        (ann, edit(talk, 10**15, "c", "x"), acts.ActResult, BadRequest),
        (ann, edit(talk, -1, "c", "x"), acts.ActResult, BadRequest),
        (ann, edit(talk, seq, "c", marks), acts.ActResult, BadText),
        (ann, wire.MessageSend(talk, "c", marks), wire.MessageSendResult, BadText),
        (ann, acts.MessagePins(talk, limit=10**9), acts.PinsResult, BadRequest),
        (ann, acts.MessagePins(talk, -1), acts.PinsResult, BadRequest),
        (ann, acts.MessageReactions(talk, seq, after=-1), acts.ReactionsResult, BadRequest),
        (ann, schedule.ScheduleList("x"), schedule.ScheduleListResult, BadRequest),
        (eve, edit(talk, seq, "c", "x"), acts.ActResult, NotMember),
        (eve, acts.MessageRecall(talk, seq, "c"), acts.ActResult, NotMember),
        (eve, acts.MessageReact(talk, seq, "c", "👍"), acts.ActResult, NotMember),
        (eve, acts.MessagePin(talk, seq, "c"), acts.ActResult, NotMember),
        (eve, acts.MessagePins(talk), acts.PinsResult, NotMember),
        (eve, acts.MessageHistory(talk, seq), acts.HistoryResult, NotMember),
        (eve, acts.MessageReactions(talk, seq), acts.ReactionsResult, NotMember),
        (eve, acts.MessageForward(talk, (seq,), (talk,), "c"), acts.ForwardResult, NotMember),
        (eve, schedule.SchedulePut(talk, "c", 1, "x"), schedule.ScheduleResult, NotMember),
    ]
    for person, params, result, refusal in wishes:
        async with connect(person.websocket_url, person.token) as connection:
            with pytest.raises(refusal):
                await connection.request(params, result)
    log = await ann.get(f"/conversations/{talk}/events")
    assert log["last_seq"] == last_seq
    assert log["events"][-1]["text"] == "said just now"


@pytest.mark.parametrize("name", ["edit", "messages"])
async def test_half_a_character_a_megabyte_of_marks_and_a_crowd_are_refused(people, name):
    ann, bob, _ = people
    talk = await ann.talk_to(bob)
    seq = await say(ann, talk, "whole")
    path = f"/api/v1/conversations/{talk}/" + (f"events/{seq}/edit" if name == "edit" else name)
    for body, codes in (
        (b'{"client_id": "c", "text": "\\ud800"}', {"bad_request", "bad_text"}),
        (b'{"client_id": "c", "text": "a%s"}' % ("\u0301" * 500_000).encode(), {"too_large"}),
        (b'{"client_id": "c", "text": "a%s"}' % ("\u0301" * 100_000).encode(), {"text_too_long"}),
        (b'{"client_id": "c", "text": "a%s"}' % ("\u0301" * 4_000).encode(), {"bad_text"}),
    ):
        reply = await ann.rest.post(path, content=body)
        assert reply.json()["error"]["code"] in codes
    crowd = [str(2**52 + n) for n in range(10_001)]
    reply = await ann.rest.post(path, json={"client_id": "c", "text": "x", "mentions": crowd})
    assert reply.json()["error"]["code"] == "bad_request"
    events = (await bob.get(f"/conversations/{talk}/events"))["events"]
    assert events[-1]["text"] == "whole"


async def test_text_with_sql_and_markup_comes_back_as_it_was_sent(people):
    ann, bob, _ = people
    talk = await ann.talk_to(bob)
    evil = "'; DROP TABLE events; -- <script>alert(1)</script> \" \\ %s ${x} {{x}} \u0027 OR 1=1"
    seq = await say(ann, talk, evil[:60])
    path = f"/conversations/{talk}/events/{seq}"
    await ann.post(f"{path}/edit", {"client_id": "evil", "text": evil})
    versions = (await bob.get(f"{path}/history"))["versions"]
    assert [version["text"] for version in versions] == [evil[:60], evil]


async def test_a_scheduled_message_is_sent_when_due_and_an_expiring_one_goes(people):
    ann, bob, _ = people
    talk = await ann.talk_to(bob)
    async with (
        connect(ann.websocket_url, ann.token) as hers,
        connect(bob.websocket_url, bob.token) as his,
    ):
        at_ms = int(time.time() * 1000) + 300
        put = schedule.SchedulePut(talk, "s1", at_ms, "from the past", expires_in_s=1)
        kept = await hers.request(put, schedule.ScheduleResult)
        assert await hears_schedule(hers) == ("s1", kept.scheduled)
        event = await hears(his, EventKind.MESSAGE)
        assert (event.text, event.sender, event.client_id) == ("from the past", ann.id, "s1")
        assert event.sent_at >= at_ms
        assert await hears_schedule(hers) == ("s1", None)
        waiting = await hers.request(schedule.ScheduleList(), schedule.ScheduleListResult)
        assert waiting.scheduled == ()
        await asyncio.sleep(max(0.0, event.expires_at / 1000 - time.time()) + 0.01)
        page = await his.request(wire.EventsList(talk, limit=1), wire.EventsResult)
        (gone,) = page.events
        assert (gone.seq, gone.text, gone.expires_at) == (event.seq, "", event.expires_at)
        with pytest.raises(MessageGone):
            await his.request(acts.MessageHistory(talk, event.seq), acts.HistoryResult)


async def test_messages_are_forwarded_one_by_one_and_merged(people):
    ann, bob, eve = people
    source, target = await ann.talk_to(bob), await bob.talk_to(eve)
    seqs = (await say(ann, source, "first"), await say(bob, source, "second"))
    async with (
        connect(bob.websocket_url, bob.token) as his,
        connect(eve.websocket_url, eve.token) as hers,
    ):
        for merged in (False, True):
            wish = acts.MessageForward(source, seqs, (target,), f"f{merged}", merged)
            (done,) = (await his.request(wish, acts.ForwardResult)).forwarded
            for copy in done.events:
                assert await hears(hers, EventKind.MESSAGE) == copy
            said = [snapshot.text for snapshot in done.events[0].merged]
            assert said == (["first", "second"] if merged else [])
            assert source not in str(done)


async def test_what_waits_survives_a_kill_and_is_sent_once(server, people):
    ann, bob, _ = people
    talk = await ann.talk_to(bob)
    at_ms = int(time.time() * 1000) + 1_500
    body = {"conversation_id": talk, "client_id": "k", "at_ms": at_ms, "text": "still here"}
    await ann.post("/scheduled", body)
    await server.kill()
    await asyncio.sleep(max(0.0, at_ms / 1000 - time.time()))
    await server.start()
    async with asyncio.timeout(15):
        while (await ann.get("/scheduled"))["scheduled"]:
            await asyncio.sleep(0.05)
    events = (await bob.get(f"/conversations/{talk}/events"))["events"]
    assert [event.get("text", "") for event in events].count("still here") == 1
