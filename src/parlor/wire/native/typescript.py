"""The native protocol as TypeScript, generated from its structs: text in one pure function.

What web/sdk relies on: one interface per struct, the maps `Methods` and `Pushes`, the registries
`ERRORS` and `CLOSE_CODES`. A field is optional when a client may leave it out of parameters, or
when JSON leaves it out because it has its default.
"""

from __future__ import annotations

import enum
import inspect
import types
import typing
from collections.abc import Iterator
from typing import Any

import msgspec

from parlor.wire.native.codec import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL, ErrorBody
from parlor.wire.native.methods import METHODS, Params
from parlor.wire.native.pushes import PUSHES
from parlor.wire.native.registries import close_codes, error_codes

_PRIMITIVES = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}

_HEAD = f'''// Made by `python -m tools.protocol` from src/parlor/wire/native. Do not edit.

/** WebSocket subprotocol with JSON text messages. */
export const JSON_SUBPROTOCOL = "{JSON_SUBPROTOCOL}";
/** WebSocket subprotocol with MessagePack messages, structs as arrays. */
export const MSGPACK_SUBPROTOCOL = "{MSGPACK_SUBPROTOCOL}";
'''

_MESSAGES = """
/** Client to server. `id` is chosen by the client and comes back in the reply. */
export interface RequestMessage<M extends MethodName = MethodName> {
  id: number;
  method: M;
  params: Methods[M]["params"];
}

/** Server to client: the request with this `id` succeeded. */
export interface ResultMessage<M extends MethodName = MethodName> {
  id: number;
  result: Methods[M]["result"];
}

/** Server to client: the request with this `id` was refused. */
export interface ErrorMessage {
  id: number;
  error: ErrorBody;
}

/** Server to client, unasked. */
export interface PushMessage<P extends PushName = PushName> {
  push: P;
  data: Pushes[P];
}

export type ServerMessage = ResultMessage | ErrorMessage | PushMessage;
"""

_ERRORS_HEAD = """
/** Every refusal by its code. `retry`: the same request can succeed later. */
export const ERRORS = {"""

_ERRORS_TAIL = """} as const;

export type ErrorCode = keyof typeof ERRORS;
"""

_CLOSES_HEAD = """
/** When to connect again after a close: at once, after the time in the reason, never. */
export type Reconnect = "now" | "later" | "never";

/** Why a connection was closed, by the number in the close frame. */
export const CLOSE_CODES = {"""

_CLOSES_TAIL = """} as const satisfies Record<
  number,
  { name: string; reconnect: Reconnect; meaning: string }
>;

export type CloseCode = keyof typeof CLOSE_CODES;
"""


def build_typescript() -> str:
    """The whole file, ending in a newline; the same for the same structs."""
    parts = [_HEAD]
    parts += [_declaration(kind) for kind in _all_types()]
    parts.append(_methods())
    parts.append(_pushes())
    parts.append(_MESSAGES)
    parts.append(_errors())
    parts.append(_close_codes())
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _all_types() -> list[type]:
    """Every struct and enum that is reachable, in the order of first use, parts first."""
    found: dict[type, None] = {}
    for method in METHODS.values():
        for kind in (*_walk(method.params), *_walk(method.result)):
            found.setdefault(kind)
    for payload in PUSHES.values():
        for kind in _walk(payload):
            found.setdefault(kind)
    found.setdefault(ErrorBody)
    return list(found)


def _walk(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        for field in msgspec.structs.fields(annotation):
            yield from _walk(field.type)
        yield annotation
    elif isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        yield annotation
    else:
        for inner in typing.get_args(annotation):
            yield from _walk(inner)


def _declaration(kind: type) -> str:
    if issubclass(kind, enum.Enum):
        values = " | ".join(f'"{member.value}"' for member in kind)
        return f"{_comment(kind)}export type {kind.__name__} = {values};\n"
    if not issubclass(kind, msgspec.Struct):
        raise TypeError(f"no TypeScript for {kind}")
    fields = msgspec.structs.fields(kind)
    if not fields:
        return f"{_comment(kind)}export type {kind.__name__} = Record<string, never>;\n"
    may_be_absent = issubclass(kind, Params) or kind.__struct_config__.omit_defaults
    lines = [f"{_comment(kind)}export interface {kind.__name__} {{"]
    for field in fields:
        mark = "?" if may_be_absent and not field.required else ""
        lines.append(f"  {field.encode_name}{mark}: {_type(field.type)};")
    return "\n".join([*lines, "}", ""])


def _type(annotation: Any) -> str:
    while hasattr(annotation, "__supertype__"):
        annotation = annotation.__supertype__
    if annotation in _PRIMITIVES:
        return _PRIMITIVES[annotation]
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct | enum.Enum):
        return annotation.__name__
    origin = typing.get_origin(annotation)
    if origin is tuple:
        inner = _type(typing.get_args(annotation)[0])
        return f"readonly {inner}[]" if inner.isidentifier() else f"readonly ({inner})[]"
    if origin is dict:
        key, value = typing.get_args(annotation)
        return f"Readonly<Record<{_type(key)}, {_type(value)}>>"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_type(member) for member in typing.get_args(annotation))
    raise TypeError(f"no TypeScript for {annotation}")


def _comment(kind: type) -> str:
    own = kind.__dict__.get("__doc__")
    if not own:
        return ""
    lines = inspect.cleandoc(own).replace("*/", "* /").splitlines()
    if len(lines) == 1:
        return f"/** {lines[0]} */\n"
    return "\n".join(["/**", *(f" * {line}".rstrip() for line in lines), " */", ""])


def _methods() -> str:
    lines = ["/** Every request: what it takes and what it gives. */", "export interface Methods {"]
    for name, method in METHODS.items():
        params, result = method.params.__name__, method.result.__name__
        lines.append(f'  "{name}": {{ params: {params}; result: {result} }};')
    return "\n".join([*lines, "}", "", "export type MethodName = keyof Methods;", ""])


def _pushes() -> str:
    lines = ["/** Everything the server says unasked. */", "export interface Pushes {"]
    lines += [f'  "{name}": {payload.__name__};' for name, payload in PUSHES.items()]
    return "\n".join([*lines, "}", "", "export type PushName = keyof Pushes;", ""])


def _errors() -> str:
    rows = [
        f"  {row.code}: {{ status: {row.status}, retry: {_quoted(row.retry)}, "
        f"meaning: {_quoted(row.meaning)} }},"
        for row in error_codes()
    ]
    return "\n".join([_ERRORS_HEAD, *rows, _ERRORS_TAIL])


def _close_codes() -> str:
    rows = [
        f"  {row.code}: {{ name: {_quoted(row.name)}, reconnect: {_quoted(row.reconnect)}, "
        f"meaning: {_quoted(row.meaning)} }},"
        for row in close_codes()
    ]
    return "\n".join([_CLOSES_HEAD, *rows, _CLOSES_TAIL])


def _quoted(value: str | bool) -> str:
    return msgspec.json.encode(value).decode()
