import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.account import User
from parlor.model.call import CallState, CallView, Media
from parlor.model.close import CloseCode
from parlor.model.errors import BadRequest, ParlorError, RateLimited, WireError
from parlor.model.event import CallOutcome, CallRecord, Event, EventKind
from parlor.model.ids import CallId, ConversationId, EventId, UserId
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import (
    BY_SUBPROTOCOL,
    JSON,
    MSGPACK,
    Codec,
    ErrorBody,
    PushMessage,
    Reply,
    Request,
)
from parlor.wire.native.pushes import CallPush, EventPush, ReadPush

EVENT = Event(
    ConversationId("9"),
    2,
    EventId("9-2"),
    EventKind.CALL,
    UserId("1"),
    1_700_000_000_000,
    call=CallRecord(CallId("5"), UserId("1"), "audio", CallOutcome.ANSWERED, 61),
)
CALL = CallView(
    CallId("5"),
    ConversationId("9"),
    UserId("1"),
    UserId("2"),
    Media.AUDIO,
    CallState.ENDED,
    1,
    2,
    3,
    "phone/a",
    "laptop/b",
    CallOutcome.ANSWERED,
)
both = pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=["json", "msgpack"])


def test_a_request_in_json_is_exactly_these_bytes():
    message = JSON.build_request(7, "message.send", wire.MessageSend("9", "c", "你好"))
    assert message.decode() == (
        '{"id":7,"method":"message.send","params":{"conversation_id":"9","client_id":"c",'
        '"text":"你好","reply_to":0,"mentions":[],"mentions_all":false,"silent":false,'
        '"expires_in_s":0,"file":""}}'
    )


def test_a_request_in_msgpack_is_exactly_these_bytes():
    message = MSGPACK.build_request(7, "read.set", wire.ReadSet("9", 300))
    assert message == b"\x93\x07\xa8read.set\x92\xa19\xcd\x01\x2c"


def test_answers_in_json_are_exactly_these_bytes():
    assert JSON.build_reply(7, wire.ReadResult(3, 0)) == (
        b'{"id":7,"result":{"read_seq":3,"unread":0}}'
    )
    assert JSON.build_error(7, RateLimited("slow down", retry_after_s=1.5)) == (
        b'{"id":7,"error":{"code":"rate_limited","message":"slow down","retry":true,'
        b'"retry_after_s":1.5}}'
    )
    assert JSON.build_push("read", ReadPush("9", 3, 0)) == (
        b'{"push":"read","data":{"conversation_id":"9","read_seq":3,"unread":0}}'
    )


def test_answers_in_msgpack_are_exactly_these_bytes():
    assert MSGPACK.build_reply(7, wire.ReadResult(3, 0)) == b"\x93\x07\x92\x03\x00\xc0"
    assert MSGPACK.build_error(7, BadRequest("no")) == (
        b"\x93\x07\xc0\x94\xabbad_request\xa2no\xc2" + b"\xcb" + b"\x00" * 8
    )
    assert MSGPACK.build_push("read", ReadPush("9", 3, 0)) == b"\x92\xa4read\x93\xa19\x03\x00"


_UNSET = [0, "", False, None, 0, None, None, [], False, 0, False, "", None]
"""What only other kinds of events have."""


def test_nested_structs_are_arrays_in_msgpack_all_the_way_down():
    decoded = msgspec.msgpack.decode(MSGPACK.build_push("event", EventPush(EVENT)))
    assert decoded == [
        "event",
        [["9", 2, "9-2", "call", "1", 1_700_000_000_000, "", "", 0, [], [], "", _RECORD, *_UNSET]],
    ]


_RECORD = ["5", "1", "audio", "answered", 61]


@both
def test_requests_come_back_as_the_declared_classes(codec: Codec):
    for params in (
        wire.Hello("t", instance="tab", rooms=("a", "b")),
        wire.CallStart("9", Media.VIDEO),
        wire.EventsList("9", after=None, before=5),
        wire.Heartbeat(),
    ):
        request = codec.parse_request(codec.build_request(3, "m", params))
        parsed = codec.parse_params(request, type(params))
        assert isinstance(parsed, type(params))
        assert msgspec.structs.asdict(parsed) == msgspec.structs.asdict(params)


@both
def test_results_come_back_as_the_declared_classes(codec: Codec):
    result = wire.MembersResult((), (User(UserId("1"), "a", "A"),), "next")
    reply = codec.parse_message(codec.build_reply(4, result))
    assert isinstance(reply, Reply)
    parsed = codec.parse_result(reply, wire.MembersResult)
    assert isinstance(parsed.users[0], User)
    assert (reply.id, parsed.users[0].display_name, parsed.cursor) == (4, "A", "next")


@both
def test_pushes_come_back_as_the_declared_classes(codec: Codec):
    push = codec.parse_message(codec.build_push("call", CallPush(CALL)))
    assert isinstance(push, PushMessage)
    assert isinstance(push.data, CallPush)
    assert msgspec.structs.asdict(push.data.call) == msgspec.structs.asdict(CALL)
    event = codec.parse_message(codec.build_push("event", EventPush(EVENT)))
    assert isinstance(event, PushMessage)
    assert isinstance(event.data, EventPush)
    assert event.data.event.call is not None
    assert event.data.event.call.duration_s == 61


@both
def test_errors_come_back_with_everything_a_client_needs(codec: Codec):
    reply = codec.parse_message(codec.build_error(4, RateLimited("wait", retry_after_s=2.0)))
    assert isinstance(reply, Reply)
    assert isinstance(reply.error, ErrorBody)
    assert msgspec.structs.asdict(reply.error) == {
        "code": "rate_limited",
        "message": "wait",
        "retry": True,
        "retry_after_s": 2.0,
    }


def test_unknown_fields_are_ignored_and_new_fields_may_be_appended():
    request = JSON.parse_request(
        b'{"new":[1],"id":1,"method":"m","params":{"seq":1,"x":{},"conversation_id":"9"}}'
    )
    assert JSON.parse_params(request, wire.ReadSet).seq == 1
    longer = MSGPACK.parse_request(msgspec.msgpack.encode([1, "m", ["9", 1, "new"], "newer"]))
    assert MSGPACK.parse_params(longer, wire.ReadSet).seq == 1


def test_fields_with_defaults_may_be_left_out():
    request = MSGPACK.parse_request(msgspec.msgpack.encode([1, "users.find", ["al"]]))
    assert MSGPACK.parse_params(request, wire.UsersFind).limit == 20
    for codec, message in ((JSON, b'{"id":1,"method":"heartbeat"}'), (MSGPACK, b"\x92\x01\xa1h")):
        codec.parse_params(codec.parse_request(message), wire.Heartbeat)


def test_a_push_of_a_later_version_is_known_by_name_only():
    assert JSON.parse_message(b'{"push":"new","data":{}}') == PushMessage("new", None)
    assert MSGPACK.parse_message(b"\x92\xa3new\x90") == PushMessage("new", None)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"null",
        b'{"id":1}',
        b'{"id":true,"method":"m"}',
        b'{"id":9007199254740992,"method":"m"}',
        b'{"id":-1,"method":"m"}',
        b'{"id":1e999999999,"method":"m"}',
        b'{"id":1,"method":"\xff"}',
        b'{"id":1,"method":"\\ud800"}',
        b'{"id":1,"method":"m","params":' + b"[" * 100_000,
        b'{"x":' * 100_000,
        b'{"id":1,"method":"' + b"m" * 65 + b'"}',
    ],
    ids=lambda message: repr(message[:40]),
)
def test_what_is_no_request_is_malformed(message):
    with pytest.raises(WireError) as refused:
        JSON.parse_request(message)
    assert refused.value.close == CloseCode.MALFORMED


@pytest.mark.parametrize(
    "message",
    [b"", b"\xc0", b"\x91\x01", b"\x81\x01\x01", b"\x92\xa1m\x01", b"\x91" * 100_000, b"\xc1"],
    ids=lambda message: repr(message[:10]),
)
def test_what_is_no_request_in_msgpack_is_malformed(message):
    with pytest.raises(WireError):
        MSGPACK.parse_request(message)


@pytest.mark.parametrize(
    "params",
    [
        b"[]",
        b"null",
        b'{"conversation_id":"9"}',
        b'{"conversation_id":9,"seq":1}',
        b'{"conversation_id":"9","seq":1.5}',
        b'{"conversation_id":"9","seq":9007199254740992}',
        b'{"conversation_id":"9","seq":' + b"9" * 4_000 + b"}",
        b'{"conversation_id":"9","seq":1,"x":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    ],
    ids=lambda params: repr(params[:40]),
)
def test_parameters_of_another_shape_are_a_bad_request_that_says_where(params):
    with pytest.raises(BadRequest) as refused:
        JSON.parse_params(Request(1, "read.set", msgspec.Raw(params)), wire.ReadSet)
    assert str(refused.value)


@pytest.mark.parametrize("half", [r"\ud800", r"a\uDFFFb", r"\ud83d\ud83d\ude00", r"\\\udc00"])
def test_half_a_character_costs_its_request_and_not_the_connection(half):
    said = f'{{"id":7,"method":"message.send","params":{{"text":"{half}"}}}}'
    for message in (said, said.encode()):
        request = JSON.parse_request(message)
        assert (request.id, request.method) == (7, "message.send")
        with pytest.raises(BadRequest):
            JSON.parse_params(request, wire.MessageSend)


@pytest.mark.parametrize("whole", [r"\ud83d\ude00", r"\\ud800", r"\u00e9", "\ufffd"])
def test_what_only_looks_like_half_a_character_is_read(whole):
    params = f'{{"conversation_id":"9","client_id":"c","text":"{whole}"}}'
    request = JSON.parse_request(f'{{"id":7,"method":"message.send","params":{params}}}')
    sent = JSON.parse_params(request, wire.MessageSend)
    assert sent.text == json.loads(f'"{whole}"')


def test_text_where_msgpack_was_agreed_is_unsupported():
    with pytest.raises(WireError) as refused:
        MSGPACK.parse_request("{}")
    assert refused.value.close == CloseCode.UNSUPPORTED


def test_the_codecs_are_known_by_their_subprotocols():
    assert BY_SUBPROTOCOL == {"parlor.v1.json": JSON, "parlor.v1.msgpack": MSGPACK}


@both
@given(data=st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_the_two_errors(codec: Codec, data: bytes):
    _parse_everything(codec, data)


@both
@given(
    at=st.integers(0, 10_000),
    replacement=st.binary(min_size=0, max_size=4),
    which=st.integers(0, 3),
)
def test_damaged_messages_raise_nothing_but_the_two_errors(codec, at, replacement, which):
    whole = [
        codec.build_request(1, "message.send", wire.MessageSend("9", "c", "text", 1, ("2",))),
        codec.build_push("event", EventPush(EVENT)),
        codec.build_reply(1, wire.UserResult(User(UserId("1"), "a", "A"))),
        codec.build_error(1, ParlorError()),
    ][which]
    at %= len(whole)
    _parse_everything(codec, whole[:at] + replacement + whole[at + 1 :])


def _parse_everything(codec: Codec, data: bytes) -> None:
    with contextlib.suppress(WireError, BadRequest):
        request = codec.parse_request(data)
        for method in wire.METHODS.values():
            with contextlib.suppress(BadRequest):
                codec.parse_params(request, method.params)
    with contextlib.suppress(WireError):
        message = codec.parse_message(data)
        if isinstance(message, Reply):
            for method in wire.METHODS.values():
                with contextlib.suppress(WireError):
                    codec.parse_result(message, method.result)


@given(
    text=st.text(max_size=50),
    number=st.integers(-(2**53) + 1, 2**53 - 1),
    names=st.lists(st.text(max_size=5), max_size=4),
)
def test_every_text_and_number_survives_both_codecs(text, number, names):
    params = wire.MessageSend(text, text, text, number, tuple(names))
    for codec in (JSON, MSGPACK):
        parsed = codec.parse_params(
            codec.parse_request(codec.build_request(1, "message.send", params)), wire.MessageSend
        )
        assert msgspec.structs.astuple(parsed) == msgspec.structs.astuple(params)
