import pytest

from parlor.model.origins import Origins

ORIGINS = Origins(["https://app.example/", "http://localhost:5173", ""])


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "parlor.example"),
        (None, None),
        ("https://parlor.example", "parlor.example"),
        ("https://Parlor.Example", "parlor.EXAMPLE"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://[::1]:8080", "[::1]:8080"),
        ("https://APP.example", "parlor.example"),
        ("http://localhost:5173", "parlor.example"),
    ],
)
def test_the_own_host_listed_pages_and_programs_may_connect(origin, host):
    assert ORIGINS.is_allowed(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example", "parlor.example"),
        ("https://parlor.example.evil.example", "parlor.example"),
        ("https://parlor.example:444", "parlor.example"),
        ("http://app.example", "parlor.example"),
        ("null", "parlor.example"),
        ("null", None),
        ("", ""),
        ("https://[bad", "parlor.example"),
        ("file://", ""),
    ],
)
def test_other_pages_may_not(origin, host):
    assert not ORIGINS.is_allowed(origin, host)
