"""Native messages as bytes, in the two codecs: JSON text and MessagePack arrays.

Both are stateless and shared by all connections. `parse_` of whatever a peer sends raises exactly
WireError (close the connection) or, where the message itself is sound but its parameters are not,
BadRequest (answer that one request).
"""

from __future__ import annotations

import functools
import re
from typing import Annotated, Any, Final, Protocol, TypeVar

import msgspec

from parlor.model.close import CloseCode
from parlor.model.errors import BadRequest, ParlorError, WireError
from parlor.wire.native.methods import Params, Result
from parlor.wire.native.pushes import PUSHES, PushPayload
from parlor.wire.native.twins import MAX_INTEGER, as_array, twin

JSON_SUBPROTOCOL = "parlor.v1.json"
MSGPACK_SUBPROTOCOL = "parlor.v1.msgpack"
MAX_METHOD_CHARS = 64

RequestId = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
MethodName = Annotated[str, msgspec.Meta(max_length=MAX_METHOD_CHARS)]
SomeParams = TypeVar("SomeParams", bound=Params)
SomeResult = TypeVar("SomeResult", bound=Result)

_NOTHING: Final = msgspec.Raw(b"")
_HALF_A_CHARACTER: Final = msgspec.Raw(b'"half a character"')
# A pair, half of one, any other escape (RFC 8259 §7): read in turn, so that each is what it is.
_ESCAPES = re.compile(
    r"(\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)

# RecursionError is how msgspec answers a depth bomb; the typed decoders need a depth of six.
_BROKEN: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Request(msgspec.Struct, frozen=True):
    """One request, its parameters still encoded: the method decides their shape."""

    id: RequestId
    method: MethodName
    params: msgspec.Raw = _NOTHING


class ErrorBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """A refusal: `code` is in the registry, `message` is for people, `retry` says whether the
    same request can succeed after `retry_after_s`."""

    code: str
    message: str
    retry: bool = False
    retry_after_s: float = 0.0

    @classmethod
    def of(cls, error: ParlorError) -> ErrorBody:
        return cls(error.code, str(error), error.retry, round(error.retry_after_s, 3))


class Reply(msgspec.Struct, frozen=True):
    """The answer to request `id`: `result` still encoded, or `error`."""

    id: int
    result: msgspec.Raw = _NOTHING
    error: ErrorBody | None = None


class PushMessage(msgspec.Struct, frozen=True):
    """A decoded push. `data` is None when this side does not know a push of that name."""

    name: str
    data: PushPayload | None


class Codec(Protocol):
    """Values to the bytes of one message and back; framing is the connection's."""

    subprotocol: str
    is_text: bool

    def parse_request(self, message: bytes | str) -> Request:
        """Raises WireError."""

    def parse_params(self, request: Request, kind: type[SomeParams]) -> SomeParams:
        """Raises BadRequest, saying what is wrong where."""

    def build_reply(self, id: int, result: Result) -> bytes: ...

    def build_error(self, id: int, error: ParlorError) -> bytes: ...

    def build_push(self, name: str, payload: PushPayload) -> bytes: ...

    def build_request(self, id: int, method: str, params: Params) -> bytes: ...

    def parse_message(self, message: bytes | str) -> Reply | PushMessage:
        """What a server says. Raises WireError."""

    def parse_result(self, reply: Reply, kind: type[SomeResult]) -> SomeResult:
        """Raises WireError when the reply has no such result."""


class _ReplyOut(msgspec.Struct):
    id: int
    result: Result


class _ErrorOut(msgspec.Struct):
    id: int
    error: ErrorBody


class _PushOut(msgspec.Struct):
    push: str
    data: PushPayload


class _RequestOut(msgspec.Struct):
    id: int
    method: str
    params: Params


class _Down(msgspec.Struct):
    id: int | None = None
    result: msgspec.Raw = _NOTHING
    error: ErrorBody | None = None
    push: str | None = None
    data: msgspec.Raw = _NOTHING


class JsonCodec:
    subprotocol = JSON_SUBPROTOCOL
    is_text = True

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder().encode
        self._request = msgspec.json.Decoder(Request)
        self._down = msgspec.json.Decoder(_Down)

    def parse_request(self, message: bytes | str) -> Request:
        try:
            return self._request.decode(message)
        except _BROKEN as broken:
            try:
                # What people paste may end in the middle of a character. Closing the connection
                # would have their client say it again, and again.
                request = self._request.decode(_with_whole_characters(message))
            except _BROKEN:
                raise _malformed(broken) from broken
            if not request.method.isascii():
                raise _malformed(broken) from broken
            return msgspec.structs.replace(request, params=_HALF_A_CHARACTER)

    def parse_params(self, request: Request, kind: type[SomeParams]) -> SomeParams:
        if request.params is _HALF_A_CHARACTER:
            raise BadRequest("There is half a character in it: a surrogate without its other.")
        try:
            params: SomeParams = _json_decoder(kind).decode(request.params or b"{}")
            return params
        except _BROKEN as broken:
            raise BadRequest(_say(broken)) from broken

    def build_reply(self, id: int, result: Result) -> bytes:
        return self._encode(_ReplyOut(id, result))

    def build_error(self, id: int, error: ParlorError) -> bytes:
        return self._encode(_ErrorOut(id, ErrorBody.of(error)))

    def build_push(self, name: str, payload: PushPayload) -> bytes:
        return self._encode(_PushOut(name, payload))

    def build_request(self, id: int, method: str, params: Params) -> bytes:
        return self._encode(_RequestOut(id, method, params))

    def parse_message(self, message: bytes | str) -> Reply | PushMessage:
        try:
            down = self._down.decode(message)
            if down.id is not None:
                return Reply(down.id, down.result, down.error)
            if down.push is None or not down.data:
                raise _malformed(ValueError("neither a reply nor a push"))
            known = PUSHES.get(down.push)
            data = None if known is None else _json_decoder(known).decode(down.data)
            return PushMessage(down.push, data)
        except _BROKEN as broken:
            raise _malformed(broken) from broken

    def parse_result(self, reply: Reply, kind: type[SomeResult]) -> SomeResult:
        try:
            result: SomeResult = _json_decoder(kind).decode(reply.result)
            return result
        except _BROKEN as broken:
            raise _malformed(broken) from broken


class _ArrayRequest(Request, frozen=True, array_like=True):
    pass


class MsgpackCodec:
    """A reply begins with an integer, a push with a string; so the first byte tells them apart."""

    subprotocol = MSGPACK_SUBPROTOCOL
    is_text = False

    def __init__(self) -> None:
        self._encode = msgspec.msgpack.Encoder().encode
        self._request = msgspec.msgpack.Decoder(_ArrayRequest)
        self._parts = msgspec.msgpack.Decoder(list[msgspec.Raw])
        self._error = msgspec.msgpack.Decoder(twin(ErrorBody, array_like=True) | None)

    def parse_request(self, message: bytes | str) -> Request:
        try:
            return self._request.decode(_binary(message))
        except _BROKEN as broken:
            raise _malformed(broken) from broken

    def parse_params(self, request: Request, kind: type[SomeParams]) -> SomeParams:
        try:
            params: SomeParams = _msgpack_decoder(kind).decode(request.params or b"\x90")
            return params
        except _BROKEN as broken:
            raise BadRequest(_say(broken)) from broken

    def build_reply(self, id: int, result: Result) -> bytes:
        return self._encode((id, as_array(result), None))

    def build_error(self, id: int, error: ParlorError) -> bytes:
        return self._encode((id, None, as_array(ErrorBody.of(error))))

    def build_push(self, name: str, payload: PushPayload) -> bytes:
        return self._encode((name, as_array(payload)))

    def build_request(self, id: int, method: str, params: Params) -> bytes:
        return self._encode((id, method, as_array(params)))

    def parse_message(self, message: bytes | str) -> Reply | PushMessage:
        try:
            parts = self._parts.decode(_binary(message))
            if len(parts) < 2:
                raise _malformed(ValueError("neither a reply nor a push"))
            first = msgspec.msgpack.decode(parts[0], type=int | str)
            if isinstance(first, str):
                known = PUSHES.get(first)
                data = None if known is None else _msgpack_decoder(known).decode(parts[1])
                return PushMessage(first, data)
            error = self._error.decode(parts[2]) if len(parts) > 2 else None
            return Reply(first, parts[1], error)
        except _BROKEN as broken:
            raise _malformed(broken) from broken

    def parse_result(self, reply: Reply, kind: type[SomeResult]) -> SomeResult:
        try:
            result: SomeResult = _msgpack_decoder(kind).decode(reply.result)
            return result
        except _BROKEN as broken:
            raise _malformed(broken) from broken


Known = TypeVar("Known", bound=msgspec.Struct)


@functools.cache
def _json_decoder(kind: type[Known]) -> msgspec.json.Decoder[Known]:
    made: Any = msgspec.json.Decoder(twin(kind, array_like=False))
    return made  # type: ignore[no-any-return]


@functools.cache
def _msgpack_decoder(kind: type[Known]) -> msgspec.msgpack.Decoder[Known]:
    made: Any = msgspec.msgpack.Decoder(twin(kind, array_like=True))
    return made  # type: ignore[no-any-return]


def _binary(message: bytes | str) -> bytes:
    if isinstance(message, str):
        raise WireError("text where binary was agreed", close=CloseCode.UNSUPPORTED)
    return message


def _with_whole_characters(message: bytes | str) -> str:
    """JSON with another character in place of each half of one. Raises UnicodeDecodeError."""
    text = message if isinstance(message, str) else message.decode()
    return _ESCAPES.sub(lambda found: "\\ufffd" if found[2] else found[0], text)


def _malformed(broken: Exception) -> WireError:
    return WireError(_say(broken), close=CloseCode.MALFORMED)


def _say(broken: Exception) -> str:
    if isinstance(broken, RecursionError):
        return "nested too deeply"
    if isinstance(broken, UnicodeDecodeError):
        return "not UTF-8"
    return str(broken)


JSON: Final[Codec] = JsonCodec()
MSGPACK: Final[Codec] = MsgpackCodec()
BY_SUBPROTOCOL: Final[dict[str, Codec]] = {codec.subprotocol: codec for codec in (JSON, MSGPACK)}
