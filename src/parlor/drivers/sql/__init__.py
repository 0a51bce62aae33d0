"""What every SQL engine shares: tables, migrations, and the drivers of the storing ports.

Flow: a port method -> a synchronous unit of SQLAlchemy Core statements over one `Connection` ->
`Database.write` or `Database.read` of the engine's own driver, which decides on which thread,
in which transaction and with whom it shares a commit. `networked` is that for engines behind a
server; `drivers.sqlite` has its own.

Invariants: the whole of a write is one unit, so one transaction; a refusal (ParlorError) leaves
nothing behind; `events` is dense in `seq` within a conversation because only the unit that holds
the conversation's row hands out numbers. Imports ports and model; never another driver.

A unit is right on SQLite, PostgreSQL, MariaDB and MySQL, with several processes on one database,
when it keeps to this:

1. It touches nothing but its connection, and can be run twice: a transaction that met another one
   is rolled back and its unit called again.
2. A unit for `write` may read and then decide: it is serializable. One for `write_together` is
   not. Its first statement locks what it decides by (`locks.lock_conversations` for anything that
   takes a `seq`, `locks.lock_rows` otherwise), and it reads after that, in later statements. Where
   there may be no row yet, a unique key catches the second one, whose unit is run again.
3. Every unit that changes a conversation or who is in it also updates or locks its row in
   `conversations`: that is where others wait.
4. What others follow by a growing number (`revocations`) is inserted after `locks.in_turn`.
5. Columns are `types.Name`, `Words`, `Digest`, `Body`, `Id` or plain numbers: a bare Text has no
   length, which MySQL wants for a key, and its order depends on the language of the server.
6. No RETURNING, ON CONFLICT or other words of one engine; no LIMIT inside IN (...); no subquery in
   FROM that looks at the row around it; no UPDATE or DELETE that selects from its own table (MySQL
   refuses these). Names are folded by us, never compared without case by the engine.
7. `rowcount` counts the rows that matched, changed or not. A literal list in IN has at most 1,000
   values. A text has no NUL, which PostgreSQL cannot keep.
"""
