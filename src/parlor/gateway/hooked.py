"""What connections do, as the operator's own programs hear of it (`ports.hooks`).

Owns the translation from links to events. Every kind of connection that enters the hub is told
of, the front doors' included; asking before is the business of whoever greets a connection or
takes what a client says.
"""

from __future__ import annotations

import msgspec

from parlor.gateway.state.hub import Hub
from parlor.gateway.state.link import Link
from parlor.model.close import Close, CloseCode
from parlor.model.errors import HookUnavailable, Vetoed
from parlor.model.hook import HookEvent, HookKind
from parlor.model.ids import DeviceId, PushId, RoomId, UserId
from parlor.ports.hooks import Hooks


def tell_of_links(hub: Hub, hooks: Hooks) -> None:
    """From now on `hooks` is told of every link that comes and goes."""

    def on_added(link: Link) -> None:
        hooks.tell_nowait(_event(HookKind.CONNECT, link))

    def on_removed(link: Link) -> None:
        reason = link.closing.code.name.lower() if link.closing else "gone"
        hooks.tell_nowait(_event(HookKind.DISCONNECT, link, reason))

    hub.listen(on_added, on_removed)


async def ask_to_connect(hooks: Hooks | None, link: Link, user: UserId, device: DeviceId) -> None:
    """Return when this user may come in on `link`.

    Raises Vetoed, HookUnavailable; the link is then about to be closed, with a code that says
    whether to come back.
    """
    try:
        await ask_about_connecting(hooks, user, device, link.address)
    except Vetoed:
        link.close_soon(Close(CloseCode.BANNED))
        raise
    except HookUnavailable as down:
        link.close_soon(Close(CloseCode.OVERLOADED, round(down.retry_after_s, 1)))
        raise


async def ask_about_connecting(
    hooks: Hooks | None, user: UserId, device: DeviceId, address: str
) -> None:
    """The bare question, for who has no link yet. Raises Vetoed, HookUnavailable.

    It may take seconds: what was known of the caller before has to be looked at again.
    """
    if hooks is not None and hooks.asks(HookKind.CONNECT):
        await hooks.ask(HookEvent(HookKind.CONNECT, user=user, device=device, address=address))


async def ask_to_publish(hooks: Hooks | None, link: Link, room: RoomId, body: bytes) -> None:
    """Return when this client may say `body` in `room`. Raises Vetoed, HookUnavailable."""
    if hooks is not None and hooks.asks(HookKind.PUBLISH):
        await hooks.ask(_published(link, room, body))


def tell_of_publish(
    hooks: Hooks | None, link: Link, room: RoomId, body: bytes, push_id: PushId
) -> None:
    """A client has said `body` in `room`, and it is on its way."""
    if hooks is not None:
        told = _published(link, room, body)
        hooks.tell_nowait(msgspec.structs.replace(told, push_id=push_id))


def _published(link: Link, room: RoomId, body: bytes) -> HookEvent:
    # What is no text has a mark in every place that could not be read.
    text = body.decode("utf-8", "replace")
    return msgspec.structs.replace(_event(HookKind.PUBLISH, link), room=room, body=text)


def _event(kind: HookKind, link: Link, reason: str = "") -> HookEvent:
    return HookEvent(
        kind,
        user=link.user,
        device=link.device,
        connection=link.key,
        address=link.address,
        reason=reason,
    )
