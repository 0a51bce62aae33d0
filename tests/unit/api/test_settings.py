import msgspec
import pytest

from parlor.api.settings import HttpSettings


def test_the_defaults_listen_on_loopback_only():
    assert HttpSettings().host == "127.0.0.1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 65_536},
        {"max_body_bytes": 0},
        {"body_timeout_s": 0.0},
        {"user_requests_per_second": 0.0},
        {"address_request_burst": 0},
        {"public_url": "chat.example.org"},
        {"public_url": "https://chat.example.org/parlor"},
        {"allowed_origins": ["https://app.example.org/"]},
        {"allowed_origins": ["https://*"]},
    ],
)
def test_what_could_not_work_is_refused_at_start(wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, HttpSettings)


def test_an_unknown_key_is_refused():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"prot": 1}, HttpSettings)


def test_a_public_url_may_end_in_a_slash():
    assert HttpSettings(public_url="https://chat.example.org/").public_url


def test_every_page_or_all_below_a_host_may_be_named():
    HttpSettings(allowed_origins=("*", "https://*.example.org", "http://localhost:5173"))


@pytest.mark.parametrize("name", ["max_batch_pushes", "max_batch_bytes"])
def test_a_batch_has_limits(name):
    with pytest.raises(msgspec.ValidationError, match=name):
        msgspec.convert({name: 0}, HttpSettings)
