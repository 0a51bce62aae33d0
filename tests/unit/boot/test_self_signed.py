import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from parlor.boot.self_signed import ensure_self_signed, make_self_signed, own_names
from parlor.gateway.tls.certificate import CertificateError, load_certificate
from parlor.gateway.tls.settings import CertificateFiles, TlsSettings


def _leaf(files: CertificateFiles) -> x509.Certificate:
    return x509.load_pem_x509_certificates(Path(files.certificate).read_bytes())[0]


def _shake_hands(files: CertificateFiles, trust: Path, name: str) -> None:
    """Raises SSLError when a client that trusts `trust` refuses."""
    server = load_certificate(files, TlsSettings()).context
    client = ssl.create_default_context(cafile=str(trust))
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=name)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        one.do_handshake()
    with pytest.raises(ssl.SSLWantReadError):
        other.do_handshake()
    one.do_handshake()
    other.do_handshake()


def test_it_is_for_this_machine_and_for_every_name_given(tmp_path):
    made = make_self_signed(tmp_path, ["chat.lan", "192.0.2.7", "2001:db8::7"])
    for name in ("localhost", "127.0.0.1", "::1", "chat.lan", "192.0.2.7", "2001:db8::7"):
        _shake_hands(made.files, made.trust, name)
    for name in own_names():
        assert name in made.names


def test_a_name_that_it_is_not_for_is_refused(tmp_path):
    made = make_self_signed(tmp_path, [])
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(made.files, made.trust, "elsewhere.example")


def test_nobody_else_may_read_the_key(tmp_path):
    made = make_self_signed(tmp_path, [])
    assert stat.S_IMODE(Path(made.files.key).stat().st_mode) == 0o600
    assert sorted(file.name for file in made.trust.parent.iterdir()) == [
        "certificate.pem",
        "key.pem",
        "trust.pem",
    ]


def test_apples_limits_are_kept(tmp_path):
    made = make_self_signed(tmp_path, [])
    leaf = _leaf(made.files)
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days <= 825
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert x509.oid.ExtendedKeyUsageOID.SERVER_AUTH in usage
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_authority_that_is_trusted_can_sign_nothing_more(tmp_path):
    made = make_self_signed(tmp_path, [])
    authority = x509.load_pem_x509_certificate(made.trust.read_bytes())
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    kept = b"".join(file.read_bytes() for file in made.trust.parent.iterdir())
    assert kept.count(b"PRIVATE KEY-----") == 2, "one key: a begin and an end"
    _leaf(made.files).verify_directly_issued_by(authority)


def test_one_that_is_there_is_kept(tmp_path):
    first = ensure_self_signed(tmp_path)
    before = Path(first.certificate).read_bytes()
    assert ensure_self_signed(tmp_path) == first
    assert Path(first.certificate).read_bytes() == before
    Path(first.key).unlink()
    ensure_self_signed(tmp_path)
    load_certificate(first, TlsSettings())


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "tls").write_text("a file where the folder should be")
    with pytest.raises(CertificateError, match=r"certificate\.pem"):
        ensure_self_signed(tmp_path)
