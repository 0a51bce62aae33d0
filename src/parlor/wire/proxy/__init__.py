"""What a proxy says of the client behind it: the PROXY header, and the HTTP fields.

1. `parse_header` reads HAProxy's PROXY protocol, versions 1 and 2, from the first bytes of a
   connection.
2. `TrustedProxies` says whose word counts, and `sender` finds the client in `X-Forwarded-For`,
   `Forwarded` (RFC 7239) and `X-Real-IP`: one rule for every listener.

Nothing here reads a socket. Hostile bytes raise WireError and nothing else.
"""

from parlor.wire.proxy.header import Announced, may_be_header, parse_header
from parlor.wire.proxy.trust import FORWARDING_FIELDS, Sender, TrustedProxies

__all__ = [
    "FORWARDING_FIELDS",
    "Announced",
    "Sender",
    "TrustedProxies",
    "may_be_header",
    "parse_header",
]
