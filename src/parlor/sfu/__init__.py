"""The media worker: it forwards what participants of a call publish, and decodes none of it.

`forward` is all of it that is a function of bytes, state and `now`. Knows `wire` and `ports`,
never `push`, `im` or `calls`: who may be in a call, and may publish, is decided before.
"""
