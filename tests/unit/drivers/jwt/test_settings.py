import pytest

from parlor.drivers.jwt.settings import JwtSettings, split_key

SECRET = "x" * 32


def test_without_a_key_it_is_off_and_needs_nothing():
    assert not JwtSettings().is_on


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"secret": SECRET}, "audience"),
        ({"secret": "x" * 31, "audience": "a"}, "fewer than 32"),
        ({"keys": ("none:/k",), "audience": "a"}, "ALG:FILE"),
        ({"keys": ("RS256",), "audience": "a"}, "ALG:FILE"),
        ({"jwks_url": "https://shop.test/k", "audience": "a"}, "issuer"),
        ({"jwks_url": "http://shop.test/k", "audience": "a", "issuer": "i"}, "not https"),
        ({"jwks_url": "file:///etc/passwd", "audience": "a", "issuer": "i"}, "not https"),
        ({"max_lifetime_s": 0.0}, "max_lifetime_s"),
        ({"skew_s": -1.0}, "skew_s"),
    ],
)
def test_what_would_let_others_in_is_refused_before_the_start(given, said):
    with pytest.raises(ValueError, match=said):
        JwtSettings(**given)


def test_a_key_is_written_with_or_without_its_name():
    assert split_key("RS256:/etc/k.pem") == ("RS256", "", "/etc/k.pem")
    assert split_key("RS256:2026:/etc/k.pem") == ("RS256", "2026", "/etc/k.pem")


def test_plain_http_is_for_this_machine_only():
    for host in ("localhost", "127.0.0.1", "[::1]"):
        url = f"http://{host}:1/k"
        assert JwtSettings(jwks_url=url, audience="a", issuer="i").is_on
