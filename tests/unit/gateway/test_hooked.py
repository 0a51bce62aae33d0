"""Connections and the operator's own programs."""

import pytest

from parlor.gateway.hooked import tell_of_links
from parlor.model.close import Close, CloseCode
from parlor.model.errors import HookUnavailable, Vetoed
from parlor.model.hook import HookKind
from parlor.ports.accounts import RevocationKind
from tests.support.hooks import Heard
from tests.support.native_connection import NativeHouse, settle


def _house(hooks: Heard) -> NativeHouse:
    house = NativeHouse()
    house.gateway.hooks = hooks
    tell_of_links(house.gateway.hub, hooks)
    return house


async def test_a_connection_is_asked_about_and_then_told_of_when_it_comes_and_goes():
    hooks = Heard()
    house = _house(hooks)
    client = house.websocket()
    welcome = (await client.hello("7:phone"))["result"]
    (question,) = hooks.questions
    assert (question.kind, question.user, question.device) == (HookKind.CONNECT, "7", "phone")
    assert question.address
    (link,) = house.gateway.hub.all()
    link.close(Close(CloseCode.SIGNED_OUT))
    client.socket.close()
    await settle()
    came, went = hooks.told
    assert (came.kind, came.user, came.connection) == (
        HookKind.CONNECT,
        "7",
        welcome["connection"],
    )
    assert (went.kind, went.connection, went.reason) == (
        HookKind.DISCONNECT,
        came.connection,
        "signed_out",
    )


@pytest.mark.parametrize(
    ("refusal", "code", "close_code"),
    [
        (Vetoed("Not you."), "vetoed", CloseCode.BANNED),
        (HookUnavailable(retry_after_s=5.0), "hook_unavailable", CloseCode.OVERLOADED),
    ],
)
async def test_who_is_refused_is_told_and_closed_and_was_never_there(refusal, code, close_code):
    hooks = Heard(refusal)
    house = _house(hooks)
    client = house.websocket()
    client.ask(1, "hello", token="7:phone")
    await settle()
    events = client.events()
    assert code in str(events[0])
    assert any(getattr(event, "code", None) == close_code for event in events)
    assert hooks.told == []
    assert house.gateway.hub.connections() == 0


async def test_who_is_not_asked_about_comes_in():
    hooks = Heard(Vetoed(), asked=())
    house = _house(hooks)
    assert "result" in await house.websocket().hello()
    assert hooks.questions == []


async def test_who_is_revoked_while_the_hook_is_asked_does_not_come_in():
    """A revocation closes what is in the hub, and this one is not there yet."""

    def revoke() -> None:
        house.small.authentication.revoke(RevocationKind.USER, "7")

    house = _house(hooks := Heard(meanwhile=revoke))
    client = house.websocket()
    client.ask(1, "hello", token="7:phone")
    await settle()
    events = client.events()
    assert "unauthenticated" in str(events[0])
    assert any(getattr(event, "code", None) == CloseCode.UNAUTHENTICATED for event in events)
    assert hooks.told == []
    assert house.gateway.hub.connections() == 0
