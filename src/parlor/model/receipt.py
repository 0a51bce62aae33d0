"""How far the messages of a conversation have come with each of its people."""

from __future__ import annotations

import msgspec

from parlor.model.ids import ConversationId, DeviceId, UserId


class Delivered(msgspec.Struct, frozen=True):
    """A device has everything of the conversation up to `seq`."""

    conversation_id: ConversationId
    user_id: UserId
    device: DeviceId
    seq: int


class Receipt(msgspec.Struct, frozen=True):
    """`delivered_seq` is that of the person's device which is furthest, and never less than
    `read_seq`. `read_seq` is 0 of those who let nobody know what they have read, and of
    both people of a direct conversation when one of them does not. Both are 0 where the person and
    whoever looks have a block between them."""

    conversation_id: ConversationId
    user_id: UserId
    delivered_seq: int
    read_seq: int
