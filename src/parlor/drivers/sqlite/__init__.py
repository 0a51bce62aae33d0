"""SQLite: the database that needs no server. One file, one writing thread, a few reading ones.

Flow: `open_database` migrates and opens; `Writer` commits whatever waits at once; `Readers` run
queries on snapshots beside it. What is stored and how is `drivers.sql`'s business.
Concurrency: callers live on one event loop; each connection is used by one thread at a time.
Invariants: a caller hears of success only after the commit is on the disk (`synchronous=FULL`),
and of failure only when nothing of its unit is visible.
"""
