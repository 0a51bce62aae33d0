"""The names that clients give to what they may have to ask for twice."""

from __future__ import annotations

from parlor.model.errors import BadRequest

MAX_CLIENT_ID_CHARS = 64


def check_client_id(client_id: str) -> str:
    """A name under which a repeated request is known again. Raises BadRequest."""
    if not 1 <= len(client_id) <= MAX_CLIENT_ID_CHARS or not client_id.isprintable():
        raise BadRequest(f"A client_id has 1 to {MAX_CLIENT_ID_CHARS} printable characters.")
    return client_id
