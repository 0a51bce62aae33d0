import contextlib
import datetime
import os
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlor.gateway.tls.certificate import CertificateError, load_certificate
from parlor.gateway.tls.settings import CertificateFiles, TlsSettings
from tests.support.certificates import write_pair

SETTINGS = TlsSettings()


def test_names_and_times_are_those_of_the_leaf(tmp_path):
    until = datetime.datetime(2031, 5, 6, tzinfo=datetime.UTC)
    pair = write_pair(tmp_path, "Chat.Example", "*.chat.example", expires=until)
    loaded = load_certificate(pair, SETTINGS)
    assert loaded.names == ("chat.example", "*.chat.example")
    assert loaded.expires_at == until.timestamp()
    assert loaded.fault(until.timestamp() - 1) is None
    assert loaded.fault(until.timestamp()) == "has expired"
    assert loaded.fault(loaded.valid_from - 1) == "is not valid yet"


@pytest.mark.parametrize("missing", ["certificate", "key"])
def test_a_missing_file_is_named(tmp_path, missing):
    pair = write_pair(tmp_path, "one.example")
    path = getattr(pair, missing)
    Path(path).unlink()
    with pytest.raises(CertificateError, match="No such file") as error:
        load_certificate(pair, SETTINGS)
    assert path in str(error.value)


def test_a_folder_in_place_of_a_file_is_named(tmp_path):
    pair = write_pair(tmp_path, "one.example")
    with pytest.raises(CertificateError, match="directory"):
        load_certificate(CertificateFiles(str(tmp_path), pair.key), SETTINGS)


def test_a_key_of_another_certificate_is_named(tmp_path):
    one, other = write_pair(tmp_path, "one.example"), write_pair(tmp_path, "other.example")
    with pytest.raises(CertificateError, match="not the key of the certificate") as error:
        load_certificate(CertificateFiles(one.certificate, other.key), SETTINGS)
    assert str(error.value).startswith(other.key)


@pytest.mark.parametrize("part", ["certificate", "key"])
def test_a_file_of_which_half_is_written_is_refused(tmp_path, part):
    pair = write_pair(tmp_path, "one.example")
    file = Path(getattr(pair, part))
    whole = file.read_bytes()
    for size in (0, 1, len(whole) // 2, len(whole) - 30):
        # The chain has one certificate here; cut in a longer one, its leaf would still do.
        file.write_bytes(whole[:size])
        with pytest.raises(CertificateError):
            load_certificate(pair, SETTINGS)


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it(tmp_path):
    pair = write_pair(tmp_path, "one.example")
    locked = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    Path(pair.key).write_bytes(locked)
    with pytest.raises(CertificateError, match="has a passphrase"):
        load_certificate(pair, SETTINGS)


# Where in the file, as a share of its length, which differs from run to run; and what is there.
DAMAGE = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255))


@given(st.lists(DAMAGE, min_size=1, max_size=3))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_file_is_loaded_or_refused_with_one_kind_of_error(tmp_path, damage):
    pair = write_pair(tmp_path, "one.example")
    leaf = Path(pair.certificate)
    der = bytearray(x509.load_pem_x509_certificate(leaf.read_bytes()).public_bytes(Encoding.DER))
    for where, byte in damage:
        der[int(where * len(der))] = byte
    leaf.write_text(ssl.DER_cert_to_PEM_cert(bytes(der)))
    with contextlib.suppress(CertificateError):
        load_certificate(pair, SETTINGS)


def test_a_file_that_may_not_be_read_is_named(tmp_path):
    pair = write_pair(tmp_path, "one.example")
    Path(pair.key).chmod(0)
    if os.geteuid() == 0:
        # Root reads it all the same; the refusal itself needs another user.
        child = os.fork()
        if child == 0:
            tmp_path.chmod(0o755)
            os.setgid(65534)
            os.setuid(65534)
            os._exit(_is_refused(pair))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    else:
        assert _is_refused(pair) == 0


def _is_refused(pair: CertificateFiles) -> int:
    try:
        load_certificate(pair, SETTINGS)
    except CertificateError as error:
        return 0 if f"not readable by user id {os.geteuid()}" in str(error) else 2
    return 1
