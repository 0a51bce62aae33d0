"""Entering what administrators of the server do over HTTP in the audit log."""

from __future__ import annotations

import msgspec

from parlor.api.request import ApiRequest
from parlor.model.account import Identity, KeyGrant
from parlor.model.audit import AuditEntry


async def enter(request: ApiRequest, act: str, subject: str, **body: object) -> None:
    """After it was done: who asks has done `act` to `subject`. `body` are ids, names, numbers.

    Raises StorageFailed, Overloaded; then it was done without an entry, and the caller of the
    API, who gets that answer, does it again.
    """
    words = msgspec.json.encode(body).decode()
    at_ms = request.services.clock.unix_ms()
    entry = AuditEntry(0, at_ms, _actor(request), act, subject, words)
    await request.services.audit.put(entry)


def _actor(request: ApiRequest) -> str:
    """A user's id, or a key's name: whichever the guard has found."""
    found = request.scope.get("user")
    if isinstance(found, Identity):
        return found.user
    grant = request.scope.get("auth")
    return grant.name if isinstance(grant, KeyGrant) else ""
