"""MariaDB 10.6 and later and MySQL 8, through asyncmy. What is stored is `drivers.sql`'s business.

`open_database` for a server, `migrate` for the command. Concurrency and what becomes of a unit
when the server goes away: `drivers.sql.networked`. Two things differ from the other engines: each
change of a table commits by itself, so a migration that fails leaves what it did; and text
compares as the database's collation says, so that is set before tables are made. asyncmy is
imported here and nowhere else.
"""
