"""Instant messaging: conversations and their event logs, for people.

Flow: `send` checks what a person says -> port `messages` stores it (one commit) -> `announce`
tells the members' connections, best effort; `sync` reads the log, `read` moves a position,
`conversations` makes and lists threads. What is done to messages that are there (`acts`) is decided
by pure functions (`edit`, `recall`, `react`, `pin`) within the store's transaction; `states` reads
what has become of them. Concurrency: one event loop, no tasks but the loop of `jobs`, no state but
a bounded cache of member lists.
Invariants: nothing is announced before it is stored; a failed announcement fails nothing;
membership is checked by the store in the same transaction as the write. Imports ports, model
and wire.native.pushes; the gateway, the API and boot call it.
"""
