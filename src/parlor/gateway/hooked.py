"""What connections do, as the operator's own programs hear of it (`ports.hooks`).

Owns the translation from links to events. Every kind of connection that enters the hub is told
of, the front doors' included; asking before is the business of whoever greets a connection.
"""

from __future__ import annotations

from parlor.gateway.state.hub import Hub
from parlor.gateway.state.link import Link
from parlor.model.close import Close, CloseCode
from parlor.model.errors import HookUnavailable, Vetoed
from parlor.model.hook import HookEvent, HookKind
from parlor.model.ids import DeviceId, UserId
from parlor.ports.hooks import Hooks


def tell_of_links(hub: Hub, hooks: Hooks) -> None:
    """From now on `hooks` is told of every link that comes and goes."""

    def on_added(link: Link) -> None:
        hooks.tell_nowait(_event(HookKind.CONNECT, link))

    def on_removed(link: Link) -> None:
        reason = link.closing.code.name.lower() if link.closing else "gone"
        hooks.tell_nowait(_event(HookKind.DISCONNECT, link, reason))

    hub.on_added, hub.on_removed = on_added, on_removed


async def ask_to_connect(hooks: Hooks | None, link: Link, user: UserId, device: DeviceId) -> None:
    """Return when this user may come in on `link`.

    Raises Vetoed, HookUnavailable; the link is then about to be closed, with a code that says
    whether to come back.
    """
    if hooks is None or not hooks.asks(HookKind.CONNECT):
        return
    asked = HookEvent(HookKind.CONNECT, user=user, device=device, address=link.address)
    try:
        await hooks.ask(asked)
    except Vetoed:
        link.close_soon(Close(CloseCode.BANNED))
        raise
    except HookUnavailable as down:
        link.close_soon(Close(CloseCode.OVERLOADED, round(down.retry_after_s, 1)))
        raise


def _event(kind: HookKind, link: Link, reason: str = "") -> HookEvent:
    return HookEvent(
        kind,
        user=link.user,
        device=link.device,
        connection=link.key,
        address=link.address,
        reason=reason,
    )
