import json

import jsonschema
import pytest

from parlor.model.errors import RateLimited, registry
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import JSON
from parlor.wire.native.pushes import PUSHES, ReadPush
from parlor.wire.native.schema import build_schema

SCHEMA = build_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_document_is_a_schema_and_plain_json():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA))["title"] == "parlor.v1"


@pytest.mark.parametrize(
    "message",
    [
        JSON.build_request(1, "hello", wire.Hello("t")),
        JSON.build_request(1, "heartbeat", wire.Heartbeat()),
        JSON.build_reply(1, wire.ReadResult(1, 0)),
        JSON.build_error(1, RateLimited(retry_after_s=1.0)),
        JSON.build_push("read", ReadPush("9", 1, 0)),
        b'{"id":1,"method":"heartbeat"}',
    ],
)
def test_what_the_codec_writes_is_valid(message):
    VALIDATOR.validate(json.loads(message))


@pytest.mark.parametrize(
    "message",
    [
        {"id": 1, "method": "hello"},
        {"id": 1, "method": "hello", "params": {"token": 5}},
        {"id": 1, "method": "no.such", "params": {}},
        {"id": -1, "method": "heartbeat"},
        {"push": "read", "data": {}},
        {},
    ],
)
def test_what_breaks_the_protocol_is_not_valid(message):
    assert not VALIDATOR.is_valid(message)


def test_nothing_of_the_protocol_is_missing():
    assert SCHEMA["x-methods"].keys() == wire.METHODS.keys()
    assert SCHEMA["x-pushes"].keys() == PUSHES.keys()
    assert {row["code"] for row in SCHEMA["x-errors"]} == registry().keys()
    for name in ("Event", "CallView", "ConversationView", "ErrorBody"):
        assert name in SCHEMA["$defs"]
