"""Why a database cannot be used, in one line and without the password."""

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from parlor.drivers.sql.reasons import reason, without_password

URL = make_url("postgresql+asyncpg://ann:s3cret@h/d")
SHOWN = "cannot use the database postgresql://ann:***@h/d: "


def test_an_address_is_shown_as_it_was_given_without_the_password():
    assert without_password("mariadb://ann:s3cret@h:1/d?x=y") == "mariadb://ann:***@h:1/d?x=y"
    assert without_password(URL) == "postgresql://ann:***@h/d"
    assert without_password("mysql://h/d") == "mysql://h/d"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ConnectionRefusedError(111, "Connection refused"),
            "cannot be reached: Connection refused",
        ),
        (TimeoutError(), "no answer in time"),
        (RuntimeError("one line\nand another"), "one line"),
        (RuntimeError(""), "RuntimeError"),
        (RuntimeError("it was s3cret"), "it was ***"),
        (RuntimeError(2003, "no such host"), "no such host"),
        (OperationalError("SELECT 1", {}, KeyError("known")), "explained"),
    ],
)
def test_the_first_line_of_the_cause_is_what_is_said(error, said):
    def code(cause):
        return "known" if isinstance(cause, KeyError) else ""

    assert reason(URL, error, code, {"known": "explained"}) == SHOWN + said
