"""Load on a running server, and what it did with it: `parlor bench`, and what benches/ use.

`command` reads the command line into a `Plan`; a function of `scenarios` runs it with a `Crew`,
which is some `Crowd`s (processes full of connections: `worker`, `gathering`, `connection`), one
publisher (`publisher`) and a look at the server from outside (`observed`); `verdict` says what is
to be said about the numbers, and `figures` prints them.

Concurrency: the processes of a crew each run one loop over epoll, without asyncio, since what
they use is missing at the server beside them; the command's own process only asks them, one JSON
line each way. Invariants: nothing runs longer than its plan says, every connection and every push
is counted in exactly one place, and what the generator could not do is told, never left out.

Knows wire and model only, like any other program that talks to a server.
"""
