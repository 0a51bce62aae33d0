"""One-to-one calls: who rings whom, who answered, how it ended.

For: the `call.*` requests of the native protocol. Media never passes here; two browsers talk
peer to peer and this package only carries their signals.

The flow: `ring.Calls.start` asks who the other person is → `state.book` decides (ring, busy, or
two calls that are one) → the new state goes to every device of both as a CallPush → the first
device that accepts becomes the talking one, the others stop → `call.signal` is passed between
the two talking endpoints only → the end becomes one event in the conversation (`outcome`).

Concurrency: `state` is pure and synchronous; `ring.Calls` lives on one event loop and never
awaits between a check and its change. What is to be pushed waits in one line per call, so that
devices see the states of a call in order, and survives a requester that goes away.

Invariants: a user is in at most one call that has not ended; every call ends (ring time-out,
grace after a talking device vanished); every call that ended is recorded at most once, and once
unless storage stays down longer than the retries.

Calls live in the memory of one process. A restart forgets them: media goes on peer to peer, the
`calls` of the next hello is empty, and a client that finds its call missing there ends it
locally. A stop in good order (`Calls.stop`) ends and records them first.

May import: push, wire, ports, model; never im or accounts. What it needs of them comes in
through the Protocols in `ring` and `outcome`.
"""
