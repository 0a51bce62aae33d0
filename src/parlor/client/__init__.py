"""The Python SDK: what bots, tests and load tools use to talk to a server.

`async with connect("ws://…/ws", token) as connection:` says hello; then
`await connection.request(MessageSend(…))` gives the result or raises the registry's error, and
`async for push in connection.pushes()` gives what the server says unasked. `tcp://host:port` takes
the same messages over TCP. A connection that was closed stays closed; `stay_connected` makes new
ones, at the pace the server asks for. Hand each the same `Received`, and no push comes twice; the
same `Following` remembers the rooms and what was heard of each, the same `Resume` the way back in.

Concurrency: one reader task per connection; requests may be pipelined from many tasks. May import
wire and model only, so it is as good for a program that is not a server.
"""

from parlor.client.connection import Connection, ConnectionClosed, Resume
from parlor.client.following import Following
from parlor.client.open import connect
from parlor.client.received import Received
from parlor.client.reconnect import stay_connected

__all__ = [
    "Connection",
    "ConnectionClosed",
    "Following",
    "Received",
    "Resume",
    "connect",
    "stay_connected",
]
