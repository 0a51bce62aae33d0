"""Wrong and hostile wishes of people in conversations: one coded answer each, nothing half done."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from parlor.model.close import CloseCode
from tests.support.people import Person, sign_up
from tests.support.raw_native import RawNative, raw_native
from tests.support.server import ParlorServer, running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS = (
    "gateway.requests_per_second=100000", "gateway.request_burst=100000",
    "gateway.max_in_flight=1000", "http.user_request_burst=100000",
    "accounts.hash_passes=1", "accounts.hash_memory_kib=1024",
    "people.profile_per_minute=1000", "people.status_per_minute=1000",
    "messages.recall_window_s=1",
)  # fmt: skip
FLAGS = [flag for setting in SETTINGS for flag in ("--set", setting)]
NUMBERS = count()
SQL = "'; DROP TABLE events; -- \" \\ %s ${x} {{x}} OR 1=1 /* */"
HTML = "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ParlorServer]:
    async with running_parlor(tmp_path_factory.mktemp("bad_wishes"), FLAGS) as server:
        yield server


def tomorrow() -> int:
    """Unix milliseconds."""
    return int(time.time() + 86_400) * 1000


class Speaker:
    """Somebody with a connection, whose wishes are JSON."""

    def __init__(self, person: Person, connection: RawNative) -> None:
        self.person = person
        self.id = person.id
        self.connection = connection

    async def code(self, method: str, **params: Any) -> str:
        return await self.connection.code(method, params)

    async def told(self, method: str, **params: Any) -> Any:
        reply = await self.connection.ask(method, params)
        assert "result" in reply, (method, reply)
        return reply["result"]

    async def act(self, method: str, conversation: str, **params: Any) -> str:
        """The code of the refusal of something new, empty when it was done."""
        name = f"act-{next(NUMBERS)}"
        return await self.code(method, conversation_id=conversation, client_id=name, **params)

    async def log(self, conversation: str) -> Any:
        path = f"/conversations/{conversation}/events?limit=200"
        return (await self.person.get(path))["events"]


Makes = Callable[[int], Awaitable[list[Speaker]]]


@pytest_asyncio.fixture(loop_scope="module")
async def speakers(
    server: ParlorServer,
) -> AsyncIterator[Callable[[int], Awaitable[list[Speaker]]]]:
    """Makes as many people as asked for."""
    async with AsyncExitStack() as stack:

        async def make(how_many: int) -> list[Speaker]:
            made = []
            for _ in range(how_many):
                person = await sign_up(server.url, f"person{next(NUMBERS)}")
                stack.push_async_callback(person.rest.aclose)
                connection = await stack.enter_async_context(raw_native(server.port, person.token))
                made.append(Speaker(person, connection))
            return made

        yield make


async def a_group(owner: Speaker, *others: Speaker) -> str:
    return await owner.person.talk_to(*(one.person for one in others), title="Group")


async def test_what_is_another_s_is_not_found_and_stays_as_it_is(speakers):
    ann, bob, eve = await speakers(3)
    talk, other = await a_group(ann, bob), await a_group(eve, bob)
    said = {"conversation_id": talk, "client_id": "later", "text": "x", "at_ms": tomorrow()}
    await ann.told("schedule.put", **said)
    link = await ann.told("group.link.make", conversation_id=talk, client_id="link")
    code = link["link"]["code"]
    call = await ann.told(
        "call.start", conversation_id=await ann.person.talk_to(bob.person), media="audio"
    )
    ringing = call["call"]["id"]

    assert await eve.told("schedule.cancel", client_id="later") == {"cancelled": False}
    for method in ("call.ringing", "call.accept", "call.reject", "call.hang_up"):
        assert await eve.code(method, call_id=ringing) == "no_such_call"
    signal = {"call_id": ringing, "kind": "state", "payload": "{}"}
    assert await eve.code("call.signal", **signal) == "no_such_call"
    await eve.code("group.link.revoke", conversation_id=other, code=code)
    assert await eve.act("message.forward", talk, seqs=[1], to=[other]) == "not_member"
    assert await eve.code("star.set", conversation_id=talk, seq=1) == "not_member"
    assert await eve.code("group.link.show", code=code) == ""
    assert await eve.act("group.role", other, user_id=ann.id, role="administrator") == "not_found"
    for method in ("group.transfer", "group.mute"):
        assert await eve.act(method, other, user_id=ann.id) == "not_found"
    assert await eve.act("group.decide", other, user_id=ann.id, let_in=True) == "not_found"
    assert await eve.code("device.sign_out", device="no-device") == "not_found"

    waiting = await ann.told("schedule.list")
    assert [one["client_id"] for one in waiting["scheduled"]] == ["later"]
    links = await ann.told("group.link.list", conversation_id=talk)
    assert [one["code"] for one in links["links"]] == [code]
    assert (await ann.told("call.hang_up", call_id=ringing))["call"]["id"] == ringing


@pytest.mark.parametrize(
    "name", ["x", "", "-1", "0", "9" * 40, "1e9", "１２", "\u0000", "' OR 1=1"]
)
async def test_an_id_that_cannot_be_is_nobody_and_nothing(speakers, name):
    (ann, bob) = await speakers(2)
    talk = await a_group(ann, bob)
    for method in ("conversation.get", "events.list", "receipt.list", "group.online"):
        assert await ann.code(method, conversation_id=name) == "not_found", method
    assert await ann.code("message.send", conversation_id=name, client_id="c", text="x") == (
        "not_found"
    )
    for method in ("profile.get", "contact.request"):
        assert await ann.code(method, user=name) == "not_found", method
    for method in ("group.invite", "group.transfer", "group.role"):
        about: dict[str, Any] = {"members": [name]} if method == "group.invite" else {
            "user_id": name, "role": "member",
        }  # fmt: skip
        assert await ann.act(method, talk, **about) == "not_found", method
    made = await ann.code("conversation.create", kind="direct", members=[name])
    assert made == "not_found"
    assert len(await ann.log(talk)) == 1


@pytest.mark.parametrize("seq", [0, -1, 4, 10**15, 2**53 - 1])
async def test_a_seq_that_is_not_there_is_a_bad_request_for_every_act(speakers, seq):
    ann, bob = await speakers(2)
    talk = await a_group(ann, bob)
    for number in (2, 3):
        await ann.act("message.send", talk, text=f"message {number}")
    assert await ann.act("message.edit", talk, seq=seq, text="x") == "bad_request"
    assert await ann.act("message.recall", talk, seq=seq) == "bad_request"
    assert await ann.act("message.react", talk, seq=seq, emoji="👍") == "bad_request"
    assert await ann.act("message.pin", talk, seq=seq) == "bad_request"
    assert await ann.act("message.forward", talk, seqs=[2, seq], to=[talk]) == "bad_request"
    for method in ("message.history", "message.reactions", "message.readers"):
        assert await ann.code(method, conversation_id=talk, seq=seq) == "bad_request", method
    assert await ann.code("star.set", conversation_id=talk, seq=seq) == "bad_request"
    if seq:
        assert await ann.act("message.send", talk, text="x", reply_to=seq) == "bad_request"
    assert len(await ann.log(talk)) == 3


async def test_reading_further_than_there_is_reads_to_the_end(speakers):
    ann, bob = await speakers(2)
    talk = await a_group(ann, bob)
    await ann.act("message.send", talk, text="x")
    for seq in (10**15, 2**53 - 1):
        assert await bob.told("read.set", conversation_id=talk, seq=seq) == {
            "read_seq": 2, "unread": 0,
        }  # fmt: skip
    assert await bob.code("read.set", conversation_id=talk, seq=-1) == "bad_request"
    read = await bob.person.post(f"/conversations/{talk}/read", {"seq": 1})
    assert read == {"read_seq": 2, "unread": 0}


async def test_another_s_message_is_not_edited_and_a_late_one_not_taken_back(speakers):
    ann, bob = await speakers(2)
    talk = await a_group(ann, bob)
    await ann.act("message.send", talk, text="as it was")
    await bob.act("message.send", talk, text="bob's")
    path = f"/api/v1/conversations/{talk}/events"
    for seq, name, body, code in (
        (2, "edit", {"text": "mine"}, "forbidden"),
        (2, "recall", {}, "forbidden"),
    ):
        assert await bob.act(f"message.{name}", talk, seq=seq, **body) == code
        named = {"client_id": f"r{next(NUMBERS)}", **body}
        refused = await bob.person.rest.post(f"{path}/{seq}/{name}", json=named)
        assert refused.json()["error"]["code"] == code
    await asyncio.sleep(1.1)
    assert await bob.act("message.recall", talk, seq=3) == "too_late"
    refused = await bob.person.rest.post(f"{path}/3/recall", json={"client_id": "late"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "too_late")
    assert [event.get("text", "") for event in await ann.log(talk)] == ["", "as it was", "bob's"]
    assert await ann.act("message.recall", talk, seq=3) == ""


async def test_a_megabyte_of_marks_is_more_than_a_message_may_be(server, speakers):
    ann, bob = await speakers(2)
    talk = await a_group(ann, bob)
    marks = "a" + "\u0301" * 500_000
    async with raw_native(server.port, ann.person.token) as connection:
        said = {"conversation_id": talk, "client_id": "c", "text": marks}
        connection.send("message.send", said)
        # Refused by the frame's head: its code, or a reset when our rest was on the way.
        with contextlib.suppress(ConnectionResetError):
            assert await connection.socket.close_code() == CloseCode.TOO_BIG
        assert connection.socket.reader.at_eof() or connection.socket.reader.exception()
    path = f"/api/v1/conversations/{talk}/messages"
    content = f'{{"client_id": "c", "text": "{marks}"}}'.encode()
    assert (await ann.person.rest.post(path, content=content)).json()["error"]["code"] == (
        "too_large"
    )
    assert len(await ann.log(talk)) == 1


async def test_a_crowd_of_mentions_is_refused_wherever_a_message_is_written(speakers):
    ann, bob = await speakers(2)
    talk = await a_group(ann, bob)
    await ann.act("message.send", talk, text="whole")
    crowd = [str(number) for number in range(10_001)]
    for method, more in (
        ("message.send", {}),
        ("message.edit", {"seq": 2}),
        ("schedule.put", {"at_ms": tomorrow()}),
    ):
        code = await ann.act(method, talk, text="x", mentions=crowd, **more)
        assert code == "bad_request", method
    assert [event.get("text", "") for event in await ann.log(talk)] == ["", "whole"]


async def test_the_last_owner_hands_over_or_takes_the_group_along(speakers):
    ann, bob = await speakers(2)
    talk = await a_group(ann, bob)
    assert await ann.act("group.leave", talk) == "owner_must_transfer"
    assert await ann.act("group.remove", talk, members=[ann.id]) != ""
    assert await bob.act("group.leave", talk) == ""
    assert await ann.act("group.leave", talk) == ""
    for one in (ann, bob):
        assert await one.code("events.list", conversation_id=talk) == "not_member"
        listed = await one.told("conversation.list")
        assert talk not in [view["id"] for view in listed["conversations"]]


async def test_two_administrators_who_remove_each_other_at_once_both_stay(speakers):
    """Administrators are subject to the owner alone, whatever they may otherwise."""
    owner, ann, bob = await speakers(3)
    talk = await a_group(owner, ann, bob)
    for one in (ann, bob):
        await owner.act("group.role", talk, user_id=one.id, role="administrator")
    for _ in range(10):
        codes = await asyncio.gather(
            ann.act("group.remove", talk, members=[bob.id]),
            bob.act("group.remove", talk, members=[ann.id]),
        )
        assert list(codes) == ["forbidden", "forbidden"]
    listed = await owner.told("conversation.members", conversation_id=talk)
    assert {member["user_id"] for member in listed["members"]} == {owner.id, ann.id, bob.id}


async def test_an_owner_and_the_next_who_remove_each_other_at_once_leave_one_owner(speakers):
    ann, bob, cem = await speakers(3)
    for _ in range(10):
        talk = await a_group(ann, bob, cem)
        codes = await asyncio.gather(
            ann.act("group.transfer", talk, user_id=bob.id),
            bob.act("group.remove", talk, members=[ann.id]),
        )
        log = await cem.log(talk)
        assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
        assert list(codes).count("") == len(log) - 1
        assert codes[0] == ""
        assert codes[1] in ("", "forbidden")
        listed = await cem.told("conversation.members", conversation_id=talk)
        roles = {member["user_id"]: member["role"] for member in listed["members"]}
        removed = {} if codes[1] == "" else {ann.id: "administrator"}
        assert roles == {bob.id: "owner", cem.id: "member", **removed}


async def test_a_thousand_joins_and_leaves_in_a_second_leave_the_right_list(speakers):
    owner, *crowd = await speakers(21)
    talk = await a_group(owner, crowd[0])
    await owner.act("group.leave", talk)
    await owner.act("group.update", talk, settings={"join": "open"})
    wishes = [
        (one, one.connection.send(method, {"client_id": f"{method}-{n}", "conversation_id": talk}))
        for n in range(25)
        for method in ("group.join", "group.leave")
        for one in crowd
    ]
    assert len(wishes) == 1_000

    async def answers(one: Speaker) -> list[Any]:
        mine = {number for other, number in wishes if other is one}
        found: dict[int, Any] = {}
        async with asyncio.timeout(60):
            while len(found) < len(mine):
                reply = await one.connection.next_message()
                if reply.get("id") in mine:
                    assert reply["id"] not in found
                    found[reply["id"]] = reply
        return list(found.values())

    replies = [reply for one in await asyncio.gather(*map(answers, crowd)) for reply in one]
    assert len(replies) == 1_000
    # One person's own wishes overtake each other: gone when leaving, back when asking to come in.
    refused = [reply["error"]["code"] for reply in replies if "error" in reply]
    # A machine that is busy elsewhere may not get through them in time, and says so.
    assert set(refused) <= {"not_member", "bad_request", "deadline_exceeded"}

    there = {owner.id, crowd[0].id}
    after, seqs = 0, []
    while True:
        path = f"/conversations/{talk}/events?after={after}&limit=200"
        page = await owner.person.get(path)
        for event in page["events"]:
            seqs.append(event["seq"])
            if event["kind"] == "joined":
                assert not there & set(event["members"])
                there |= set(event["members"])
            elif event["kind"] == "left":
                assert set(event["members"]) <= there
                there -= set(event["members"])
        if not page["more"]:
            break
        after = page["events"][-1]["seq"]
    assert seqs == list(range(1, len(seqs) + 1))
    listed = await owner.told("conversation.members", conversation_id=talk)
    assert {member["user_id"] for member in listed["members"]} == there
    view = await owner.told("conversation.get", conversation_id=talk)
    assert view["conversation"]["member_count"] == len(there)
    for one in crowd:
        is_there = await one.code("conversation.get", conversation_id=talk) == ""
        assert is_there == (one.id in there)


@pytest.mark.parametrize("evil", [SQL, HTML], ids=["sql", "html"])
async def test_words_are_stored_as_they_are_in_every_field_that_keeps_words(speakers, evil):
    ann, bob = await speakers(2)
    talk, direct = await a_group(ann, bob), await ann.person.talk_to(bob.person)
    short = evil[:24].strip()

    await ann.told("me.update", display_name=evil, about=evil)
    profile = (await bob.told("profile.get", user=ann.id))["profile"]
    assert (profile["user"]["display_name"], profile["about"]) == (evil, evil)

    await ann.told("presence.set", state="busy", text=evil)
    seen = (await bob.told("presence.get", users=[ann.id]))["users"]
    assert seen[0]["text"] == evil

    for field in ("title", "announcement"):
        assert await ann.act("group.update", talk, **{field: evil}) == ""
    view = (await bob.told("conversation.get", conversation_id=talk))["conversation"]
    assert (view["title"], view["announcement"]) == (evil, evil)

    await ann.act("message.send", talk, text=evil)
    assert (await bob.log(talk))[-1]["text"] == evil
    seq = (await bob.log(talk))[-1]["seq"]
    await ann.act("message.edit", talk, seq=seq, text=evil + "2")
    history = await bob.told("message.history", conversation_id=talk, seq=seq)
    assert [version["text"] for version in history["versions"]] == [evil, evil + "2"]
    await ann.act("message.forward", talk, seqs=[seq], to=[direct], merged=True, text=evil)
    merged = (await bob.log(direct))[-1]
    assert (merged["text"], merged["merged"][0]["text"]) == (evil, evil + "2")

    later = {"conversation_id": talk, "client_id": evil, "at_ms": tomorrow(), "text": evil}
    await ann.told("schedule.put", **later)
    waiting = (await ann.told("schedule.list"))["scheduled"][0]
    assert (waiting["client_id"], waiting["said"]["text"]) == (evil, evil)
    assert await ann.told("schedule.cancel", client_id=evil) == {"cancelled": True}

    await ann.told("draft.set", conversation_id=talk, text=evil)
    value = f'"{short.translate({34: "", 92: ""})}"'
    await ann.told("setting.set", name="theme", value=value)
    kept = {entry["kind"]: entry for entry in (await ann.told("self.list"))["entries"]}
    assert kept["setting"]["body"] == value
    assert json.loads(kept["draft"]["body"])["text"] == evil

    await ann.told("contact.request", user=bob.id, text=evil)
    asked = (await bob.told("contact.list", kind="requests"))["contacts"][0]
    assert asked["text"] == evil
    await bob.told("contact.decide", user=ann.id, accept=True)
    await bob.told("contact.update", user=ann.id, remark=evil, tags=[short])
    contact = (await bob.told("contact.list"))["contacts"][0]
    assert (contact["remark"], contact["tags"]) == (evil, [short])

    await ann.act("group.leave", talk)
    await ann.act("group.update", talk, settings={"join": "approval"})
    (eve,) = await speakers(1)
    asking = {"client_id": "j", "conversation_id": talk, "text": evil}
    assert not (await eve.told("group.join", **asking))["inside"]
    requests = await ann.told("group.requests", conversation_id=talk)
    assert requests["requests"][0]["text"] == evil

    devices = (await ann.told("device.list"))["devices"]
    await ann.told("device.rename", device=devices[0]["device"], label=evil)
    assert (await ann.told("device.list"))["devices"][0]["label"] == evil


async def test_a_message_is_from_who_sent_it_and_reaches_the_two_and_nobody_else(server, speakers):
    ann, bob, eve = await speakers(3)
    talk = await ann.person.talk_to(bob.person)
    async with (
        raw_native(server.port, ann.person.token) as hers_too,
        raw_native(server.port, bob.person.token) as his_too,
    ):
        forged = {"sender": eve.id, "from": eve.id, "user_id": eve.id, "seq": 99, "sent_at": 1}
        assert await ann.act("message.send", talk, text="it is I", **forged) == ""
        for connection in (bob.connection, hers_too, his_too):
            push = await connection.next_message()
            while push.get("push") != "event" or "text" not in push["data"]["event"]:
                push = await connection.next_message()
            event = push["data"]["event"]
            assert (event["sender"], event["seq"], event["text"]) == (ann.id, 2, "it is I")
    # What Eve was sent comes before the answer to what she asks now.
    number = eve.connection.send("heartbeat", {})
    assert (await eve.connection.next_message())["id"] == number
    assert await eve.code("events.list", conversation_id=talk) == "not_member"


async def test_the_log_of_all_this_has_no_failure_in_it(server):
    for word in ("request_broke", "request_failed", "Traceback"):
        assert word not in server.log()
