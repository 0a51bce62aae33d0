"""The declared structs in the form that one codec reads, derived and never written by hand.

A twin is a subclass of the declared struct, so what a codec decodes is an instance of the
declared class. A twin differs in two ways: it is an array when the codec is MessagePack, and its
integers are bounded to what a JavaScript number and a database column hold.
"""

from __future__ import annotations

import functools
import types
import typing
from typing import Annotated, Any

import msgspec

MAX_INTEGER = 2**53 - 1
BoundedInt = Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]


@functools.cache
def twin(kind: type[msgspec.Struct], *, array_like: bool) -> type[msgspec.Struct]:
    """The twin of `kind`, with twins in all its fields. Field order is that of `kind`."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(kind):
        annotation = _twin_of(field.type, array_like)
        if field.default is not msgspec.NODEFAULT:
            fields.append((field.name, annotation, field.default))
        elif field.default_factory is not msgspec.NODEFAULT:
            made = msgspec.field(default_factory=field.default_factory)
            fields.append((field.name, annotation, made))
        else:
            fields.append((field.name, annotation))
    return msgspec.defstruct(
        kind.__name__, fields, bases=(kind,), frozen=True, array_like=array_like
    )


def as_array(value: Any) -> Any:
    """`value` with every struct in it as the list of its fields, in declared order."""
    if isinstance(value, msgspec.Struct):
        return [
            as_array(item) if isinstance(item, msgspec.Struct | tuple | list | dict) else item
            for item in msgspec.structs.astuple(value)
        ]
    if isinstance(value, tuple | list):
        return [as_array(item) for item in value]
    if isinstance(value, dict):
        return {key: as_array(item) for key, item in value.items()}
    return value


def _twin_of(annotation: Any, array_like: bool) -> Any:
    if annotation is int:
        return BoundedInt
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return twin(annotation, array_like=array_like)
    origin = typing.get_origin(annotation)
    if origin is tuple:
        item, *rest = typing.get_args(annotation)
        if rest != [...]:
            raise TypeError(f"only tuple[X, ...] has a twin, not {annotation}")
        return tuple[_twin_of(item, array_like), ...]  # type: ignore[misc]
    if origin is dict:
        key, value = typing.get_args(annotation)
        return dict[key, _twin_of(value, array_like)]  # type: ignore[misc,valid-type]
    if origin in (typing.Union, types.UnionType):
        return functools.reduce(
            lambda left, right: left | right,
            [_twin_of(member, array_like) for member in typing.get_args(annotation)],
        )
    return annotation
