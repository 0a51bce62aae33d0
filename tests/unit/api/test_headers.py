import pytest

from parlor.api.headers import CONTENT_SECURITY_POLICY, Pages, header

APP = "https://app.example.org"


def test_scripts_come_from_here_only_and_never_inline():
    rules = dict(rule.split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split("; "))
    assert rules["script-src"] == rules["default-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == "'none'"


def test_the_first_header_of_a_name_counts():
    assert header([(b"a", b"1"), (b"b", b"2"), (b"b", b"3")], b"b") == "2"
    assert header([], b"b") == ""


@pytest.mark.parametrize(
    ("method", "origin", "host", "expected"),
    [
        ("POST", "", "chat.test", True),
        ("POST", "http://chat.test", "chat.test", True),
        ("POST", "http://chat.test:8080", "chat.test:8080", True),
        ("POST", "https://chat.example.org", "10.0.0.1:8080", True),
        ("POST", APP, "chat.test", True),
        ("POST", "https://evil.example", "chat.test", False),
        ("POST", "https://app.example.org.evil.example", "chat.test", False),
        ("POST", "HTTP://Chat.test", "chat.TEST", True),
        ("POST", "null", "chat.test", False),
        ("POST", "null", "", False),
        ("POST", "http://[", "", False),
        ("DELETE", "https://evil.example", "chat.test", False),
        ("GET", "https://evil.example", "chat.test", True),
    ],
)
def test_only_known_pages_may_change_something(method, origin, host, expected):
    pages = Pages([APP], "https://chat.example.org/")
    assert pages.allows(method, origin, host) is expected


def test_leave_is_given_to_named_origins_only():
    pages = Pages([APP], "")
    assert (b"access-control-allow-origin", APP.encode()) in pages.leave(APP)
    assert pages.leave("https://evil.example") == [(b"vary", b"origin")]
    assert pages.preflight("https://evil.example") == []
    assert any(name == b"access-control-allow-headers" for name, _ in pages.preflight(APP))


def test_all_hosts_below_one_are_named_by_their_own_name():
    pages = Pages(["https://*.example.org"], "")
    assert (b"access-control-allow-origin", APP.encode()) in pages.leave(APP)
    assert pages.leave("https://example.org") == pages.leave("") == [(b"vary", b"origin")]


def test_when_every_page_may_the_answer_is_the_same_for_all():
    pages = Pages(["*"], "")
    assert pages.leave("https://a.example") == pages.leave("")
    assert (b"access-control-allow-origin", b"*") in pages.leave("null")
    assert pages.allows("POST", "https://a.example", "chat.test")
