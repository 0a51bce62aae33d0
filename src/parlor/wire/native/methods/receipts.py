"""How far messages have come: acknowledging them, and asking who has got and read what."""

from __future__ import annotations

from collections.abc import Sequence

from parlor.model.account import User
from parlor.model.ids import UserId
from parlor.model.receipt import Receipt
from parlor.wire.native.methods.shape import Method, Params, Result


class DeliveredSet(Params, frozen=True):
    """This device has everything up to these seqs, by conversation. Never moves back; say it
    together for all conversations, and not for each event."""

    positions: dict[str, int]


class DeliveredResult(Result, frozen=True):
    """`without` are conversations of which positions are not kept: they need not be said again
    on this connection."""

    without: tuple[str, ...] = ()


class ReceiptList(Params, frozen=True):
    conversation_id: str


class ReceiptListResult(Result, frozen=True):
    receipts: tuple[Receipt, ...]


class MessageReaders(Params, frozen=True):
    """Who has read a message; `cursor` from the last page, empty at first."""

    conversation_id: str
    seq: int
    cursor: str = ""
    limit: int = 50


class MessageReadersResult(Result, frozen=True):
    """Of those who were there when it was sent, without its sender. `read` and `unread` are those
    of the page, whose `users` they are; the counts are of all."""

    read: tuple[str, ...]
    unread: tuple[str, ...]
    read_count: int
    unread_count: int
    users: tuple[User, ...]
    cursor: str = ""


def readers_result(
    page: Sequence[tuple[UserId, bool]],
    users: Sequence[User],
    cursor: str,
    *,
    read_count: int,
    others_count: int,
) -> MessageReadersResult:
    """From (user, whether they have read it), for the two protocols that answer with it."""
    return MessageReadersResult(
        read=tuple(user for user, has_read in page if has_read),
        unread=tuple(user for user, has_read in page if not has_read),
        read_count=read_count,
        unread_count=others_count - read_count,
        users=tuple(users),
        cursor=cursor,
    )


METHODS: dict[str, Method] = {
    "delivered.set": Method(DeliveredSet, DeliveredResult),
    "receipt.list": Method(ReceiptList, ReceiptListResult),
    "message.readers": Method(MessageReaders, MessageReadersResult),
}
