from parlor.model.close import MEANING, CloseCode
from parlor.model.errors import registry
from parlor.wire.native.registries import close_codes, error_codes


def test_every_error_is_a_row_with_a_meaning():
    rows = error_codes()
    assert [row.code for row in rows] == sorted(registry())
    assert all(row.meaning.endswith(".") for row in rows)
    assert {row.code for row in rows if row.retry} >= {"rate_limited", "draining", "overloaded"}


def test_every_close_code_says_when_to_come_back():
    rows = {row.code: row for row in close_codes()}
    assert rows.keys() == set(CloseCode) == MEANING.keys()
    assert rows[CloseCode.IDLE].reconnect == "now"
    assert rows[CloseCode.DRAINING].reconnect == "later"
    assert rows[CloseCode.SIGNED_OUT].reconnect == "never"
    for code, row in rows.items():
        if code >= 4000:
            assert row.reconnect == {40: "now", 41: "later", 42: "never"}[code // 100]
