"""What WebRTC puts into datagrams: bytes to values and back, without a socket and without a clock.

The flow of a media worker:

1. `demux.protocol_of` says of each datagram whether it is STUN, DTLS, RTP or RTCP.
2. `stun.parse_message` reads a check; `check_integrity` and `check_fingerprint` say whether to
   believe it, and `build_message` makes the answer.
3. What SRTP has decrypted goes through `rtp.parse_packet` and `header_extensions.parse_extensions`;
   `extension_kinds` says what the values mean. `reception.Reception` counts what arrived.
4. Out it goes with `rtp.with_extensions` once and `rtp.rewrite` for each receiver, or again
   through `rtx.wrap_lost`.
5. Reports and wishes are `rtcp.parse_compound` and `rtcp.build_compound`.

Before that, a connection is made: `sdp` reads what a browser offers and decides the answer,
`ice_lite` which path is the browser's, `dtls` the keys, and `srtp` opens and protects with them.

Hostile bytes raise `malformed.Malformed` and nothing else, for work that is bounded by their
number; its `reason` can be a metric's label. What is made here from values that no packet can hold
raises ValueError, OverflowError or struct.error: a mistake of ours. Nothing answers by itself, and
whatever has to do with time gets it as an argument. Imports only `parlor.model.errors`, msgspec,
what computes (hashlib, hmac, ipaddress, re, struct, zlib) and, in the three modules of ADR 11,
cryptography, OpenSSL and pylibsrtp.
"""
