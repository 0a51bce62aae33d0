"""The native protocol over plain HTTP, for clients whose network lets no WebSocket through.

A link in five lines: `POST /http/connect` brings the hello and takes its reply and the link's
secret home; `GET /http/events` reads what the server says, as Server-Sent Events or one poll
after the other; `POST /http/send` carries messages up, in order; `POST /http/close` ends it. To
the rest of the gateway it is a connection like all others: `connection` is a `NativeConnection`
whose socket is `transport`, and that is made of responses (`readers`), served by `app`.

Nothing is lost or doubled between two responses: what goes down is numbered and kept until the
client names the last number it has (`gateway.state.tail`); while too much waits for that, the
outbox fills, with the rules it has for every slow reader. What goes up carries a number too, so
a request whose answer got lost may be sent again.

Concurrency: an open response is one task of uvicorn's that waits for the client to go; what there
is to say is written by a task that lives only as long as the write. All deadlines are one
appointment of the connection in the gateway's timer wheel.

Invariants: one reader a link, the newest; a link without one ends after `reader_gap_s`; its
secret, 24 random bytes, is good for nothing but this link and dies with it.
"""
