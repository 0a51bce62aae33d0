"""The goim front door: unmodified goim v2 clients and programs, served by Parlor.

A connection in five lines: `tcp` or `websocket` cuts bytes into frames (`wire.goim`); the first
operation 7 goes to `admission`, which says who it is; then the connection is a link in the
gateway's hub, and `dialogue` answers its frames; pushes reach it through `gateway.deliver` and the
codecs of `codec`. A push in three: `http` serves goim's nine routes (`routes`), room pushes may
wait in `batches` to leave together, `push.route` takes them to every gateway.

Concurrency: one event loop. A connection handles its frames in order; while a login is checked or
a relayed message published, it reads nothing more. Deadlines are entries in the gateway's timer
wheel.

Invariants: nothing is answered before the login is admitted, and a refused one is closed without
a frame, as goim does; a key belongs to its newest connection; what goim lost silently is either
delivered or ends in a close.
"""
