"""Getting bytes to connections, wherever they are: audience, delivery kind, joining, pacing.

A program's push in six lines: `pushes` checks size and repeats, `durable` may queue it first,
`dispatch` chooses the way: `rooms` may let several messages to one room leave together (`coalesce`
is the rule), `mailboxes` store what must arrive at users and devices, `route` puts one envelope on
the bus, and every gateway's `deliver` (mail: `gateway.mail`) finds its members. `Route.notify` is
the short way for what the services say to users (an event, a call).

Only mail and the durable queue are stored, behind ports; nothing here waits for a reader. May
import wire, ports and model.
"""
