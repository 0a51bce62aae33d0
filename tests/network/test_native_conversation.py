"""Native connections over real sockets, from hello to goodbye, in every codec."""

import asyncio

import pytest

from parlor.client import Connection, ConnectionClosed, connect
from parlor.gateway.settings import GatewaySettings
from parlor.model.call import Media
from parlor.model.close import CloseCode
from parlor.model.conversation import ConversationKind
from parlor.model.errors import (
    BadRequest,
    Forbidden,
    NoSuchCall,
    NotFound,
    Unauthenticated,
)
from parlor.model.ids import RoomId, UserId
from parlor.model.people import Who
from parlor.model.push import Delivery
from parlor.model.status import State
from parlor.push.pushes import Wish
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL
from parlor.wire.native.methods import acts, contacts, presence, profiles, schedule
from parlor.wire.native.pushes import DeliveryPush, EventPush
from tests.support.native_server import NativeServer, running_gateway

KINDS = ["json", "msgpack", "tcp"]


@pytest.fixture
async def server():
    async with running_gateway() as running:
        yield running


def _open(server: NativeServer, kind: str, token: str | None = "1:phone"):
    if kind == "tcp":
        return connect(server.tcp_url, token)
    subprotocol = JSON_SUBPROTOCOL if kind == "json" else MSGPACK_SUBPROTOCOL
    return connect(server.websocket_url, token, subprotocol=subprotocol)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_method_of_the_table_answers(server, kind):
    async with _open(server, kind) as connection:
        welcome = connection.welcome
        assert welcome is not None
        assert (welcome.user.id, welcome.device, welcome.endpoint) == ("1", "phone", "phone/")
        await _ask_everything(connection)


async def _ask_everything(connection: Connection) -> None:
    ask = connection.request
    conversation = "900"
    assert (await ask(wire.Heartbeat(), wire.HeartbeatResult)).server_time > 10**12
    assert (await ask(wire.MeGet(), wire.UserResult)).user.name == "name-1"
    assert (await ask(wire.MeUpdate("爱丽丝"), wire.UserResult)).user.display_name == "爱丽丝"
    assert (await ask(wire.UsersFind("7"), wire.UsersResult)).users[0].id == "7"
    assert len((await ask(wire.UsersGet(("7", "8")), wire.UsersResult)).users) == 2
    made = await ask(
        wire.ConversationCreate(ConversationKind.GROUP, ("2", "3"), "three"),
        wire.ConversationResult,
    )
    assert (made.created, made.conversation.member_count) == (True, 3)
    sent = await ask(
        wire.MessageSend(conversation, "c1", "你好 🎉", mentions=("2",)), wire.MessageSendResult
    )
    again = await ask(wire.MessageSend(conversation, "c1", "你好 🎉"), wire.MessageSendResult)
    assert (sent.created, again.created) == (True, False)
    assert (sent.event.text, sent.event.mentions, again.event.seq) == ("你好 🎉", ("2",), 1)
    listed = await ask(wire.EventsList(conversation, after=0), wire.EventsResult)
    assert [event.seq for event in listed.events] == [1]
    assert (await ask(wire.ReadSet(conversation, 1), wire.ReadResult)).unread == 0
    assert (
        await ask(wire.ConversationGet(conversation), wire.ConversationResult)
    ).conversation.last_event == sent.event
    page = await ask(wire.ConversationList(), wire.ConversationListResult)
    assert len(page.conversations) == 1
    members = await ask(wire.ConversationMembers(conversation), wire.MembersResult)
    assert members.users[0].id == members.members[0].user_id == "1"
    assert (await ask(wire.RoomJoin("live://1"), wire.RoomResult)).online == 1
    assert (await ask(wire.RoomLeave("live://1"), wire.RoomResult)).online == 0
    call = await ask(wire.CallStart(conversation, Media.VIDEO), wire.CallResult)
    assert call.call.media is Media.VIDEO
    await ask(wire.CallRinging("1"), wire.CallResult)
    await ask(wire.CallAccept("1"), wire.CallResult)
    with pytest.raises(NoSuchCall):
        await ask(wire.CallReject("1"), wire.CallResult)
    with pytest.raises(NoSuchCall):
        await ask(wire.CallHangUp("1"), wire.CallResult)
    await ask(wire.CallSignal("1", "offer", '{"sdp":"…"}'), wire.Empty)
    await _ask_about_people(connection)
    ice = await ask(wire.CallIce(), wire.CallIceResult)
    assert ice.ice_servers[0].urls == ("stun:127.0.0.1:3478",)
    with pytest.raises(NotFound):
        await ask(wire.EventsList("1"), wire.EventsResult)
    with pytest.raises(BadRequest):
        await ask(wire.UsersFind("7", limit=0), wire.UsersResult)
    await ask(wire.SessionEnd(), wire.Empty)
    with pytest.raises(ConnectionClosed) as closed:
        await connection.next_push(EventPush)
    assert closed.value.code == CloseCode.SIGNED_OUT


async def _ask_about_people(connection: Connection) -> None:
    ask = connection.request
    asked = await ask(contacts.ContactRequest("2", "你好"), contacts.ContactResult)
    assert (asked.contact.user_id, asked.contact.text) == ("2", "你好")
    with pytest.raises(NotFound):
        await ask(contacts.ContactDecide("2", True), contacts.ContactResult)
    with pytest.raises(NotFound):
        await ask(contacts.ContactUpdate("2", tags=("work",)), contacts.ContactResult)
    listed = await ask(contacts.ContactList("requests"), contacts.ContactsResult)
    assert [user.id for user in listed.users] == ["2"]
    await ask(contacts.ContactRemove("2"), wire.Empty)
    await ask(contacts.BlockSet("3", True), wire.Empty)
    blocked = await ask(contacts.BlockList(), contacts.BlocksResult)
    assert [one.user_id for one in blocked.blocked] == ["3"]
    privacy = await ask(profiles.MePrivacy(write=Who.CONTACTS), profiles.PrivacyResult)
    assert (privacy.privacy.write, privacy.privacy.groups) == (Who.CONTACTS, Who.EVERYBODY)
    found = await ask(profiles.ProfileGet("3"), profiles.ProfileResult)
    assert (found.profile.user.id, found.profile.blocked) == ("3", True)
    chosen = await ask(presence.PresenceSet(State.AWAY, "茶"), presence.StatusResult)
    assert (chosen.status.state, chosen.status.text) == (State.AWAY, "茶")
    for question in (presence.PresenceGet(("1", "3")), presence.PresenceWatch(("1", "3"))):
        seen = (await ask(question, presence.PresenceResult)).users
        assert [(one.user_id, one.state) for one in seen] == [("1", "away"), ("3", "offline")]
    await ask(presence.TypingSet("900"), wire.Empty)


@pytest.mark.parametrize("kind", KINDS)
async def test_messages_are_acted_upon(server, kind):
    async with _open(server, kind) as connection:
        said = wire.MessageSend("900", "c1", "helo")
        assert (await connection.request(said, wire.MessageSendResult)).event.seq == 1
        await _act_upon_messages(connection, "900")


async def _act_upon_messages(connection: Connection, conversation: str) -> None:
    ask, act = connection.request, (conversation, 1)
    edited = await ask(acts.MessageEdit(*act, "e", "better", ("2",)), acts.ActResult)
    again = await ask(acts.MessageEdit(*act, "e", "better"), acts.ActResult)
    assert edited.event is not None
    assert (edited.event.text, edited.event.target, edited.event.mentions) == ("better", 1, ("2",))
    assert (edited.created, again.created, again.event) == (True, False, edited.event)
    listed = await ask(wire.EventsList(conversation, after=0), wire.EventsResult)
    assert [(state.seq, state.text) for state in listed.states] == [(1, "better")]
    given = (await ask(acts.MessageReact(*act, "r", "🎉", off=True), acts.ActResult)).event
    assert given is not None
    assert (given.emoji, given.off) == ("🎉", True)
    assert (await ask(acts.MessagePin(*act, "p"), acts.ActResult)).created
    assert (await ask(acts.MessagePin(*act, "u", off=True), acts.ActResult)).event is None
    assert (await ask(acts.MessageRecall(*act, "x"), acts.ActResult)).created
    pins = await ask(acts.MessagePins(conversation), acts.PinsResult)
    assert (len(pins.events), pins.states[0].pinned, pins.next) == (1, True, 8)
    assert (await ask(acts.MessagePins(conversation, pins.next), acts.PinsResult)).next == 0
    history = await ask(acts.MessageHistory(*act), acts.HistoryResult)
    assert [version.text for version in history.versions] == ["before", "after"]
    reactions = await ask(acts.MessageReactions(*act, "🎉", 4), acts.ReactionsResult)
    assert (reactions.reactions[0].emoji, reactions.next) == ("🎉", 5)
    forwarded = await ask(
        acts.MessageForward(conversation, (1,), (conversation, "8"), "f", merged=True, text="Look"),
        acts.ForwardResult,
    )
    (done, refused) = forwarded.forwarded
    assert (done.events[0].text, done.refused) == ("Look", "")
    assert (refused.events, refused.refused) == ((), "not_found")
    put = schedule.SchedulePut(conversation, "s", 77, "later", silent=True, expires_in_s=9)
    kept = await ask(put, schedule.ScheduleResult)
    assert (kept.created, kept.scheduled.at_ms, kept.scheduled.said.silent) == (True, 77, True)
    assert not (await ask(put, schedule.ScheduleResult)).created
    waiting = await ask(schedule.ScheduleList(), schedule.ScheduleListResult)
    assert waiting.scheduled == (kept.scheduled,)
    cancel = schedule.ScheduleCancel("s")
    assert (await ask(cancel, schedule.ScheduleCancelResult)).cancelled
    assert not (await ask(cancel, schedule.ScheduleCancelResult)).cancelled
    said = wire.MessageSend(conversation, "c2", "x", mentions_all=True, silent=True, expires_in_s=5)
    event = (await ask(said, wire.MessageSendResult)).event
    assert (event.mentions_all, event.silent, event.expires_at) == (True, True, 5)


@pytest.mark.parametrize("kind", KINDS)
async def test_pushes_reach_users_rooms_devices_and_everybody(server, kind):
    async with _open(server, kind) as connection:
        await connection.request(wire.RoomJoin("r"), wire.RoomResult)
        wish = Wish(tag="7", delivery=Delivery.MUST_ARRIVE)
        assert (await server.pushes.to_users([UserId("1")], b"user", wish)).to == 1
        await server.pushes.to_devices(["phone"], b"device", wish)
        assert (await server.pushes.to_room(RoomId("r"), "房间".encode())).to == 1
        assert (await server.pushes.to_all(b"\xff\x00")).to == 1
        assert (await server.pushes.to_all(b"paced", rate=50)).to == 1
        got = {}
        for _ in range(5):
            data = (await connection.next_push(DeliveryPush)).data
            assert isinstance(data, DeliveryPush)
            got[data.body or data.body_base64] = (data.room, data.tag)
        assert got == {
            "user": (None, "7"),
            "device": (None, "7"),
            "房间": ("r", ""),
            "/wA=": (None, ""),
            "paced": (None, ""),
        }


@pytest.mark.parametrize("kind", KINDS)
async def test_a_forged_token_is_refused_and_the_connection_closed(server, kind):
    async with _open(server, kind, None) as connection:
        with pytest.raises(Unauthenticated):
            await connection.request(wire.Hello("made up"), wire.HelloResult)
        await connection.wait_closed()
        assert connection.closed.code == CloseCode.UNAUTHENTICATED


async def test_the_token_and_not_the_client_says_whose_device_it_is(server):
    async with server.connected("5", "tablet", instance="tab-2") as connection:
        assert connection.welcome.endpoint == "tablet/tab-2"
        assert [link.user for link in server.gateway.hub.all()] == ["5"]


async def test_rooms_of_the_hello_are_joined(server):
    async with server.connected(rooms=["a", "b"]) as connection:
        assert connection.welcome.rooms == ("a", "b")
        assert server.gateway.hub.room_online(RoomId("b")) == 1
    await server.gateway.deserted.wait()
    assert server.gateway.hub.room_online(RoomId("b")) == 0


async def test_another_epoch_is_pointed_out(server):
    async with connect(server.websocket_url, "1:a", epoch="epoch-1") as connection:
        assert _welcome(connection).epoch_changed is False
    async with connect(server.websocket_url, "1:a", epoch="epoch-0") as connection:
        assert _welcome(connection).epoch_changed is True


async def test_calls_hear_when_the_last_connection_of_an_endpoint_goes(server):
    calls = server.small.calls
    async with server.connected(instance="t") as first:
        async with server.connected(instance="t"):
            assert calls.back == ["phone/t", "phone/t"]
        await _until(lambda: server.gateway.hub.connections() == 1)
        assert calls.gone == []
        await first.close()
        await _until(lambda: server.gateway.hub.connections() == 0)
    assert calls.gone == ["phone/t"]


async def test_signing_out_closes_every_connection_of_that_sign_in_and_no_other(server):
    async with (
        server.connected("1", "phone", instance="a") as one,
        server.connected("1", "phone", instance="b") as two,
        server.connected("1", "laptop") as other,
    ):
        await one.request(wire.SessionEnd(), wire.Empty)
        await one.wait_closed()
        await two.wait_closed()
        assert one.closed.code == two.closed.code == CloseCode.SIGNED_OUT
        await other.request(wire.Heartbeat(), wire.HeartbeatResult)


async def test_one_user_has_only_so_many_connections():
    async with (
        running_gateway(GatewaySettings(max_connections_per_user=1)) as server,
        server.connected(),
        connect(server.websocket_url, None) as second,
    ):
        with pytest.raises(Forbidden):
            await second.request(wire.Hello("1:other"), wire.HelloResult)
        closed = await _end(second)
        assert closed.code == CloseCode.TOO_MANY_CONNECTIONS


async def test_a_message_is_stored_although_its_sender_left_before_the_answer(server):
    thread = server.small.thread
    thread.hold = asyncio.Event()
    async with server.connected() as connection:
        sending = asyncio.create_task(
            connection.request(wire.MessageSend("900", "c", "kept"), wire.MessageSendResult)
        )
        await asyncio.sleep(0.05)
    with pytest.raises(ConnectionClosed):
        await sending
    await server.gateway.deserted.wait()
    thread.hold.set()
    await server.native.requests.wait_until_done()
    assert [event.text for event in thread.events_stored] == ["kept"]


async def test_replies_may_overtake_each_other(server):
    thread = server.small.thread
    thread.hold = asyncio.Event()
    async with server.connected() as connection:
        slow = asyncio.create_task(
            connection.request(wire.MessageSend("900", "c", "slow"), wire.MessageSendResult)
        )
        await connection.request(wire.Heartbeat(), wire.HeartbeatResult)
        assert not slow.done()
        thread.hold.set()
        assert (await slow).created


def _welcome(connection: Connection) -> wire.HelloResult:
    assert connection.welcome is not None
    return connection.welcome


async def _end(connection: Connection) -> ConnectionClosed:
    await connection.wait_closed()
    assert connection.closed is not None
    return connection.closed


async def _until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)
