"""Privacy flags as `users.privacy` has them: JSON, or empty for the defaults."""

from __future__ import annotations

import msgspec

from parlor.model.people import Privacy

_decoder = msgspec.json.Decoder(Privacy)
_encode = msgspec.json.Encoder().encode


def privacy_of(stored: str) -> Privacy:
    return _decoder.decode(stored) if stored else Privacy()


def stored_of(privacy: Privacy) -> str:
    return "" if privacy == Privacy() else _encode(privacy).decode()
