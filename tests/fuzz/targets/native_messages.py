"""Native messages in both codecs, as a server reads them and as a client does: WireError for what
is no message, BadRequest for parameters that are wrong, and what is built is read back.

The first byte chooses the codec and whose message it is.
"""

from __future__ import annotations

import contextlib

from parlor.model.errors import BadRequest, WireError
from parlor.wire.native.codec import JSON, MSGPACK, Codec, PushMessage, Request
from parlor.wire.native.methods import METHODS, Heartbeat, Hello
from parlor.wire.native.pushes import DeliveryPush

_HELLO = Hello(token="t", instance="i", rooms=("a", "b"))
_PUSH = DeliveryPush(push_id="p", room="r", body="b")
SEEDS = [
    b"\0" + JSON.build_request(1, "hello", _HELLO),
    b"\0" + JSON.build_request(2, "heartbeat", Heartbeat()),
    b'\0{"id":1,"method":"message.send","params":{"conversation_id":"c","client_id":"x","text":"y"}}',
    b'\0{"id":-1,"method":5}',
    b'\0{"id":1,"method":"room.join","params":{"room":"\\ud800"}}',
    b"\0" + b"[" * 300,
    b"\1" + MSGPACK.build_request(1, "hello", _HELLO),
    b"\1" + MSGPACK.build_request(3, "heartbeat", Heartbeat()),
    b"\1\x93\x01\xa9room.join\x91\xa1\xff",
    b"\1" + b"\x91" * 300,
    b"\2" + JSON.build_push("delivery", _PUSH),
    b"\2" + JSON.build_error(1, BadRequest("no")),
    b"\3" + MSGPACK.build_push("delivery", _PUSH),
    b"\3" + MSGPACK.build_error(1, BadRequest("no")),
]


def check(data: bytes) -> None:
    if not data:
        return
    codec = (JSON, MSGPACK)[data[0] & 1]
    with contextlib.suppress(WireError):
        if data[0] & 2:
            _check_client(codec, data[1:])
        else:
            _check_server(codec, data[1:])


def _check_server(codec: Codec, message: bytes) -> None:
    request = codec.parse_request(message)
    assert 0 <= request.id < 1 << 53
    # The parameters may be meant for any method, not only for the one that is named.
    named = METHODS.get(request.method)
    for method in {named, METHODS["hello"], METHODS["message.send"]} - {None}:
        assert method is not None
        with contextlib.suppress(BadRequest):
            params = codec.parse_params(request, method.params)
            again = codec.parse_request(codec.build_request(request.id, request.method, params))
            assert (again.id, again.method) == (request.id, request.method)
            assert codec.parse_params(Request(0, "", again.params), method.params) == params


def _check_client(codec: Codec, message: bytes) -> None:
    said = codec.parse_message(message)
    if isinstance(said, PushMessage):
        if said.data is not None:
            assert codec.parse_message(codec.build_push(said.name, said.data)) == said
    elif said.error is None:
        for method in METHODS.values():
            with contextlib.suppress(WireError):
                codec.parse_result(said, method.result)
