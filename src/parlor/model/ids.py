"""Names for the things that have names. Ids are strings everywhere outside a database.

Ids that Parlor makes for users, conversations and calls are random integers of 53 bits in
decimal: a JavaScript number and an int64 (goim's `mid`) can hold them, nobody can count
accounts by them, and a database keeps them as integers.
"""

from __future__ import annotations

from typing import NewType

UserId = NewType("UserId", str)
DeviceId = NewType("DeviceId", str)
"""One installation of a client: a browser profile, a phone. Survives reconnects."""
ConnectionKey = NewType("ConnectionKey", str)
"""One live link. goim calls it `key` and lets the client choose it."""
ConversationId = NewType("ConversationId", str)
EventId = NewType("EventId", str)
RoomId = NewType("RoomId", str)
CallId = NewType("CallId", str)
PushId = NewType("PushId", str)
Seq = NewType("Seq", int)
FileId = NewType("FileId", str)
"""A file, or one that is still being uploaded: 32 hexadecimal digits that nobody can guess."""
BlobName = NewType("BlobName", str)
"""What stored bytes are called: their SHA-256, in lower case hexadecimal."""

ID_BITS = 53


def number_id(entropy: bytes) -> str:
    """A decimal id from at least 7 random bytes; never 0, always the same length class."""
    value = int.from_bytes(entropy[:7], "big") & ((1 << ID_BITS) - 1)
    return str(value | (1 << (ID_BITS - 1)))


def event_id(conversation: ConversationId, seq: int) -> EventId:
    """An event is named by its place: no id is stored, and `parlor trace` can find it."""
    return EventId(f"{conversation}-{seq}")
