from typing import Literal

import msgspec
import pytest

from parlor.model.conversation import ConversationView
from parlor.model.event import Event
from parlor.wire.native.methods import METHODS
from parlor.wire.native.pushes import PUSHES
from parlor.wire.native.twins import MAX_INTEGER, as_array, twin


class Inner(msgspec.Struct, frozen=True):
    number: int
    word: str = "w"


class Outer(msgspec.Struct, frozen=True):
    inner: Inner
    many: tuple[Inner, ...] = ()
    maybe: Inner | None = None
    names: list[str] = msgspec.field(default_factory=list)
    kind: Literal["a"] = "a"


class Pair(msgspec.Struct, frozen=True):
    pair: tuple[int, str]


@pytest.mark.parametrize("array_like", [True, False])
def test_a_twin_decodes_to_the_declared_class(array_like):
    kind = twin(Outer, array_like=array_like)
    value = Outer(Inner(1), (Inner(2, "x"),), Inner(3))
    plain = as_array(value) if array_like else value
    decoded = msgspec.msgpack.decode(msgspec.msgpack.encode(plain), type=kind)
    assert isinstance(decoded, Outer)
    assert isinstance(decoded.many[0], Inner)
    assert isinstance(decoded.maybe, Inner)
    assert (decoded.inner.number, decoded.many[0].word, decoded.names) == (1, "x", [])


@pytest.mark.parametrize("array_like", [True, False])
def test_integers_of_a_twin_are_bounded_at_every_depth(array_like):
    kind = twin(Outer, array_like=array_like)
    for number, fits in ((MAX_INTEGER, True), (MAX_INTEGER + 1, False), (-MAX_INTEGER - 1, False)):
        value = Outer(Inner(0), (Inner(number),))
        data = msgspec.msgpack.encode(as_array(value) if array_like else value)
        if fits:
            msgspec.msgpack.decode(data, type=kind)
        else:
            with pytest.raises(msgspec.ValidationError):
                msgspec.msgpack.decode(data, type=kind)


def test_an_array_has_every_field_in_declared_order():
    assert as_array(Outer(Inner(1), (Inner(2),))) == [[1, "w"], [[2, "w"]], None, [], "a"]


def test_a_twin_is_derived_once():
    assert twin(Inner, array_like=True) is twin(Inner, array_like=True)


def test_a_tuple_of_different_things_has_no_twin():
    with pytest.raises(TypeError):
        twin(Pair, array_like=True)


def test_every_struct_of_the_protocol_has_a_twin_with_its_fields():
    kinds: list[type[msgspec.Struct]] = [Event, ConversationView, *PUSHES.values()]
    kinds += [kind for method in METHODS.values() for kind in (method.params, method.result)]
    for kind in kinds:
        for array_like in (True, False):
            derived = twin(kind, array_like=array_like)
            assert derived.__struct_fields__ == kind.__struct_fields__
            assert issubclass(derived, kind)
