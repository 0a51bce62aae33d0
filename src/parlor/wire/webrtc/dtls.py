"""DTLS 1.2 of one peer (RFC 6347, RFC 5764): the only place where pyOpenSSL is used.

Datagrams and `now` in, datagrams out. It owns the handshake, its retransmission, the proof that
the peer is whose fingerprint the description had, and the keys for SRTP. It does not own the
path: ICE says whose datagrams come here and where the answers go.

OpenSSL reads a clock of its own for its retransmission timer (see ADR 11). The timer here is
`now`'s: when it runs out, OpenSSL is asked to send its flight again, and while its own clock
does not agree the last flight is sent once more as it was, as a network could double it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum

from OpenSSL import SSL, crypto

from parlor.wire.webrtc.certificate import Certificate
from parlor.wire.webrtc.dtls_records import (
    MAX_DATAGRAM_BYTES,
    MAX_RECEIVED_BYTES,
    is_record,
    shakes_hands,
    split_records,
)
from parlor.wire.webrtc.sdp import Fingerprint
from parlor.wire.webrtc.srtp_keys import EXPORTER_LABEL, SrtpKeys, SrtpProfile, split_material

FIRST_RESEND_S = 0.1
"""RFC 6347 §4.2.4.1 proposes 1 s for the network at large; ICE has just seen this path answer."""
LONGEST_RESEND_S = 2.0
HANDSHAKE_LIMIT_S = 30.0

_DTLS_1_2 = 0xFEFD
_MAX_WAITING = 64
"""Messages of data channels that nobody has taken yet."""
_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20"
_OP_NO_RENEGOTIATION = 0x40000000
_MODE_RELEASE_BUFFERS = 0x10
_HASHES = {"sha-256": hashlib.sha256, "sha-384": hashlib.sha384, "sha-512": hashlib.sha512}
"""Weaker ones prove nothing (RFC 8122 §5)."""


class DtlsState(StrEnum):
    HANDSHAKE = "handshake"
    UNPROVEN = "unproven"
    """Done, but nobody said yet which certificate the peer should have: a browser's handshake
    can be faster than its answer. No key is given out."""
    OPEN = "open"
    CLOSED = "closed"
    """By the peer's alert or by `close`."""
    FAILED = "failed"


class DtlsFailure(StrEnum):
    """Why there is no connection; few values, for a metric."""

    HANDSHAKE = "handshake"
    """No common version or cipher, a message that makes no sense, or an alert of the peer's."""
    FINGERPRINT = "fingerprint"
    """The peer has another certificate than its description said: somebody is in between."""
    PROFILE = "profile"
    """No SRTP profile in common."""
    TIMED_OUT = "timed_out"


class DtlsContext:
    """What all peers of a process share: the certificate and what may be negotiated."""

    __slots__ = ("fingerprint", "openssl")

    def __init__(
        self, certificate: Certificate, profiles: Sequence[SrtpProfile] = tuple(SrtpProfile)
    ) -> None:
        """`profiles`, best first: as a server this end chooses."""
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_min_proto_version(_DTLS_1_2)
        context.set_max_proto_version(_DTLS_1_2)
        context.set_cipher_list(_CIPHERS)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU | _OP_NO_RENEGOTIATION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_mode(_MODE_RELEASE_BUFFERS)
        # Any certificate passes here; `Dtls` compares its fingerprint (RFC 8827 §6.5).
        context.set_verify(
            SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_arguments: True
        )
        context.use_certificate(certificate.certificate)
        context.use_privatekey(certificate.key)
        names = ":".join(profile.openssl_name for profile in profiles)
        context.set_tlsext_use_srtp(names.encode())
        self.openssl = context
        self.fingerprint = certificate.fingerprint


class Dtls:
    """The handshake with one peer and what follows. Whoever holds it calls `on_time` at `next_at`.

    Every call that takes `now` returns the datagrams to send, in order; monotonic seconds.
    """

    __slots__ = (
        "_client",
        "_connection",
        "_done",
        "_expected",
        "_flight",
        "_given_up_at",
        "_messages",
        "_resent_at",
        "_wait_s",
        "dropped",
        "failure",
        "keys",
        "next_at",
        "state",
    )

    def __init__(self, context: DtlsContext, *, client: bool) -> None:
        """`client`: whether this end is the active one (`a=setup`), which then calls `start`."""
        self._connection = SSL.Connection(context.openssl, None)
        self._connection.set_ciphertext_mtu(MAX_DATAGRAM_BYTES)
        if client:
            self._connection.set_connect_state()
        else:
            self._connection.set_accept_state()
        self._client = client
        self._done = False
        self._expected: tuple[Fingerprint, ...] | None = None
        self._flight: list[bytes] = []
        self._messages: list[bytes] = []
        self._given_up_at: float | None = None
        self._wait_s = FIRST_RESEND_S
        self._resent_at = 0.0
        self.state = DtlsState.HANDSHAKE
        self.failure: DtlsFailure | None = None
        self.keys: SrtpKeys | None = None
        """Set while OPEN."""
        self.next_at: float | None = None
        """When `on_time` has something to do; None for never."""
        self.dropped = 0
        """Datagrams that were no DTLS, too long, or came too late to matter."""

    @property
    def waits_to_start(self) -> bool:
        """Whether this end is the client and has not called `start`."""
        return self._client and self._given_up_at is None

    def expect(self, fingerprints: Sequence[Fingerprint]) -> None:
        """The peer's certificate must have one of these: from its description, which may come
        before, during or after the handshake. Weak hashes among them do not count."""
        self._expected = tuple(fingerprints)
        if self.state is DtlsState.UNPROVEN:
            self._prove()

    def start(self, now: float) -> list[bytes]:
        """Send the first flight, as the client."""
        self._begin(now)
        return self._shake_hands(now)

    def received(self, datagram: bytes, now: float) -> list[bytes]:
        """Take a datagram of the peer's; see `state`, `keys` and `take_messages` afterwards.

        Never raises for bytes, whatever they are.
        """
        if self.state in (DtlsState.CLOSED, DtlsState.FAILED) or not is_record(datagram):
            self.dropped += 1
            return []
        self._begin(now)
        self._connection.bio_write(datagram)
        if not self._done:
            return self._shake_hands(now)
        self._read()
        return self._drain() or self._repeat_the_last_flight(datagram, now)

    def on_time(self, now: float) -> list[bytes]:
        """Send the flight again, or give up, when it is time; nothing at other times."""
        if self.next_at is None or now < self.next_at:
            return []
        if self._given_up_at is not None and now >= self._given_up_at:
            self._fail(DtlsFailure.TIMED_OUT)
            return []
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error:
            self._fail(DtlsFailure.TIMED_OUT)
            return []
        fresh = self._drain()
        if fresh:
            self._flight = fresh
        self._wait_s = min(2 * self._wait_s, LONGEST_RESEND_S)
        self._set_timer(now)
        return list(self._flight)

    def send(self, message: bytes) -> list[bytes]:
        """Send one message of the data channels (SCTP), at most a datagram. Raises ValueError
        when it is too long or the connection is not OPEN."""
        if self.state is not DtlsState.OPEN:
            raise ValueError(f"the connection is {self.state}")
        if len(message) > self._connection.get_cleartext_mtu():
            raise ValueError(f"a message of {len(message)} bytes")
        self._connection.send(message)
        return self._drain()

    def take_messages(self) -> list[bytes]:
        """What the peer sent for its data channels since the last call; empty until OPEN."""
        if self.state is DtlsState.UNPROVEN:
            return []
        taken, self._messages = self._messages, []
        return taken

    def close(self) -> list[bytes]:
        """Say good-bye, if there is anybody to say it to. Nothing is received after it."""
        leaving = self.state in (DtlsState.OPEN, DtlsState.UNPROVEN)
        if self.state is not DtlsState.FAILED:
            self._end(DtlsState.CLOSED)
        if not leaving:
            return []
        try:
            self._connection.shutdown()
        except SSL.Error:
            return []
        return self._drain()

    def _begin(self, now: float) -> None:
        if self._given_up_at is None:
            self._given_up_at = now + HANDSHAKE_LIMIT_S
            self.next_at = self._given_up_at

    def _shake_hands(self, now: float) -> list[bytes]:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error:
            self._fail(DtlsFailure.HANDSHAKE)
            return self._drain()
        else:
            self._done = True
        sent = self._drain()
        if sent:
            self._flight = sent
            self._wait_s = FIRST_RESEND_S
        if self._done:
            self.next_at = None
            self._resent_at = now
            self.state = DtlsState.UNPROVEN
            if self._expected is not None:
                self._prove()
            self._read()
        elif sent:
            self._set_timer(now)
        return sent

    def _set_timer(self, now: float) -> None:
        self.next_at = now + self._wait_s
        if self._given_up_at is not None:
            self.next_at = min(self.next_at, self._given_up_at)

    def _repeat_the_last_flight(self, datagram: bytes, now: float) -> list[bytes]:
        """A client that still shakes hands has not got the server's last flight (RFC 6347 §4.2.4).

        OpenSSL answers only repetitions under new record numbers. Not more often than the client
        has reason to ask, so nobody makes this end an amplifier.
        """
        if self._client or not self._flight or not shakes_hands(datagram):
            return []
        if now < self._resent_at + FIRST_RESEND_S / 2:
            return []
        self._resent_at = now
        return list(self._flight)

    def _read(self) -> None:
        """Take what was decrypted, until OpenSSL wants more."""
        while self.state in (DtlsState.UNPROVEN, DtlsState.OPEN):
            try:
                message = self._connection.recv(MAX_RECEIVED_BYTES)
            except SSL.WantReadError:
                return
            except SSL.Error:
                # The peer's good-bye (ZeroReturnError) or a fatal alert: the end, either way.
                self._end(DtlsState.CLOSED)
                return
            if len(self._messages) < _MAX_WAITING:
                self._messages.append(message)
            else:
                self.dropped += 1

    def _prove(self) -> None:
        """Compare the peer's certificate, then take the keys (RFC 5763 §5)."""
        certificate = self._connection.get_peer_certificate()
        if certificate is None or not self._is_expected(certificate):
            self._fail(DtlsFailure.FINGERPRINT)
            return
        chosen = self._connection.get_selected_srtp_profile().decode()
        profile = next((one for one in SrtpProfile if one.openssl_name == chosen), None)
        if profile is None:
            self._fail(DtlsFailure.PROFILE)
            return
        material = self._connection.export_keying_material(EXPORTER_LABEL, profile.material_bytes)
        self.keys = split_material(profile, material, client=self._client)
        self.state = DtlsState.OPEN

    def _is_expected(self, certificate: crypto.X509) -> bool:
        der = crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
        return any(
            expected.algorithm in _HASHES
            and _HASHES[expected.algorithm](der).digest() == expected.digest
            for expected in self._expected or ()
        )

    def _fail(self, failure: DtlsFailure) -> None:
        self.failure = failure
        self._end(DtlsState.FAILED)

    def _end(self, state: DtlsState) -> None:
        self.state = state
        self.keys = None
        self.next_at = None
        self._flight = []
        self._messages = []

    def _drain(self) -> list[bytes]:
        """What OpenSSL wrote, in datagrams: its memory is a stream that forgets their borders."""
        written = bytearray()
        while True:
            try:
                written += self._connection.bio_read(MAX_RECEIVED_BYTES)
            except SSL.WantReadError:
                break
        return split_records(bytes(written))
