import pytest

from parlor.boot.agreement import check_agreement, check_files
from parlor.boot.config import ConfigError, load, parse_assignment
from parlor.boot.sections import SECRET, SECTIONS


def settings(*given):
    flags = [parse_assignment(each, "--set") for each in given]
    return load(SECTIONS, file=None, environment={}, flags=flags)


def test_the_defaults_agree():
    check_agreement(settings())
    check_files(settings())


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "chat.example.org"])
def test_open_to_anybody_is_for_this_machine_only(host):
    with pytest.raises(ConfigError, match=r"http\.host must be a loopback"):
        check_agreement(settings("auth.open=true", f"http.host={host}"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_open_is_possible_on_a_loopback_address(host):
    check_agreement(settings("auth.open=true", f"http.host={host}"))


def test_a_key_file_that_cannot_be_used_is_named(tmp_path):
    file = tmp_path / "key.pem"
    file.write_text("nonsense")
    with pytest.raises(ConfigError, match=r"key\.pem"):
        check_files(settings(f"auth.jwt.keys=RS256:{file}", "auth.jwt.audience=a"))


def test_secrets_of_customers_are_never_shown():
    secret = "x" * 40
    config = settings(
        f"auth.jwt.secret={secret}",
        "auth.jwt.audience=a",
        f"auth.callback.secret={secret}",
        "auth.callback.url=https://shop.test/who",
    )
    assert secret not in "\n".join(config.lines(SECRET))
