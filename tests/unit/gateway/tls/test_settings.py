import pytest

from parlor.boot.config import ConfigError, load, parse_assignment
from parlor.boot.sections import SECTIONS
from parlor.gateway.tls.settings import CertificateFiles, TlsSettings

PAIR = CertificateFiles("/a/fullchain.pem", "/a/privkey.pem")


def given(*flags: str) -> TlsSettings:
    settings = [parse_assignment(flag, "--set") for flag in flags]
    config = load(SECTIONS, file=None, environment={}, flags=settings)
    return config.section("tls", TlsSettings)


def test_nothing_is_encrypted_without_a_certificate():
    assert not TlsSettings().is_on
    assert TlsSettings(self_signed=True).is_on
    assert TlsSettings(certificates=(PAIR,)).is_on


def test_a_pair_may_be_written_as_one_text_and_several_in_one_flag():
    one = "tls.certificates=/a/fullchain.pem:/a/privkey.pem"
    assert given(one).pairs() == (PAIR,)
    other = CertificateFiles("b.pem", "b.key")
    assert given(f"{one},b.pem:b.key").pairs() == (PAIR, other)


def test_a_pair_in_a_file_is_a_table_and_is_printed_as_toml(tmp_path):
    file = tmp_path / "parlor.toml"
    table = '{certificate = "/a/fullchain.pem", key = "/a/privkey.pem"}'
    file.write_text(f"[tls]\ncertificates = [{table}]\n")
    config = load(SECTIONS, file=file, environment={}, flags=[])
    assert config.section("tls", TlsSettings).pairs() == (PAIR,)
    printed = "\n".join(config.lines(frozenset()))
    file.write_text(printed)
    again = load(SECTIONS, file=file, environment={}, flags=[])
    assert again.section("tls", TlsSettings).pairs() == (PAIR,)


@pytest.mark.parametrize(
    "wrong",
    [
        "tls.certificates=only.pem",
        "tls.certificates=:key.pem",
        "tls.min_version=1.1",
        "tls.web=sometimes",
        "tls.handshake_timeout_s=0",
        "tls.max_handshakes=0",
    ],
)
def test_what_cannot_be_meant_is_refused(wrong):
    with pytest.raises(ConfigError):
        given(wrong)
