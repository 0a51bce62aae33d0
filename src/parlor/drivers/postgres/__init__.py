"""PostgreSQL 13 and later, through asyncpg. What is stored and how is `drivers.sql`'s business.

`open_database` for a server, `migrate` for the command. Concurrency and what becomes of a unit
when the server goes away: `drivers.sql.networked`. asyncpg is imported here and nowhere else.
"""
