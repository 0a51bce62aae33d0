import inspect

from parlor.gateway.methods import build_table
from parlor.wire.native.methods import METHODS
from tests.support.native_connection import NativeHouse


async def test_every_method_of_the_protocol_is_bound_with_its_parameters():
    house = NativeHouse()
    table = build_table(house.gateway, house.small.services, house.native.mail)
    assert {name: bound.params for name, bound in table.items()} == {
        name: method.params for name, method in METHODS.items()
    }


async def test_what_changes_something_runs_to_its_end_once_begun():
    house = NativeHouse()
    table = build_table(house.gateway, house.small.services, house.native.mail)
    finishing = {name for name, bound in table.items() if bound.finishes}
    assert {"message.send", "conversation.create", "read.set", "call.hang_up"} <= finishing
    assert not {"events.list", "hello", "heartbeat"} & finishing


async def test_handlers_have_parameters_of_their_own_method():
    house = NativeHouse()
    table = build_table(house.gateway, house.small.services, house.native.mail)
    for name, bound in table.items():
        annotation = inspect.signature(bound.handler).parameters["params"].annotation
        assert str(annotation).removeprefix("wire.") == METHODS[name].params.__name__
