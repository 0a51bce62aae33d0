"""How people are there, and who types."""

from __future__ import annotations

from parlor.model.status import Presence, State, Status
from parlor.wire.native.methods.shape import Empty, Method, Params, Result


class PresenceSet(Params, frozen=True):
    """Choose how to be there, on all one's devices, until something else is chosen.

    Whoever is invisible looks offline to everybody else.
    """

    state: State
    text: str = ""


class StatusResult(Result, frozen=True):
    status: Status


class PresenceGet(Params, frozen=True):
    """Once, without watching."""

    users: tuple[str, ...]


class PresenceWatch(Params, frozen=True):
    """From now on `presence` pushes tell this connection of these people and of no others; none
    to end it. It ends with the connection."""

    users: tuple[str, ...]


class PresenceResult(Result, frozen=True):
    """Each asked for once, in that order. Somebody who may not be seen looks offline."""

    users: tuple[Presence, ...]


class TypingSet(Params, frozen=True):
    """Tell the others of a conversation; again every few seconds while it goes on."""

    conversation_id: str
    on: bool = True


METHODS: dict[str, Method] = {
    "presence.set": Method(PresenceSet, StatusResult),
    "presence.get": Method(PresenceGet, PresenceResult),
    "presence.watch": Method(PresenceWatch, PresenceResult),
    "typing.set": Method(TypingSet, Empty),
}
