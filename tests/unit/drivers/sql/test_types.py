"""Every column is of a type that all engines know and compare alike."""

from sqlalchemy import String, Text
from sqlalchemy.dialects import mysql, postgresql

from parlor.drivers.sql.schema import metadata

COLUMNS = [column for table in metadata.sorted_tables for column in table.columns]
MAX_KEY_BYTES = 3_072
"""Of InnoDB: https://mariadb.com/kb/en/innodb-limitations/"""
MAX_ROW_BYTES = 65_535


def mysql_type(column):
    return column.type.dialect_impl(mysql.dialect())


def test_no_text_depends_on_the_language_of_the_server():
    for column in COLUMNS:
        if isinstance(column.type, String) and mysql_type(column).length != 2**20:
            found = column.type.dialect_impl(postgresql.dialect()).collation
            assert found == "C", f"{column}: use Name or short(n) of drivers.sql.types"


def test_no_text_or_body_ends_at_the_64_kb_of_mysql():
    for column in COLUMNS:
        kind = column.type.compile(dialect=mysql.dialect())
        assert kind not in ("TEXT", "BLOB"), f"{column}: use Words, Body or Digest"


def test_every_key_and_row_fits_into_innodb():
    def size(column):
        length = getattr(mysql_type(column), "length", None) or 8
        return 0 if length >= 2**20 else 4 * length

    for table in metadata.sorted_tables:
        keys = [list(table.primary_key), *[list(index.columns) for index in table.indexes]]
        for key in keys:
            assert not any(isinstance(mysql_type(column), Text) for column in key), key
            assert sum(map(size, key)) <= MAX_KEY_BYTES, key
        assert sum(map(size, table.columns)) <= MAX_ROW_BYTES, table
