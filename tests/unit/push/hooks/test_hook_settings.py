import pytest

from parlor.model.hook import HookKind
from parlor.push.hooks.settings import WebhookSettings

SECRET = "sixteen chars!!!"
URL = "https://app.example.org/hooks?x=1"


def test_nothing_is_sent_unless_an_address_is_set():
    assert not WebhookSettings().is_used
    assert WebhookSettings(urls=(URL,), secret=SECRET).is_used
    assert WebhookSettings(ask_url=URL, secret=SECRET).is_used


def test_a_receiver_in_the_operators_own_network_needs_no_tls():
    assert WebhookSettings(urls=("http://app:9000/hooks",), secret=SECRET).is_used


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"urls": (URL,)}, "secret"),
        ({"ask_url": URL, "secret": "short"}, "secret"),
        ({"urls": ("ftp://x/",), "secret": SECRET}, "ftp"),
        ({"urls": ("https://",), "secret": SECRET}, "https://"),
        ({"urls": ("https://[::1/",), "secret": SECRET}, "::1"),
        ({"ask_url": "app.example.org", "secret": SECRET}, "app.example.org"),
        ({"ask": (HookKind.DISCONNECT,)}, "disconnect"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"batch": 0}, "batch"),
        ({"queue": 0}, "queue"),
        ({"attempts": 0}, "attempts"),
        ({"batch_wait_s": -1}, "batch_wait_s"),
        ({"retry_longest_s": 0.1}, "retry_longest_s"),
        ({"ask_at_once": 0}, "ask_at_once"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(wrong, named):
    with pytest.raises(ValueError, match=named.replace("[", r"\[")):
        WebhookSettings(**wrong)
