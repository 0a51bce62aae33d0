import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.origins import Origins, can_be_listed

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


WILD = Origins(["https://*.example.org", "http://*.local.test:5173"])


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://a.example.org", True),
        ("https://A.B.Example.ORG", True),
        ("http://x.local.test:5173", True),
        ("https://example.org", False),
        ("https://.example.org", False),
        ("https://badexample.org", False),
        ("https://a.example.org.evil.example", False),
        ("https://a.example.org:444", False),
        ("http://a.example.org", False),
        ("http://x.local.test", False),
        ("null", False),
        ("", False),
    ],
)
def test_all_hosts_below_one_may_be_named(origin, allowed):
    assert WILD.is_listed(origin) is allowed
    assert WILD.is_allowed(origin, "parlor.example") is allowed


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", None])
def test_a_star_is_every_page(origin):
    assert Origins(["*"]).is_allowed(origin, "parlor.example")


def test_the_own_host_is_allowed_and_not_listed():
    assert ORIGINS.is_allowed("https://parlor.example", "parlor.example")
    assert not ORIGINS.is_listed("https://parlor.example")


@pytest.mark.parametrize(
    ("origin", "fits"),
    [
        ("*", True),
        ("https://app.example.org", True),
        ("http://localhost:5173", True),
        ("http://[::1]:5173", True),
        ("https://*.example.org", True),
        ("https://*.example.org:8443", True),
        ("https://*", False),
        ("https://*.", False),
        ("https://a.*.example.org", False),
        ("https://*.*.example.org", False),
        ("https://*example.org", False),
        ("*.example.org", False),
        ("https://app.example.org/", False),
        ("https://me@app.example.org", False),
        ("https://app.example.org:99999", False),
        ("ftp://app.example.org", False),
        ("null", False),
        ("", False),
    ],
)
def test_what_can_be_named_has_one_of_three_forms(origin, fits):
    assert can_be_listed(origin) is fits


@given(st.text(), st.text() | st.none())
def test_no_header_breaks_it(origin, host):
    assert WILD.is_allowed(origin, host) in (True, False)
    assert can_be_listed(origin) in (True, False)


def test_other_origins_take_the_place_of_all_before():
    origins = Origins(["https://one.example.org", "*"])
    origins.replace(["https://two.example.org"])
    assert not origins.has_any
    assert not origins.is_listed("https://one.example.org")
    assert origins.is_listed("https://two.example.org")
