"""What an operator may set about connections. Section `gateway`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from parlor.gateway.state.limits import ConnectionLimits
from parlor.gateway.state.outbox import OutboxLimits
from parlor.gateway.state.session import SessionLimits


class GatewaySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times in seconds, sizes in bytes.

    A connection from which nothing was heard for two `heartbeat_s` is closed.
    `first_byte_timeout_s` runs until a protocol is recognised, `hello_timeout_s` until the hello,
    `http_head_timeout_s` until an HTTP request's headers are there, which have at most
    `http_head_bytes`; `http_body_stall_s` is the longest silence inside a request's body;
    `stall_timeout_s` is how long written bytes may stay unread. A client that is refused more than
    `max_refusals` requests in ten seconds is closed. `outbox_*` bound what waits for one reader;
    its memory is at most about twice `outbox_bytes`. `max_connections` 18,000 leaves descriptors
    for the rest where a process may have 20,000. One user over `max_connections_per_user` is
    refused (`user_limit` = reject) or loses the oldest connection (kick_oldest). A connection
    whose token has expired is closed `token_grace_s` later. Before a restart, clients are told to
    come back at times of their own, about `drain_returns_per_second` of them a second. A client
    that lost its connection waits `back_off_first_s` and then twice as long each time,
    `back_off_longest_s` at most; the hello reply tells it so.

    A connection is in at most `max_rooms` rooms and asks for at most `max_tags` tags. Behind
    paced pushes at most `max_behind_paced` others to the same audiences wait; what comes then is
    dropped and counted.

    Of conversations with too many members to name (`im.announce_members`), the links of members
    are remembered, `large_places` in all and each for `large_refresh_s` before it is looked up
    anew. After an announcement to n links the next waits n times `large_window_per_link_s`; over
    `large_waiting` the oldest is dropped, and clients find the gap.

    `compression` lets WebSocket clients agree to permessage-deflate; messages under
    `compression_min_bytes` stay as they are, and `compression_window_bits` (a power of two of
    bytes) over 13 makes each compressed message eight times as expensive.
    """

    heartbeat_s: float = 25.0
    first_byte_timeout_s: float = 10.0
    hello_timeout_s: float = 5.0
    http_head_bytes: int = 65_536
    http_head_timeout_s: float = 10.0
    http_body_stall_s: float = 30.0
    close_timeout_s: float = 5.0
    stall_timeout_s: float = 30.0
    request_deadline_s: float = 10.0
    drain_returns_per_second: float = 6_000.0
    back_off_first_s: float = 0.5
    back_off_longest_s: float = 30.0
    max_connections: int = 18_000
    max_connections_per_address: int = 1_000
    max_connections_per_user: int = 32
    user_limit: Literal["reject", "kick_oldest"] = "reject"
    token_grace_s: float = 30.0
    max_message_bytes: int = 131_072
    max_in_flight: int = 32
    max_rooms: int = 64
    max_room_bytes: int = 128
    max_tags: int = 1_024
    max_behind_paced: int = 10_000
    large_places: int = 200_000
    large_refresh_s: float = 300.0
    large_window_per_link_s: float = 0.00002
    large_waiting: int = 10_000
    requests_per_second: float = 20.0
    request_burst: int = 100
    max_refusals: int = 200
    compression: bool = False
    compression_level: Annotated[int, msgspec.Meta(ge=1, le=9)] = 3
    compression_min_bytes: Annotated[int, msgspec.Meta(ge=0)] = 128
    compression_window_bits: Annotated[int, msgspec.Meta(ge=9, le=15)] = 13
    outbox_frames: int = 256
    outbox_bytes: int = 1_048_576

    def __post_init__(self) -> None:
        if self.max_connections_per_user < 1:
            raise ValueError("max_connections_per_user is below 1")
        if self.token_grace_s < 0:
            raise ValueError("token_grace_s is below 0")

    def outbox(self) -> OutboxLimits:
        return OutboxLimits(self.outbox_frames, self.outbox_bytes)

    def session(self) -> SessionLimits:
        return SessionLimits(
            hello_timeout_s=self.hello_timeout_s,
            requests_per_second=self.requests_per_second,
            request_burst=self.request_burst,
            max_in_flight=self.max_in_flight,
            max_refusals=self.max_refusals,
        )

    def connections(self, *, limit_loopback: bool) -> ConnectionLimits:
        return ConnectionLimits(
            total=self.max_connections,
            per_address=self.max_connections_per_address,
            limit_loopback=limit_loopback,
        )
