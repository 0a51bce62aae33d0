"""Mail: must-arrive pushes to users and devices, numbered, as they are stored, announced, read.

A user's mail is numbered densely and never twice, also after the mailbox was empty for years. A
push to a device takes a number of its user and is for that device alone, so a device may see
numbers that are not for it missing; it acknowledges past them with the next one.
"""

from __future__ import annotations

import msgspec

from parlor.model.ids import DeviceId, UserId
from parlor.model.push import Push


class Post(msgspec.Struct, frozen=True):
    """A push on its way into the mailboxes of `users` or of whoever uses `devices`.

    `again`: it may have been put before (same push id) and is not put twice then.
    """

    push: Push
    at_ms: int
    users: tuple[UserId, ...] = ()
    devices: tuple[DeviceId, ...] = ()
    again: bool = False


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a push was put. `first` is the lowest number that waits in that mailbox, so that a
    reader who knows nothing yet can tell whether something came before `number`."""

    user: UserId
    number: int
    first: int
    device: DeviceId = DeviceId("")
    """When set, it is for this device of the user and for no other."""


class Mail(msgspec.Struct, frozen=True):
    """One push as a device gets it."""

    number: int
    push: Push


class Page(msgspec.Struct, frozen=True):
    """The next mail of one device, in order.

    Nothing for this device lies between the page and `upto`. `more`: there is more after it.
    `waiting` counts the page and all that follows it.
    """

    mail: tuple[Mail, ...]
    upto: int
    more: bool = False
    waiting: int = 0


class Cursor(msgspec.Struct, frozen=True):
    """What a device of a user has acknowledged, and when (Unix ms) it was last heard of."""

    user: UserId
    device: DeviceId
    acked: int
    seen_at_ms: int


class MailNotice(msgspec.Struct, frozen=True, tag="mail"):
    """One bus message: this push has been stored, at these places."""

    push: Push
    places: tuple[Place, ...]
