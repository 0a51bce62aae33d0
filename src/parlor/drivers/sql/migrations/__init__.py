"""Alembic's revisions, one file each in `versions`, run by `upgrade`.

A new one: a file with the next number, its number in `drivers.sql.revision.HEAD`, and the same
change in `drivers.sql.tables`; a unit test compares the two.
"""
