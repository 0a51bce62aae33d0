"""What the frames of a logged-in goim connection mean, and what each is answered (goim §2.2).

Owns the rules, not the socket, the login or the timers: `connection` calls `answer` for each
frame after the login, in order. One object serves all connections of a transport; what differs
between them is in their links.
"""

from __future__ import annotations

from collections.abc import Iterable

from parlor.doors.goim.tags import tags_of
from parlor.gateway.state.hub import Hub
from parlor.gateway.state.link import Link
from parlor.model.ids import RoomId
from parlor.ports.presence import Presence
from parlor.wire.goim.frame import Frame, encode_heartbeat_reply, encode_reply
from parlor.wire.goim.ops import Op, parse_ops


class Dialogue:
    """`raw_is_answered`: goim over WebSocket answers a client's operation 9 with an empty one,
    over TCP with nothing."""

    def __init__(
        self,
        hub: Hub,
        presence: Presence,
        *,
        max_ops: int,
        max_room_bytes: int,
        raw_is_answered: bool,
    ) -> None:
        self._hub = hub
        self._presence = presence
        self._max_ops = max_ops
        self._max_room_bytes = max_room_bytes
        self._raw_is_answered = raw_is_answered

    def answer(self, link: Link, frame: Frame) -> bytes:
        """One goim frame, or b"" when goim says nothing.

        Replies to a change of room or of subscriptions come even when it failed, as goim's do.
        A frame of operation 3 is answered like a heartbeat; the caller knows that it is none.
        """
        match frame.op:
            case Op.HEARTBEAT | Op.HEARTBEAT_REPLY:
                return encode_heartbeat_reply(frame, self._online(link))
            case Op.CHANGE_ROOM:
                room = self.parse_room(frame.body)
                if room is not None and (not room or link.may_join(room)):
                    self.enter(link, room)
                return encode_reply(frame, Op.CHANGE_ROOM_REPLY, frame.body)
            case Op.SUB:
                self.subscribe(link, parse_ops(frame.body) or ())
                return encode_reply(frame, Op.SUB_REPLY, frame.body)
            case Op.UNSUB:
                if ops := parse_ops(frame.body):
                    link.tags = (link.tags or frozenset()).difference(tags_of(ops))
                return encode_reply(frame, Op.UNSUB_REPLY, frame.body)
            case Op.RAW if not self._raw_is_answered:
                return b""
            case _:
                return encode_reply(frame, frame.op)

    def parse_room(self, name: bytes) -> RoomId | None:
        """None when it is too long or not UTF-8; an empty one stands for no room."""
        if len(name) > self._max_room_bytes:
            return None
        try:
            return RoomId(name.decode())
        except UnicodeDecodeError:
            return None

    def enter(self, link: Link, room: RoomId) -> None:
        """Leave the room the link is in and join `room`, unless that is empty."""
        for left in tuple(link.rooms):
            if left != room:
                self._hub.leave(link, left)
        if room:
            self._hub.join(link, room)

    def subscribe(self, link: Link, more: Iterable[int]) -> bool:
        """Add to the operations that `link` gets outside rooms. False, and nothing changed,
        when they would be too many."""
        tags = (link.tags or frozenset()).union(tags_of(more))
        if len(tags) > self._max_ops:
            return False
        link.tags = tags
        return True

    def _online(self, link: Link) -> int:
        """0 without a room: goim goes on telling the count of the room that was left."""
        return sum(self._presence.in_room(room) for room in link.rooms)
