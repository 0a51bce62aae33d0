"""What WebRTC puts into datagrams: bytes to values and back, without a socket and without a clock.

Hostile bytes raise `Malformed` and nothing else.
"""
