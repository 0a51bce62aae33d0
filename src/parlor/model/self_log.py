"""What is one person's own and the same on all their devices: a log with one entry per thing."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.ids import ConversationId, UserId


class SelfKind(StrEnum):
    """What an entry is about; its key begins with the letter of its kind (`key_of`)."""

    CONVERSATION = "conversation"
    DRAFT = "draft"
    CONTACT = "contact"
    REQUEST = "request"
    BLOCK = "block"
    SETTING = "setting"
    STAR = "star"


_LETTER = {
    SelfKind.CONVERSATION: "c",
    SelfKind.DRAFT: "d",
    SelfKind.CONTACT: "k",
    SelfKind.REQUEST: "r",
    SelfKind.BLOCK: "b",
    SelfKind.SETTING: "s",
    SelfKind.STAR: "m",
}


def key_of(kind: SelfKind, name: str) -> str:
    """The key of the thing called `name` among those of its kind: a user, a conversation …"""
    return f"{_LETTER[kind]}:{name}"


def star_key(conversation: ConversationId, seq: int) -> str:
    return key_of(SelfKind.STAR, f"{conversation}:{seq}")


class Change(msgspec.Struct, frozen=True):
    """A new value of `key`. `body` is JSON of a shape that `kind` decides; None: it is gone.

    With `over`, it takes the place of the entry with that seq and of no other: nothing is changed
    once another value has come in between."""

    user_id: UserId
    key: str
    kind: SelfKind
    body: bytes | None
    over: int | None = None


class Entry(msgspec.Struct, frozen=True):
    """The newest value of `key`, in its place in the log of `user_id`: `seq` grows by one with
    each change of any key, so entries that were replaced leave gaps behind."""

    user_id: UserId
    key: str
    seq: int
    kind: SelfKind
    body: bytes | None
    at_ms: int
