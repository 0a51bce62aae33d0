"""Contacts, profiles, presence and typing through a real server and real sockets."""

from __future__ import annotations

import asyncio
import secrets
import struct
import sys
import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import httpx
import pytest
import pytest_asyncio

from parlor.client import Connection, connect
from parlor.model.call import Media
from parlor.model.conversation import ConversationKind
from parlor.model.errors import NotWanted
from parlor.model.people import ContactState, Who
from parlor.model.self_log import SelfKind
from parlor.model.status import State
from parlor.wire.native import methods as wire
from parlor.wire.native.methods import contacts, presence, profiles
from parlor.wire.native.pushes import EventPush, PresencePush, SelfPush, TypingPush, UserPush
from tests.support.people import Person, sign_up
from tests.support.server import ParlorServer, running_parlor

pytestmark = pytest.mark.asyncio(loop_scope="module")
HEARTBEAT_S = 10
TOLD_MEMBERS = 3
SETTINGS = (
    f"gateway.heartbeat_s={HEARTBEAT_S}", "people.last_seen_each_s=0.2",
    f"people.told_group_members={TOLD_MEMBERS}",
)  # fmt: skip
FLAGS = [flag for setting in SETTINGS for flag in ("--set", setting)]
SOON_S = 30.0
"""Within which a push has to be there, whatever else the machine does."""
AT_ONCE_S = 0.2
"""What a push takes when the machine has nothing else to do: the best of a few tries."""
TRIES = 10

# Connects, says that it has, and then hears of nothing more: it waits to be killed.
CLIENT = """
import asyncio, sys
from parlor.client import connect
async def main():
    async with connect(sys.argv[1], sys.argv[2]):
        print("connected", flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def server(tmp_path_factory):
    async with running_parlor(tmp_path_factory.mktemp("people"), FLAGS) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def people(server):
    """Three who have just signed up."""
    async with AsyncExitStack() as stack:
        made = [await sign_up(server.url, f"p{secrets.token_hex(4)}") for _ in range(3)]
        for person in made:
            stack.push_async_callback(person.rest.aclose)
        yield made


def online(person: Person, instance: str = "tab") -> AbstractAsyncContextManager[Connection]:
    return connect(person.websocket_url, person.token, instance=instance)


def shown(users):
    """(user, state, text) of each; what a client decodes are types of its codec."""
    return [(seen.user_id, seen.state, seen.text) for seen in users]


async def hear(connection: Connection, kind):
    async with asyncio.timeout(SOON_S):
        return (await connection.next_push(kind)).data


async def watch(connection: Connection, *users: Person):
    wanted = presence.PresenceWatch(tuple(user.id for user in users))
    return (await connection.request(wanted, presence.PresenceResult)).users


async def befriend(one: Person, other: Person) -> None:
    await one.post("/contacts", {"user": other.id, "text": "Hello"})
    await other.post(f"/contacts/{one.id}/decide", {"accept": True})


async def test_add_request_agree_both_lists_on_every_device(people):
    ann, bob, _ = people
    async with online(ann, "a") as phone, online(ann, "b") as laptop, online(bob) as other:
        asked = contacts.ContactRequest(bob.id, "It is Ann")
        await phone.request(asked, contacts.ContactResult)
        for device in (phone, laptop, other):
            entry = (await hear(device, SelfPush)).entry
            assert (entry.kind, entry.seq) == (SelfKind.REQUEST, 1)
            assert entry.body is not None
            assert "It is Ann" in entry.body
        agreed = contacts.ContactDecide(ann.id, True)
        await other.request(agreed, contacts.ContactResult)
        for device in (phone, laptop, other):
            gone, there = [(await hear(device, SelfPush)).entry for _ in range(2)]
            assert (gone.kind, gone.body) == (SelfKind.REQUEST, None)
            assert there.kind is SelfKind.CONTACT
        for connection, friend in ((phone, bob), (other, ann)):
            listed = await connection.request(contacts.ContactList(), contacts.ContactsResult)
            assert [(one.user_id, one.state) for one in listed.contacts] == [
                (friend.id, ContactState.CONTACT)
            ]
            assert [user.id for user in listed.users] == [friend.id]


async def test_a_block_stops_writing_calling_and_seeing_both_ways(people):
    ann, bob, _ = people
    talk = await ann.talk_to(bob)
    async with online(ann) as one, online(bob) as other:
        assert [seen.state for seen in await watch(other, ann)] == [State.ONLINE]
        assert [seen.state for seen in await watch(one, bob)] == [State.ONLINE]
        await one.request(contacts.BlockSet(bob.id, True), wire.Empty)
        assert shown((await hear(other, PresencePush)).users) == [(ann.id, State.OFFLINE, "")]
        assert shown((await hear(one, PresencePush)).users) == [(bob.id, State.OFFLINE, "")]
        for number, connection in enumerate((one, other)):
            with pytest.raises(NotWanted):
                await connection.request(
                    wire.MessageSend(talk, f"c{number}", "x"), wire.MessageSendResult
                )
            with pytest.raises(NotWanted):
                await connection.request(wire.CallStart(talk, Media.AUDIO), wire.CallResult)
            # No error, and nobody hears of it.
            await connection.request(presence.TypingSet(talk), wire.Empty)
        listed = await one.request(contacts.BlockList(), contacts.BlocksResult)
        assert [blocked.user_id for blocked in listed.blocked] == [bob.id]
        await one.request(contacts.BlockSet(bob.id, False), wire.Empty)
        assert (await hear(other, PresencePush)).users[0].state is State.ONLINE
        await other.request(wire.MessageSend(talk, "c3", "hello again"), wire.MessageSendResult)


async def test_strangers_write_or_not_as_the_policy_says(people):
    ann, bob, cem = people
    talk = await cem.talk_to(ann)
    await cem.post(f"/conversations/{talk}/messages", {"client_id": "1", "text": "hi"})
    await ann.rest.patch("/api/v1/me/privacy", json={"write": "contacts", "groups": "contacts"})
    for path, body in (
        ("/conversations", {"kind": "direct", "members": [ann.id]}),
        ("/conversations", {"kind": "group", "members": [ann.id, cem.id], "title": "x"}),
    ):
        refused = await bob.rest.post(f"/api/v1{path}", json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_wanted")
    refused = await cem.rest.post(
        f"/api/v1/conversations/{talk}/messages", json={"client_id": "2", "text": "hi"}
    )
    assert refused.json()["error"]["code"] == "not_wanted"
    again = await cem.post(f"/conversations/{talk}/messages", {"client_id": "1", "text": "hi"})
    assert again["event"]["text"] == "hi"
    await befriend(bob, ann)
    await bob.talk_to(ann)
    await ann.rest.delete(f"/api/v1/contacts/{bob.id}")
    talk = await bob.talk_to(ann)
    refused = await bob.rest.post(
        f"/api/v1/conversations/{talk}/messages", json={"client_id": "3", "text": "hi"}
    )
    assert refused.json()["error"]["code"] == "not_wanted"


async def test_a_new_picture_is_seen_by_friends_and_members_who_are_online(people):
    ann, bob, cem = people
    await befriend(ann, bob)
    await cem.talk_to(ann, bob, title="Three")
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 8, 8) + secrets.token_bytes(40)
    async with online(bob) as friend, online(cem) as member:
        answer = await ann.rest.post("/api/v1/me/avatar", content=png)
        assert answer.status_code == 200, answer.text
        avatar = answer.json()["user"]["avatar"]
        for connection in (friend, member):
            push = await hear(connection, UserPush)
            assert (push.user.id, push.user.avatar) == (ann.id, avatar)
            asked = profiles.ProfileGet(ann.id)
            seen = await connection.request(asked, profiles.ProfileResult)
            assert (seen.profile.version, seen.profile.user.avatar) == (push.version, avatar)
    async with httpx.AsyncClient(base_url=ann.url) as anybody:
        shown = await anybody.get(f"/api/v1/avatars/{avatar}")
    assert (shown.content, shown.headers["content-type"]) == (png, "image/png")
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_a_new_name_is_told_in_small_groups_and_found_when_it_is_read_in_larger_ones(
    server, people
):
    ann, bob, cem = people
    dan = await sign_up(server.url, f"p{secrets.token_hex(4)}")
    small = await ann.talk_to(bob, cem, title="As many as are told")
    large = await ann.talk_to(bob, cem, dan, title="One more")
    async with online(bob) as member, online(dan) as stranger:
        renamed = await ann.rest.patch("/api/v1/me", json={"display_name": "Ann Anew"})
        assert renamed.status_code == 200, renamed.text
        assert (await hear(member, UserPush)).user.display_name == "Ann Anew"
        # What is told after it comes after it.
        await ann.post(f"/conversations/{large}/messages", {"client_id": "1", "text": "It is I"})
        async with asyncio.timeout(SOON_S):
            heard = [(await stranger.next_push()).data]
            while not isinstance(heard[-1], EventPush):
                heard.append((await stranger.next_push()).data)
        assert not any(isinstance(data, UserPush) for data in heard)
        asked = profiles.ProfileGet(ann.id)
        seen = await stranger.request(asked, profiles.ProfileResult)
        assert seen.profile.user.display_name == "Ann Anew"
        # One who joins makes the small group too large as well.
        await ann.post(f"/conversations/{small}/members", {"members": [dan.id], "client_id": "in"})
        await ann.rest.patch("/api/v1/me", json={"display_name": "Ann Again"})
        await ann.post(f"/conversations/{large}/messages", {"client_id": "2", "text": "Still I"})
        async with asyncio.timeout(SOON_S):
            heard = [(await member.next_push()).data]
            while not (isinstance(heard[-1], EventPush) and heard[-1].event.text == "Still I"):
                heard.append((await member.next_push()).data)
        assert not any(isinstance(data, UserPush) for data in heard)
    await dan.rest.aclose()


async def test_search_finds_by_name_and_number_whoever_lets_it(people):
    ann, bob, _ = people
    name = (await ann.get("/me"))["user"]["name"]

    async def found(query: str) -> list[str]:
        listed = await bob.rest.get("/api/v1/users", params={"query": query})
        return [user["id"] for user in listed.json()["users"]]

    assert (await found(name), await found(ann.id)) == ([ann.id], [ann.id])
    async with online(ann) as connection:
        hidden = profiles.MePrivacy(found_by_name=False, found_by_number=False)
        await connection.request(hidden, profiles.PrivacyResult)
        await connection.request(wire.MeUpdate("Somebody Else"), wire.UserResult)
    assert (await found(name), await found(ann.id), await found("somebody")) == ([], [], [])


async def test_states_over_devices_reach_those_who_watch(people):
    ann, bob, _ = people
    async with online(bob) as watcher:
        assert [seen.state for seen in await watch(watcher, ann)] == [State.OFFLINE]
        async with online(ann, "phone"):
            assert (await hear(watcher, PresencePush)).users[0].state is State.ONLINE
            async with online(ann, "laptop") as laptop:
                for state in (State.FREE, State.AWAY, State.LONG_AWAY, State.BUSY):
                    await laptop.request(
                        presence.PresenceSet(state, f"I am {state}"), presence.StatusResult
                    )
                    seen = (await hear(watcher, PresencePush)).users
                    assert shown(seen) == [(ann.id, state, f"I am {state}")]
            # One of two devices has gone: nothing to tell.
            await laptop_is_gone(watcher, ann)
        assert (await hear(watcher, PresencePush)).users[0].state is State.OFFLINE


async def laptop_is_gone(watcher: Connection, ann: Person) -> None:
    asked = presence.PresenceGet((ann.id,))
    seen = (await watcher.request(asked, presence.PresenceResult)).users
    assert seen[0].state is State.BUSY


async def test_whoever_is_invisible_comes_and_goes_unseen(people):
    ann, bob, _ = people
    await ann.rest.patch("/api/v1/me/privacy", json={"last_seen": "everybody"})
    async with online(bob) as watcher:
        await watch(watcher, ann)
        async with online(ann) as hiding:
            assert (await hear(watcher, PresencePush)).users[0].state is State.ONLINE
            await hiding.request(presence.PresenceSet(State.INVISIBLE), presence.StatusResult)
            gone = (await hear(watcher, PresencePush)).users[0]
            assert gone.state is State.OFFLINE
        async with online(ann):
            asked = presence.PresenceGet((ann.id,))
            seen = (await watcher.request(asked, presence.PresenceResult)).users
            assert shown(seen) == shown((gone,))
            assert seen[0].last_seen == gone.last_seen > 0


async def test_a_client_that_is_killed_is_offline_within_a_heartbeat(people):
    ann, bob, _ = people
    async with online(bob) as watcher:
        await watch(watcher, ann)
        client = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CLIENT, ann.websocket_url, ann.token),
            stdout=asyncio.subprocess.PIPE,
        )
        assert client.stdout is not None
        assert await client.stdout.readline() == b"connected\n"
        assert (await hear(watcher, PresencePush)).users[0].state is State.ONLINE
        client.kill()
        async with asyncio.timeout(HEARTBEAT_S):
            gone = (await watcher.next_push(PresencePush)).data
        assert isinstance(gone, PresencePush)
        assert gone.users[0].state is State.OFFLINE
        await client.wait()
    privacy = await ann.rest.patch("/api/v1/me/privacy", json={"last_seen": Who.EVERYBODY})
    assert privacy.status_code == 200


async def test_typing_is_heard_by_the_other_and_stored_nowhere(people):
    ann, bob, _ = people
    talk = await ann.talk_to(bob)
    async with online(ann) as writer, online(bob) as reader:
        await writer.request(presence.TypingSet(talk), wire.Empty)
        heard = await hear(reader, TypingPush)
        assert (heard.conversation_id, heard.user_id, heard.on) == (talk, ann.id, True)
        assert heard.expires_in_s == 5.0
        await writer.request(presence.TypingSet(talk, False), wire.Empty)
        assert not (await hear(reader, TypingPush)).on
    events = await bob.get(f"/conversations/{talk}/events")
    assert [event["kind"] for event in events["events"]] == ["created"]


async def test_presence_typing_and_messages_are_there_at_once(people):
    ann, bob, _ = people
    talk = await ann.talk_to(bob)
    took: tuple[list[float], ...] = ([], [], [], [])
    coming, leaving, typing, speaking = took
    async with online(bob) as watcher:
        await watch(watcher, ann)
        while not speaking or (max(map(min, took)) >= AT_ONCE_S and len(speaking) < TRIES):
            began = time.monotonic()
            async with online(ann) as connection:
                await hear(watcher, PresencePush)
                coming.append(time.monotonic() - began)
                began = time.monotonic()
                await connection.request(presence.TypingSet(talk), wire.Empty)
                await hear(watcher, TypingPush)
                typing.append(time.monotonic() - began)
                await connection.request(presence.TypingSet(talk, False), wire.Empty)
                began = time.monotonic()
                said = wire.MessageSend(talk, f"hello {len(speaking)}", "hello")
                await connection.request(said, wire.MessageSendResult)
                await hear(watcher, EventPush)
                speaking.append(time.monotonic() - began)
                began = time.monotonic()
            await hear(watcher, PresencePush)
            leaving.append(time.monotonic() - began)
    assert max(map(min, took)) < AT_ONCE_S, took


async def test_what_people_are_to_each_other_outlives_the_server(tmp_path):
    server = ParlorServer(tmp_path, FLAGS)
    await server.start()
    try:
        ann, bob = [await sign_up(server.url, name) for name in ("ann", "bob")]
        await befriend(ann, bob)
        await bob.rest.patch("/api/v1/me/privacy", json={"last_seen": "contacts"})
        began = time.time()
        async with online(bob) as connection:
            await connection.request(presence.PresenceSet(State.BUSY, "tea"), presence.StatusResult)
        await server.stop()
        await server.start()
        seen = (await ann.get(f"/presence?users={bob.id}"))["users"][0]
        assert seen["state"] == "offline"
        assert began - 1 <= seen["last_seen"] / 1_000 <= time.time() + 1
        async with online(bob), online(ann) as connection:
            assert shown(await watch(connection, bob)) == [(bob.id, State.BUSY, "tea")]
        listed = await ann.get("/contacts")
        assert [one["user_id"] for one in listed["contacts"]] == [bob.id]
        for person in (ann, bob):
            await person.rest.aclose()
    finally:
        await server.kill()


async def test_a_conversation_with_oneself_or_a_stranger_id_is_no_contact(people):
    ann, bob, _ = people
    for user in (ann.id, "0", "1", "9" * 40, "-1", "'; --"):
        refused = await ann.rest.post("/api/v1/contacts", json={"user": user})
        assert refused.status_code in (400, 404), user
    made = await ann.post("/conversations", {"kind": ConversationKind.DIRECT, "members": [bob.id]})
    assert made["conversation"]["peer"] == bob.id
