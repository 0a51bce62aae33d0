"""What every SQL engine shares: tables, migrations, and the drivers of the storing ports.

Flow: a port method -> a synchronous unit of SQLAlchemy Core statements over one `Connection` ->
`Database.write` or `Database.read` of the engine's own driver, which decides on which thread,
in which transaction and with whom it shares a commit.

Invariants: the whole of a write is one unit, so one transaction; a refusal (ParlorError) leaves
nothing behind; `events` is dense in `seq` within a conversation because only the unit that holds
the conversation's row hands out numbers. Imports ports and model; never another driver.
"""
