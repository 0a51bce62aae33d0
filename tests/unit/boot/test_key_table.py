from parlor.boot.key_table import table_lines
from parlor.model.account import KeyGrant, KeyRecord, Scope


def test_a_key_is_one_line_under_the_titles():
    scopes = frozenset({Scope.PUSH, Scope.IM})
    records = [
        KeyRecord(KeyGrant("scores", scopes, "0a0b", 1_800_000_000), 1_790_000_000, 1_790_000_060),
        KeyRecord(KeyGrant("old", frozenset({Scope.ADMIN}), "ff00", 1_700_000_000)),
        KeyRecord(KeyGrant("x", frozenset({Scope.PUSH}), "1")),
    ]
    assert table_lines(records, 1_795_000_000) == [
        "ID    NAME    SCOPES   CREATED           EXPIRES                     LAST USED",
        "0a0b  scores  im,push  2026-09-21 14:13  2027-01-15 08:00            2026-09-21 14:14",
        "ff00  old     admin    -                 2023-11-14 22:13 (expired)  -",
        "1     x       push     -                 never                       -",
    ]


def test_without_keys_there_are_only_the_titles():
    assert len(table_lines([], 0.0)) == 1
