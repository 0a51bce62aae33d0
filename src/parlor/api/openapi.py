"""The description of the API (OpenAPI 3.1), made from the handlers that answer.

Paths, parameters, bodies and replies come from the handlers' signatures, refusals and examples
from `described`, who may ask from the guards. Nothing is written down twice, so a route cannot
be left out. Made once, at the first request for it: about 10 ms.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.routes import BaseRoute, HTTPRoute
from litestar.typing import FieldDefinition

from parlor.api.described import Described, description_of
from parlor.api.errors import ErrorReply, Refusal, error_reply
from parlor.api.identity import (
    KeyWith,
    UserOrKeyWith,
    administrator,
    local_or_admin_key,
    signed_in,
)
from parlor.model.account import Scope
from parlor.model.errors import (
    AccountNeeded,
    AuthUnavailable,
    BadRequest,
    BodyTimedOut,
    Forbidden,
    Internal,
    Overloaded,
    OverQuota,
    ParlorError,
    RateLimited,
    StorageFailed,
    TooLarge,
    TooManyAttempts,
    Unauthenticated,
    registry,
)

_REF = "#/components/schemas/{name}"
_Json = dict[str, Any]

_SECURITY: _Json = {
    "user": {
        "type": "http",
        "scheme": "bearer",
        "description": "`token` of a reply that signs in.",
    },
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, made by `parlor key add NAME --scope push,im,admin`.",
    },
}


def describe(routes: Iterable[BaseRoute], *, version: str, url: str) -> bytes:
    """The document as JSON. `url` is where this server is reached, "/" when not known."""
    kinds: list[Any] = [ErrorReply]
    paths: dict[str, _Json] = {}
    for path, method, handler in _operations(routes):
        signature = handler.parsed_fn_signature
        kinds += [d.annotation for n, d in signature.parameters.items() if n == "data"]
        if _is_struct(reply := _reply_type(signature.return_type)):
            kinds.append(reply)
        paths.setdefault(path, {})[method] = _operation(path, handler)
    _, schemas = msgspec.json.schema_components(kinds, ref_template=_REF)
    schemas[Refusal.__name__]["properties"]["code"]["enum"] = sorted(registry())
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Parlor",
            "version": version,
            "description": "Chat, calls and push in one self-hosted server.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": url}],
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": {
            "schemas": {name: schemas[name] for name in sorted(schemas)},
            "examples": {code: _example(error) for code, error in registry().items()},
            "securitySchemes": _SECURITY,
        },
    }
    return msgspec.json.encode(document)


def _operations(routes: Iterable[BaseRoute]) -> Iterable[tuple[str, str, HTTPRouteHandler]]:
    for route in routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            if not handler.resolve_include_in_schema():
                continue
            path = description_of(handler.opt).path or route.path_format
            for method in sorted(handler.http_methods - {"HEAD"}):
                yield path, method.lower(), handler


def _operation(path: str, handler: HTTPRouteHandler) -> _Json:
    said = description_of(handler.opt)
    signature = handler.parsed_fn_signature
    summary, _, more = (handler.fn.__doc__ or "").strip().partition("\n")
    operation: _Json = {
        "operationId": f"{handler.fn.__module__.rpartition('.')[2]}_{handler.fn.__name__}",
        "tags": [handler.fn.__module__.rpartition(".")[2]],
        "summary": summary.rstrip("."),
        "parameters": [*_path_parameters(path), *_query_parameters(signature.parameters)],
        "responses": _responses(handler, said),
        "security": _security(handler.guards or ()),
    }
    if more.strip():
        operation["description"] = " ".join(more.split())
    if body := signature.parameters.get("data"):
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": _content(body.annotation, said.asks)},
        }
    elif said.takes:
        operation["requestBody"] = {"required": True, "content": _bytes(said.takes)}
    return operation


def _path_parameters(path: str) -> list[_Json]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def _query_parameters(parameters: Mapping[str, FieldDefinition]) -> list[_Json]:
    found: list[_Json] = []
    for name, field in parameters.items():
        told = field.kwarg_definition
        if not isinstance(told, ParameterKwarg) or told.param_type != "query":
            continue
        schema: _Json = {"type": "integer" if int in (field.annotation, *field.args) else "string"}
        bounds = (("minimum", told.ge), ("maximum", told.le), ("maxLength", told.max_length))
        schema |= {key: value for key, value in bounds if value is not None}
        if field.has_default and field.default is not None:
            schema["default"] = field.default
        parameter = {
            "name": told.name or name,
            "in": "query",
            "required": not field.has_default,
            "schema": schema,
        }
        if told.description:
            parameter["description"] = told.description
        found.append(parameter)
    return found


def _responses(handler: HTTPRouteHandler, said: Described) -> _Json:
    reply = _reply_type(handler.parsed_fn_signature.return_type)
    content = {}
    if said.returns:
        content = {"content": _bytes(said.returns)}
    elif _is_struct(reply):
        content = {"content": {"application/json": _content(reply, said.gives)}}
    elif reply is not type(None):
        text: _Json = {"schema": {"type": "string"}, "example": said.gives}
        content = {"content": {"text/plain": text}}
    status = handler.status_code
    responses: _Json = {str(status): {"description": HTTPStatus(status).phrase, **content}}
    for also, when in said.also.items():
        responses[str(also)] = {"description": when, **content}
    for error in _refusals(handler, said):
        spelled = responses.setdefault(
            str(error.status), {"description": "", "content": {"application/json": _error()}}
        )
        if "examples" not in spelled["content"]["application/json"]:
            continue
        line = f"`{error.code}`: {error.meaning}"
        spelled["description"] = f"{spelled['description']}\n\n{line}".strip()
        examples = spelled["content"]["application/json"]["examples"]
        examples[error.code] = {"$ref": f"#/components/examples/{error.code}"}
    return dict(sorted(responses.items()))


def _refusals(handler: HTTPRouteHandler, said: Described) -> Sequence[type[ParlorError]]:
    """This route's own and those that come with its guards, its body and its parameters."""
    refusals: list[type[ParlorError]] = [*said.refuses]
    parameters = handler.parsed_fn_signature.parameters
    guards = handler.guards or ()
    if guards:
        refusals.append(Unauthenticated)
    if any(guard is signed_in for guard in guards):
        refusals.append(AccountNeeded)
    if any(guard is signed_in or isinstance(guard, UserOrKeyWith) for guard in guards):
        refusals += [AuthUnavailable, TooManyAttempts]
    if any(guard is not signed_in for guard in guards):
        refusals += [Forbidden, OverQuota]
    if "data" in parameters or said.takes:
        refusals += [BadRequest, TooLarge, BodyTimedOut]
    elif any(name != "request" for name in parameters):
        refusals.append(BadRequest)
    if handler.fn.__module__.rpartition(".")[2] != "health":
        refusals += [RateLimited, Overloaded, StorageFailed]
    return list(dict.fromkeys([*refusals, Internal]))


def _security(guards: Sequence[object]) -> list[_Json]:
    found: list[_Json] = []
    for guard in guards:
        if guard is signed_in or isinstance(guard, UserOrKeyWith):
            found.append({"user": []})
        if isinstance(guard, KeyWith | UserOrKeyWith):
            found.append({"key": [guard.scope.value]})
        if guard is administrator:
            found += [{"user": [Scope.ADMIN.value]}, {"key": [Scope.ADMIN.value]}]
        if guard is local_or_admin_key:
            found += [{}, {"key": [Scope.ADMIN.value]}]
    return found


def _content(kind: Any, example: object) -> _Json:
    content: _Json = {"schema": {"$ref": _REF.format(name=kind.__name__)}}
    if example is not None:
        content["example"] = msgspec.to_builtins(example)
    return content


def _bytes(types: Sequence[str]) -> _Json:
    return {
        kind: {"schema": {"type": "string", "format": "binary"}, "example": "the bytes"}
        for kind in types
    }


def _example(error: type[ParlorError]) -> _Json:
    raised = error()
    if error.status in (429, 503):
        raised.retry_after_s = 2.0
    return {"summary": error.meaning, "value": msgspec.to_builtins(error_reply(raised))}


def _error() -> _Json:
    return {"schema": {"$ref": _REF.format(name=ErrorReply.__name__)}, "examples": {}}


def _reply_type(returned: FieldDefinition) -> Any:
    annotation = returned.annotation
    if typing.get_origin(annotation) is Response:
        return typing.get_args(annotation)[0]
    return type(None) if annotation is None else annotation


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
