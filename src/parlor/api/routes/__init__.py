"""One module per kind of thing that REST offers; each lists its handlers in `HANDLERS`.

A handler takes a checked struct, calls one service, returns a struct. Numbers are bounded here
so that no service meets one that a database cannot hold; everything else is the service's rule.
"""
