"""Who sent a request: fields of any bytes before what a trusted proxy adds change nothing."""

from __future__ import annotations

from parlor.model.errors import WireError
from parlor.wire.proxy import Sender, TrustedProxies

PROXY, CLIENT = "10.0.0.1", "203.0.113.9"
_TRUSTED = TrustedProxies(["10.0.0.0/8"])
_NAMES = (b"x-forwarded-for", b"forwarded", b"x-real-ip", b"X-Forwarded-Proto")
SEEDS = [
    b"192.0.2.1, 10.0.0.2",
    b'for=192.0.2.1;proto=https;by="_x", for="[2001:db8::1]:80"',
    b'for="unfinished',
    b"unknown\n_hidden\n[::1]:80\n\\",
]


def check(data: bytes) -> None:
    lines = data.split(b"\n")
    for name in _NAMES:
        headers = [(name, line) for line in lines]
        assert _TRUSTED.sender(CLIENT, headers) == Sender(CLIENT)
        try:
            assert _TRUSTED.sender(PROXY, headers).address
        except WireError:
            continue
    # What a proxy adds in a line of its own is all that is read.
    for own in ((b"x-forwarded-for", CLIENT.encode()), (b"forwarded", b"for=" + CLIENT.encode())):
        before = [(own[0], line) for line in lines]
        assert _TRUSTED.sender(PROXY, [*before, own]).address == CLIENT
