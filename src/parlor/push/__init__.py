"""Getting bytes to connections, wherever they are: audience, delivery kind, joining, pacing.

A program's push in five lines: `pushes` checks size and repeats, `rooms` may let several messages
to one room leave together (`coalesce` is the rule), `route` puts one envelope on the bus, every
gateway's `deliver` finds its members. `Route.notify` is the short way for what the services say
to users (an event, a call).

Nothing is stored here and nothing waits for a reader. May import wire, ports and model.
"""
