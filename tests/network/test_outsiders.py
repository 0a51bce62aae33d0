"""Somebody who is not in a conversation gets nothing of it and changes nothing in it, whoever is
blocked reaches nobody, and a token that was signed out is nobody's: by every method of the native
protocol and every route of the API, so that a new one cannot be forgotten."""

import re

import msgspec
import pytest

from parlor.client import ConnectionClosed, connect
from parlor.model.conversation import ConversationKind
from parlor.model.errors import NotReady, ParlorError, Unauthenticated
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import PushMessage
from parlor.wire.native.methods import METHODS
from parlor.wire.native.methods.acts import ForwardResult, MessageForward
from parlor.wire.native.methods.contacts import ContactRequest, ContactResult
from parlor.wire.native.methods.groups import GroupActResult, GroupInvite
from parlor.wire.native.methods.own import EventsAt, EventsAtResult, SyncChanges, SyncResult
from parlor.wire.native.methods.presence import PresenceGet, PresenceResult, PresenceWatch
from parlor.wire.native.pushes import CallPush, ConversationPush, EventPush, TypingPush
from tests.support.mill import SECRET, SECRET_SEQ, TITLE, running_mill

REFUSED = {"not_member", "not_found", "no_such_call"}

NAMES_ONE = {"conversation_id", "call_id", "positions", "have"}
"""Parameters that name a conversation, or a call in one."""

OF_NO_CONVERSATION = {
    "hello", "token.renew", "heartbeat", "session.end", "mail.ack",
    "me.get", "me.update", "me.privacy", "users.find", "users.get", "profile.get",
    "contact.request", "contact.decide", "contact.update", "contact.remove", "contact.list",
    "block.set", "block.list", "presence.set", "presence.get", "presence.watch",
    "conversation.create", "conversation.list", "room.get", "room.list",
    "self.list", "setting.set", "star.list", "schedule.list", "schedule.cancel",
    "room.join", "room.leave", "room.publish", "tags.set", "call.ice",
    "device.list", "device.rename", "device.sign_out", "device.sign_out_others",
}  # fmt: skip
"""Methods that name none. A new method is here, or its parameters name one."""

ANSWERED = {"sync.changes", "delivered.set"}
"""They name several at once, and leave out those that are not theirs who ask."""

ENDS = {"hello", "token.renew", "session.end", "device.sign_out_others"}
"""After these, the one that asks is somebody else or nobody."""

OUTSIDE = ["eve", "dan", "fay"]
"""Who was never in, who left, who was removed."""

HAS_A_TARGET = {
    name
    for name, method in METHODS.items()
    if {"seq", "seqs"} & set(method.params.__struct_fields__) and name != "read.set"
}

OF_WHO_IS_BLOCKED = {
    "conversation.get", "conversation.members", "events.list", "events.at", "read.set",
    "message.pins", "message.history", "message.reactions", "message.readers", "receipt.list",
    "message.forward", "message.recall", "message.search", "conversation.set", "draft.set",
    "star.set", "delivered.set", "sync.changes", "schedule.put", "typing.set",
}  # fmt: skip
"""What they may do still: read, keep things for themselves, take back what they said. What is
scheduled is refused at its time, and typing is told to nobody."""

NOT_REACHED = {"not_wanted", "bad_request", "not_found", "forbidden", "no_such_call"}
"""What they hear otherwise; what is of groups is no part of a direct conversation."""


def test_every_method_says_whether_it_is_of_a_conversation():
    of_one = {
        name for name, method in METHODS.items() if NAMES_ONE & set(method.params.__struct_fields__)
    }
    assert of_one | OF_NO_CONVERSATION == METHODS.keys()
    assert not of_one & OF_NO_CONVERSATION


async def _ask(link, mill, asker, name, conversation):
    """(the code of the refusal or "", everything that was answered as text)."""
    method = METHODS[name]
    try:
        answer = await link.request(mill.params(method, asker, conversation), method.result)
    except ParlorError as refused:
        return refused.code, str(refused)
    return "", msgspec.json.encode(answer).decode()


async def test_no_method_lets_an_outsider_in(tmp_path):
    async with running_mill(tmp_path) as mill:
        before = await mill.shown()
        for who in OUTSIDE:
            await _try_every_method(mill, getattr(mill, who))
            assert await mill.shown() == before, who


async def _try_every_method(mill, asker):
    async with connect(asker.websocket_url, asker.token) as link:
        for name in sorted(METHODS.keys() - ENDS):
            code, said = await _ask(link, mill, asker, name, mill.group)
            assert SECRET not in said, name
            assert TITLE not in said, name
            if name not in OF_NO_CONVERSATION | ANSWERED:
                assert code in REFUSED, f"{name}: {code} {said}"
        into = MessageForward(mill.home, (1,), (mill.group,), "into")
        with pytest.raises(ParlorError):
            # An event of their own conversation that is no message.
            await link.request(into, ForwardResult)
        own = wire.MessageSend(mill.home, asker.id, "hello")
        seq = (await link.request(own, wire.MessageSendResult)).event.seq
        into = MessageForward(mill.home, (seq,), (mill.group,), f"into-{asker.id}")
        (sent,) = (await link.request(into, ForwardResult)).forwarded
        assert (sent.events, sent.refused) == ((), "not_member")
        gone = await link.request(SyncChanges({mill.group: 1}), SyncResult)
        assert mill.group in gone.gone
        assert mill.group not in {change.conversation.id for change in gone.changes}


async def test_no_route_lets_an_outsider_in(tmp_path):
    async with running_mill(tmp_path) as mill:
        before = await mill.shown()
        for who in OUTSIDE:
            await _try_every_route(mill, getattr(mill, who))
            assert await mill.shown() == before, who


async def _try_every_route(mill, asker):
    asked = 0
    # Whoever has left may still clear up what they kept.
    their_own = {f"delete /api/v1/conversations/{mill.group}/events/{SECRET_SEQ}/star"}
    async for where, of_one, answer in _every_route(mill, asker, mill.group):
        assert SECRET not in answer.text, where
        assert TITLE not in answer.text, where
        if of_one and where not in their_own:
            assert answer.status_code in (403, 404), f"{where}: {answer.text}"
            assert answer.json()["error"]["code"] in REFUSED, f"{where}: {answer.text}"
            asked += 1
    assert asked >= 30


async def test_nothing_from_before_somebodys_time_is_theirs_to_see_or_to_touch(tmp_path):
    async with running_mill(tmp_path) as mill:
        gil, group = mill.gil, mill.group
        before = (await mill.log(group), await mill.ann.get(f"/conversations/{group}/pins"))
        joined = len(before[0]["events"])
        async with connect(gil.websocket_url, gil.token) as link:
            for name in sorted(METHODS.keys() - ENDS - {"group.leave"}):
                code, said = await _ask(link, mill, gil, name, group)
                assert SECRET not in said, name
                if name in HAS_A_TARGET:
                    assert code in {"bad_request", "not_found"}, f"{name}: {code} {said}"
            for after, until in [(0, None), (None, joined), (0, joined), (None, None)]:
                wanted = wire.EventsList(group, after=after, before=until)
                page = await link.request(wanted, wire.EventsResult)
                assert all(event.seq >= joined for event in page.events)
                assert all(state.seq >= joined for state in page.states)
            assert (await link.request(EventsAt(group, 0), EventsAtResult)).seq >= joined
            for have in ({}, {group: 0}, {group: SECRET_SEQ}):
                caught_up = await link.request(SyncChanges(have), SyncResult)
                (change,) = [one for one in caught_up.changes if one.conversation.id == group]
                assert all(event.seq >= joined for event in change.events)
                assert not change.states
        async for where, _, answer in _every_route(mill, gil, group):
            assert SECRET not in answer.text, where
        log = await mill.log(group)
        # What they said themselves follows; what was there before is as it was.
        assert log["events"][:joined] == before[0]["events"]
        assert log["states"] == before[0]["states"]
        assert await mill.ann.get(f"/conversations/{group}/pins") == before[1]


async def test_whoever_is_blocked_reaches_nobody_by_any_method(tmp_path):
    async with running_mill(tmp_path) as mill:
        ann, hal, talk = mill.ann, mill.hal, mill.with_hal
        before = await mill.log(talk)
        heard: list[PushMessage] = []
        async with (
            connect(ann.websocket_url, ann.token, on_push=heard.append),
            connect(hal.websocket_url, hal.token) as link,
        ):
            for name in sorted(METHODS.keys() - ENDS - OF_NO_CONVERSATION - {"message.recall"}):
                code, said = await _ask(link, mill, hal, name, talk)
                if name in OF_WHO_IS_BLOCKED:
                    assert not code, f"{name}: {code} {said}"
                else:
                    assert code in NOT_REACHED, f"{name}: {code} {said}"
            into = MessageForward(talk, (SECRET_SEQ,), (talk,), "into")
            (sent,) = (await link.request(into, ForwardResult)).forwarded
            assert (sent.events, sent.refused) == ((), "not_wanted")
            refusals: list[tuple[wire.Params, type[wire.Result]]] = [
                (ContactRequest(ann.id, "hello"), ContactResult),
                (GroupInvite(mill.home, "in", (ann.id,)), GroupActResult),
                (
                    wire.ConversationCreate(ConversationKind.GROUP, (ann.id,), "Us"),
                    wire.ConversationResult,
                ),
            ]
            for params, result in refusals:
                with pytest.raises(ParlorError) as refused:
                    await link.request(params, result)
                assert refused.value.code == "not_wanted", params
            for params in (PresenceGet((ann.id,)), PresenceWatch((ann.id,))):
                (seen,) = (await link.request(params, PresenceResult)).users
                assert (seen.state, seen.text, seen.last_seen) == ("offline", "", 0)
        assert await mill.log(talk) == before
        reached = (EventPush, TypingPush, CallPush, ConversationPush)
        assert not [push for push in heard if isinstance(push.data, reached)]


async def test_a_token_that_was_signed_out_is_nobodys_for_every_method_and_route(tmp_path):
    async with running_mill(tmp_path) as mill:
        bob = mill.bob
        async with connect(bob.websocket_url, bob.token) as link:
            await link.request(wire.SessionEnd(), wire.Empty)
            await link.wait_closed()
            assert link.closed is not None
            assert link.closed.reason == "signed_out"
        before = await mill.shown()
        async with connect(bob.tcp_url, None) as link:
            for name in sorted(METHODS.keys() - {"hello"}):
                params = mill.params(METHODS[name], bob, mill.group)
                with pytest.raises((NotReady, ConnectionClosed)):
                    await link.request(params, METHODS[name].result)
        with pytest.raises(Unauthenticated):
            async with connect(bob.websocket_url, bob.token):
                pass
        asked = 0
        async for where, of_one, answer in _every_route(mill, bob, mill.group):
            assert SECRET not in answer.text, where
            if of_one:
                assert answer.status_code == 401, f"{where}: {answer.text}"
                asked += 1
        assert asked >= 30
        assert await mill.shown() == before


async def _every_route(mill, asker, conversation):
    """(what was asked, whether it names a conversation, the answer) for all that people may ask."""
    document = (await asker.rest.get("/openapi.json")).json()
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            if {"user": []} not in operation["security"] or "/sessions" in path:
                continue
            filled = path
            for name in re.findall(r"\{(\w+)\}", path):
                kind = int if name == "seq" else str
                filled = filled.replace(
                    "{" + name + "}", str(mill.sample(name, kind, asker, conversation))
                )
            content = operation.get("requestBody", {}).get("content", {})
            body = content.get("application/json", {}).get("example")
            of_one = "{conversation_id}" in path or (
                isinstance(body, dict) and "conversation_id" in body and "code" not in body
            )
            if isinstance(body, dict):
                named = {"conversation_id", "have", "positions", "to", "seqs"} & body.keys()
                body |= {name: mill.sample(name, str, asker, conversation) for name in named}
            query = {
                one["name"]: "0"
                for one in operation.get("parameters", ())
                if one["in"] == "query" and one.get("required")
            }
            answer = await asker.rest.request(verb, filled, json=body, params=query)
            yield f"{verb} {filled}", of_one, answer
