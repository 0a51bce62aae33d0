"""TLS on any listener: certificates by server name, renewed without dropping anybody.

A connection in four lines: `handshake` looks at the first byte and lets plain connections through
where the listener takes them; it shakes hands with whatever `certificates` holds for the name the
client asked for; then a `transport` stands between the socket and the protocol, which reads and
writes as if there were no TLS; `listening` is how a listener gets all that.

Concurrency: one event loop, no task, no timer of its own: deadlines are entries in the gateway's
wheel. OpenSSL works on memory, never on the descriptor, because a loop's own TLS costs twice as
much per message and a third more memory (ADR 6), and cannot begin behind a PROXY header.

Invariants: nothing of the protocol above exists before the handshake is done; a certificate that
cannot be loaded never replaces one that works; live connections keep the keys they began with.
"""
