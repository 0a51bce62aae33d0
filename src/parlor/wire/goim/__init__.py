"""goim v2 on the wire: 16-byte frames, the login JSON, operation lists. Pure.

A frame is packet length (int32), header length (int16, always 16), version (int16), operation
(int32), sequence (int32), body; all big-endian, all signed. TCP carries frames back to back;
a WebSocket message carries exactly one, and what is pushed there is wrapped once more as
operation 9, whose body is complete frames back to back.

Hostile bytes raise `WireError` and nothing else. Where goim takes a frame that lies about its
length (a negative one, one shorter than its header, one longer than the message that carries
it) this package refuses it: every peer gets bytes that some peer sent, or none.
"""
