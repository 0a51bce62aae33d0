"""The part that holds connections: sockets in, services called, pushes out.

A connection in five lines: `mux` looks at the first bytes and hands the socket to `websocket` or
`tcp`; these turn bytes into calls by `wire.native`; `state.session` says whether a call is legal
now; `requests` runs it against the table of `methods`; the reply leaves through `state.outbox`.
A push in three: `deliver` takes an envelope off the bus, finds the links in `state.hub`, and puts
one shared frame per codec into every outbox.

Concurrency: one event loop. All of `state` is synchronous and is touched only from that loop.
One task walks deliveries, one advances the timer wheel, each request that waits has its own.

Invariants: a link is in the hub from hello to its end, and in no index afterwards; bytes reach
the socket in the order they were put; what waits for one reader is bounded.
"""
