import ssl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlor.gateway.tls.settings import TlsSettings
from parlor.wire.proxy import TrustedProxies
from tests.support.certificates import outdated, trusting, write_pair
from tests.support.tls_client import TlsClient
from tests.support.tls_listener import TlsHouse


async def test_what_is_written_on_one_side_is_read_on_the_other(tmp_path):
    house = TlsHouse(tmp_path)
    client = TlsClient(house.accept(), "one.example")
    client.open()
    client.send(b"hello")
    house.above.transport.write(b"welcome")
    client.exchange()
    assert (house.above.heard, client.received) == ([b"hello"], b"welcome")
    assert client.tls.version() == "TLSv1.3"


async def test_data_in_the_segment_that_ends_the_handshake_is_not_lost(tmp_path):
    house = TlsHouse(tmp_path)
    socket = house.accept()
    client = TlsClient(socket, "one.example")
    client.exchange_with_last_words(b"hello")
    assert house.above.heard == [b"hello"]


async def test_a_handshake_may_come_byte_by_byte(tmp_path):
    house = TlsHouse(tmp_path)
    client = TlsClient(house.accept(), "one.example", segment=1)
    client.open()
    client.send(b"hello")
    assert b"".join(house.above.heard) == b"hello"


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [(["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"), (["h2"], None), ([], None)],
)
async def test_alpn_agrees_on_http_1_1_or_on_nothing(tmp_path, offered, agreed):
    context = trusting()
    if offered:
        context.set_alpn_protocols(offered)
    client = TlsClient(TlsHouse(tmp_path).accept(), "one.example", context)
    client.open()
    assert client.tls.selected_alpn_protocol() == agreed


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("name", ["one.example", "two.example", None])
async def test_the_server_name_chooses_the_certificate(tmp_path, version, name):
    house = TlsHouse(tmp_path)
    pairs = (*house.settings.certificates, write_pair(tmp_path, "two.example"))
    house.certificates.reload(TlsSettings(certificates=pairs))
    context = trusting()
    context.minimum_version = context.maximum_version = version
    client = TlsClient(house.accept(), name, context)
    client.open()
    assert client.subject == (name or "one.example")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_tls_older_than_1_2_is_refused(tmp_path, version):
    house = TlsHouse(tmp_path)
    socket = house.accept()
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        TlsClient(socket, "one.example", outdated(version)).open()
    assert socket.closed
    assert house.failures() == 1
    assert not house.tls.handshakes


async def test_tls_1_2_is_refused_when_1_3_is_asked_for(tmp_path):
    house = TlsHouse(tmp_path, min_version="1.3")
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        TlsClient(house.accept(), "one.example", outdated(ssl.TLSVersion.TLSv1_2)).open()


@pytest.mark.parametrize("cipher", ["AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "aNULL"])
async def test_ciphers_without_forward_secrecy_or_authentication_are_refused(tmp_path, cipher):
    context = outdated(ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(f"{cipher}:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        TlsClient(TlsHouse(tmp_path).accept(), "one.example", context).open()


async def test_a_client_that_does_not_trust_the_certificate_is_counted(tmp_path):
    house = TlsHouse(tmp_path)
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(ssl.SSLCertVerificationError):
        TlsClient(house.accept(), "one.example", stranger).open()
    assert house.failures() == 1
    assert not house.made


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16" * 600,
        b"\x16\x03\x01\x00\x05hello",
        b"\x16\x03\x01\xff\xff" + bytes(70_000),
        b"\x16\x03\x01\x00\x04\x01\xff\xff\xff" + bytes(300),
    ],
)
async def test_garbage_that_begins_like_tls_is_closed_and_counted(tmp_path, garbage):
    house = TlsHouse(tmp_path)
    socket = house.accept()
    socket.deliver(garbage)
    assert socket.closed
    assert (house.failures(), house.made) == (1, [])
    assert not house.tls.handshakes


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=4))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_any_bytes_after_the_first_are_waited_on_or_closed(tmp_path, segments):
    house = TlsHouse(tmp_path)
    socket = house.accept()
    socket.deliver(b"\x16")
    for segment in segments:
        socket.deliver(segment)
    assert house.made == []
    assert socket.closed == (house.failures() == 1) == (not house.tls.handshakes)


async def test_a_plain_client_is_given_the_answer_and_closed_where_only_tls_is_taken(tmp_path):
    house = TlsHouse(tmp_path)
    socket = house.accept("on", lambda first: b"you said " + first)
    socket.deliver(b"GET /")
    assert (socket.received, socket.closed) == (b"you said GET /", True)
    assert (house.failures(), house.made) == (1, [])


async def test_a_plain_client_is_let_in_where_both_are_taken(tmp_path):
    house = TlsHouse(tmp_path)
    socket = house.accept("both")
    socket.deliver(b"GET /")
    assert socket.protocol is house.above
    assert house.above.transport is socket, "nothing stands between"
    assert house.above.heard == [b"GET /"]
    house.pass_time(3600)
    assert not socket.closed


async def test_silence_and_a_handshake_that_does_not_come_to_its_end_are_cut_off(tmp_path):
    house = TlsHouse(tmp_path, handshake_timeout_s=5)
    silent, slow = house.accept(), house.accept()
    hello = TlsClient(slow, "one.example").first_flight()
    for byte in hello[:40]:
        house.pass_time(0.1)
        slow.deliver(bytes([byte]))
    assert [silent.closed, slow.closed] == [False, False]
    house.pass_time(2)
    assert [silent.closed, slow.closed] == [True, True]
    assert house.failures() == 2
    assert len(house.wheel) == 1, "the certificates' own appointment is left"


async def test_a_finished_handshake_has_no_deadline(tmp_path):
    house = TlsHouse(tmp_path, handshake_timeout_s=5)
    socket = house.accept()
    TlsClient(socket, "one.example").open()
    house.pass_time(3600)
    assert not socket.closed


async def test_more_handshakes_than_allowed_are_closed_at_once(tmp_path):
    house = TlsHouse(tmp_path, max_handshakes=2)
    sockets = [house.accept() for _ in range(3)]
    assert [socket.closed for socket in sockets] == [False, False, True]
    TlsClient(sockets[0], "one.example").open()
    assert not house.accept().closed, "one that is through makes room"


async def test_a_handshake_is_counted_among_connections_until_the_protocol_counts_itself(tmp_path):
    house = TlsHouse(tmp_path)
    socket, gone = house.accept(), house.accept()
    assert house.gateway.admission.total == 2
    gone.lose()
    assert house.gateway.admission.total == 1
    TlsClient(socket, "one.example").open()
    assert house.gateway.admission.total == 0, "a Recording does not count itself"


async def test_a_proxys_header_comes_before_tls(tmp_path):
    house = TlsHouse(tmp_path)
    house.gateway.trusted = TrustedProxies(["198.51.100.0/24"])
    socket = house.accept(proxy="required")
    socket.deliver(b"PROXY TCP4 203.0.113.9 198.51.100.7 5000 443\r\n")
    client = TlsClient(socket, "one.example")
    client.open()
    client.send(b"hello")
    assert (house.above.address, house.above.heard) == ("203.0.113.9", [b"hello"])


async def test_a_client_that_goes_in_the_middle_is_forgotten(tmp_path):
    house = TlsHouse(tmp_path)
    socket = house.accept()
    socket.deliver(TlsClient(socket, "one.example").first_flight())
    socket.lose()
    assert not house.tls.handshakes
    assert house.failures() == 1


async def test_a_listener_that_closes_cuts_off_what_is_not_through(tmp_path):
    house = TlsHouse(tmp_path)
    done, waiting = house.accept(), house.accept()
    TlsClient(done, "one.example").open()
    house.tls.close()
    assert (done.closed, waiting.closed) == (False, True)


async def test_a_reload_changes_new_connections_and_leaves_live_ones(tmp_path):
    house = TlsHouse(tmp_path)
    live = TlsClient(house.accept(), "one.example")
    live.open()
    above = house.above
    write_pair(tmp_path, "new.example", "one.example", stem="one.example")
    house.certificates.reload(house.settings)
    new = TlsClient(house.accept(), "one.example")
    new.open()
    assert (live.subject, new.subject) == ("one.example", "new.example")
    live.send(b"still here")
    above.transport.write(b"so am I")
    live.exchange()
    assert (above.heard, live.received) == ([b"still here"], b"so am I")
