"""API keys, for administrators: which there are, a new one, none any more."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from parlor.api.audited import enter
from parlor.api.described import described
from parlor.api.identity import administrator
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import MAX_NUMBER
from parlor.model.account import KeyRecord, Quota, Scope
from parlor.model.errors import BadDisplayName, NameTaken, NotFound

_DAY_S = 86_400
_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
_Rate = Annotated[float, msgspec.Meta(ge=0, le=1e9)]


class KeyQuota(msgspec.Struct, frozen=True, omit_defaults=True):
    """What this key may ask. What is 0 or left out is as the settings say for every key."""

    requests_per_second: _Rate = 0.0
    request_burst: _Count = 0
    messages_per_second: _Rate = 0.0
    message_burst: _Count = 0
    messages_per_day: _Count = 0


class NewKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """`expires_in_days` 0 is for ever."""

    name: str
    scopes: Annotated[tuple[Scope, ...], msgspec.Meta(min_length=1)]
    expires_in_days: Annotated[float, msgspec.Meta(ge=0, le=36_500)] = 0.0
    quota: KeyQuota = KeyQuota()


class KeyInfo(msgspec.Struct, frozen=True):
    """Times are Unix milliseconds; null for not known, never, not yet."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: int | None
    expires_at: int | None
    last_used_at: int | None
    quota: KeyQuota


class MadeKeyReply(msgspec.Struct, frozen=True):
    """`secret` is the key itself. It is shown this once."""

    key: KeyInfo
    secret: str


class KeysReply(msgspec.Struct, frozen=True):
    keys: tuple[KeyInfo, ...]


_SHOWN = KeyInfo(
    "6f1d2a9b3c4e",
    "scores",
    (Scope.PUSH,),
    1_790_000_000_000,
    None,
    1_790_000_600_000,
    KeyQuota(messages_per_day=100_000),
)


@get("/keys", guards=[administrator], opt=described(gives=KeysReply((_SHOWN,))))
async def list_keys(request: ApiRequest) -> KeysReply:
    """Every API key, by name. When it was last used is up to a minute late."""
    return KeysReply(tuple(map(_shown, await request.services.keys.list())))


@post(
    "/keys",
    guards=[administrator],
    opt=described(
        NameTaken,
        BadDisplayName,
        asks=NewKey("scores", (Scope.PUSH,), 90, KeyQuota(messages_per_day=100_000)),
        gives=MadeKeyReply(_SHOWN, "plk_" + "A" * 43),
    ),
)
async def add_key(request: ApiRequest, data: JSONBody[NewKey]) -> MadeKeyReply:
    """Make an API key. Its secret is in this reply and nowhere else."""
    made = await request.services.keys.add(
        data.name,
        data.scopes,
        expires_in_s=data.expires_in_days * _DAY_S,
        quota=msgspec.convert(data.quota, Quota, from_attributes=True),
    )
    grant = made.record.grant
    await enter(request, "key.make", grant.id, name=grant.name, scopes=sorted(grant.scopes))
    return MadeKeyReply(_shown(made.record), made.key)


@delete("/keys/{key_id:str}", guards=[administrator], opt=described(NotFound))
async def revoke_key(request: ApiRequest, key_id: FromPath[str]) -> None:
    """Revoke an API key: its next request is refused."""
    gone = await request.services.keys.revoke(key_id)
    await enter(request, "key.revoke", gone.grant.id, name=gone.grant.name)


def _shown(record: KeyRecord) -> KeyInfo:
    grant = record.grant
    own = {name: value for name, value in msgspec.structs.asdict(grant.quota).items() if value}
    return KeyInfo(
        id=grant.id,
        name=grant.name,
        scopes=tuple(sorted(grant.scopes)),
        created_at=_ms(record.created_at),
        expires_at=_ms(grant.expires_at),
        last_used_at=_ms(record.last_used_at),
        quota=KeyQuota(**own),
    )


def _ms(unix_s: float) -> int | None:
    return round(unix_s * 1_000) if unix_s else None


HANDLERS = (list_keys, add_key, revoke_key)
