"""The native protocol as one JSON Schema document: methods, pushes and both registries."""

from __future__ import annotations

from typing import Any

import msgspec

from parlor.wire.native.codec import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL, ErrorBody
from parlor.wire.native.methods import METHODS
from parlor.wire.native.pushes import PUSHES
from parlor.wire.native.registries import close_codes, error_codes

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def build_schema() -> dict[str, Any]:
    """A document for validators (`$defs`) with the tables that no validator knows beside it.

    As a schema it accepts every message of the JSON codec, in both directions.
    """
    kinds: list[Any] = [ErrorBody, *PUSHES.values()]
    for method in METHODS.values():
        kinds += [method.params, method.result]
    _, components = msgspec.json.schema_components(
        dict.fromkeys(kinds), ref_template="#/$defs/{name}"
    )
    requests = [
        _object({"id": _ID, "method": {"const": name}, "params": _ref(method.params)}, ["params"])
        if _has_required(method.params)
        else _object({"id": _ID, "method": {"const": name}, "params": _ref(method.params)})
        for name, method in METHODS.items()
    ]
    results = _object({"id": _ID, "result": {"type": "object"}}, ["result"])
    errors = _object({"id": _ID, "error": _ref(ErrorBody)}, ["error"])
    pushes = [
        _object({"push": {"const": name}, "data": _ref(payload)}, ["data"])
        for name, payload in PUSHES.items()
    ]
    return {
        "$schema": _DIALECT,
        "title": "parlor.v1",
        "description": "The native protocol of Parlor. Unknown fields are ignored.",
        "anyOf": [*requests, results, errors, *pushes],
        "$defs": components,
        "x-subprotocols": [JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL],
        "x-methods": {
            name: {"params": _ref(method.params), "result": _ref(method.result)}
            for name, method in METHODS.items()
        },
        "x-pushes": {name: _ref(payload) for name, payload in PUSHES.items()},
        "x-errors": msgspec.to_builtins(error_codes()),
        "x-close-codes": msgspec.to_builtins(close_codes()),
    }


_ID = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    always = [name for name in ("id", "method", "push") if name in properties]
    return {
        "type": "object",
        "properties": properties,
        "required": [*always, *(required or [])],
    }


def _ref(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _has_required(kind: type[msgspec.Struct]) -> bool:
    return any(field.required for field in msgspec.structs.fields(kind))
