"""The native protocol `parlor.v1`: one request table, two codecs.

JSON text: `{"id": 7, "method": "message.send", "params": {...}}` up;
`{"id": 7, "result": {...}}`, `{"id": 7, "error": {...}}` and `{"push": "event", "data": {...}}`
down. MessagePack: the same structs as arrays in field order: `[7, "message.send", [...]]` up;
`[7, result, error]` and `["event", data]` down (a reply begins with an integer, a push with a
string). TCP puts a 4-byte big-endian length before each MessagePack message.

`methods` and `pushes` are the single source: JSON Schema, TypeScript and the protocol page are
generated from them. Unknown fields are ignored, new fields are appended.
"""
