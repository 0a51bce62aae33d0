"""Reading /openapi.json in tests: its operations, and whether it is sound OpenAPI 3.1.

The structural rules are those of OpenAPI 3.1.0 §4.8 that a generator could break; schemas are
checked by jsonschema against JSON Schema 2020-12, which OpenAPI 3.1 uses as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema

METHODS = ("get", "post", "put", "patch", "delete")

_TEXT = {"type": "string", "minLength": 1}
_MEDIA = {
    "type": "object",
    "required": ["schema"],
    "properties": {"schema": {"type": "object"}},
    "additionalProperties": {},
    "not": {"required": ["example", "examples"]},
}
_CONTENT = {"type": "object", "minProperties": 1, "additionalProperties": _MEDIA}
_SHAPE: dict[str, Any] = {
    "type": "object",
    "required": ["openapi", "info", "paths", "components"],
    "properties": {
        "openapi": {"pattern": r"^3\.1\.\d+$"},
        "info": {"required": ["title", "version"], "properties": {"title": _TEXT}},
        "servers": {"items": {"required": ["url"]}},
        "paths": {
            "propertyNames": {"pattern": "^/"},
            "additionalProperties": {
                "propertyNames": {"enum": list(METHODS)},
                "additionalProperties": {
                    "type": "object",
                    "required": ["operationId", "responses"],
                    "properties": {
                        "operationId": {"pattern": "^[a-z_]+$"},
                        "parameters": {
                            "items": {
                                "required": ["name", "in", "schema"],
                                "properties": {"in": {"enum": ["path", "query"]}},
                            }
                        },
                        "requestBody": {
                            "required": ["content"],
                            "properties": {"content": _CONTENT},
                        },
                        "responses": {
                            "minProperties": 1,
                            "propertyNames": {"pattern": "^[1-5][0-9][0-9]$"},
                            "additionalProperties": {
                                "required": ["description"],
                                "properties": {"description": _TEXT, "content": _CONTENT},
                            },
                        },
                    },
                },
            },
        },
        "components": {
            "properties": {
                "schemas": {"propertyNames": {"pattern": "^[A-Za-z0-9._-]+$"}},
                "securitySchemes": {"additionalProperties": {"required": ["type"]}},
            }
        },
    },
}

_EXAMPLE_VALUES = {
    "user_id": "6755399441055744",
    "device_id": "phone",
    "conversation_id": "5000000000000001",
    "seq": "7",
    "name": "theme",
    "time": "1790000000000",
    "token": "plk_nobody",
    "room": "news",
    "code": "3q2-796tvu_erb7v3q2-7w",
    "query": "ann",
    "users": "6755399441055744",
    "file_id": "5b1e9c0f3a7d48e2a6c4f0d9b8137e25",
    "upload_id": "5b1e9c0f3a7d48e2a6c4f0d9b8137e25",
    "offset": "0",
    "picture_id": "0f9b3c5a1d2e4f60718293a4b5c6d7e8f9012345",
    "key_id": "6f1d2a9b3c4e",
    "push_id": "5f0cb1946ac98d01e7aa2f3c",
}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    spec: Mapping[str, Any]

    def example_path(self, **values: str) -> str:
        """The path with something in every place, and the query parameters that must be there."""
        known = {**_EXAMPLE_VALUES, **values}
        path = re.sub(r"\{(\w+)\}", lambda place: known[place[1]], self.path)
        needed = [
            p["name"] for p in self.spec["parameters"] if p["in"] == "query" and p["required"]
        ]
        return path + ("?" + "&".join(f"{name}={known[name]}" for name in needed) if needed else "")

    @property
    def takes_body(self) -> bool:
        """A JSON one."""
        return "application/json" in self.spec.get("requestBody", {}).get("content", {})

    def example_body(self) -> Any:
        return self.spec["requestBody"]["content"]["application/json"]["example"]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, spec in item.items():
            yield Operation(method.upper(), path, spec)


def check_document(document: Mapping[str, Any]) -> None:
    """Fails with the first rule that `document` breaks."""
    jsonschema.validate(document, _SHAPE)
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for reference in _references(document):
        kind, _, name = reference.removeprefix("#/components/").partition("/")
        assert name in document["components"][kind], f"{reference} leads nowhere"
    ids = [op.spec["operationId"] for op in operations(document)]
    assert len(ids) == len(set(ids)), "an operationId is used twice"
    for op in operations(document):
        in_path = {p["name"] for p in op.spec["parameters"] if p["in"] == "path" and p["required"]}
        assert in_path == set(re.findall(r"\{(\w+)\}", op.path)), op
        for needed in op.spec["security"]:
            assert set(needed) <= set(document["components"]["securitySchemes"]), op


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(target := value.get("$ref"), str):
            yield target
        for below in value.values():
            yield from _references(below)
    elif isinstance(value, list):
        for below in value:
            yield from _references(below)
