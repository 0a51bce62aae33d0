"""Write what is generated from the native protocol's structs, or check that it is current.

`python -m tools.protocol` writes; `python -m tools.protocol --check` exits 1 when a file differs.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path

from parlor.wire.native.codec import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL
from parlor.wire.native.methods import METHODS
from parlor.wire.native.pushes import PUSHES
from parlor.wire.native.registries import close_codes, error_codes
from parlor.wire.native.schema import build_schema
from parlor.wire.native.typescript import build_typescript

ROOT = Path(__file__).parent.parent

_PAGE = """# The native protocol: methods, pushes, registries

Made by `python -m tools.protocol` from `src/parlor/wire/native`. Do not edit.

Subprotocols on `/ws`: `{json}` (text) and `{msgpack}` (binary). The same MessagePack messages go
over TCP on the same port, each after its length in 4 bytes, big-endian. Types:
[`parlor.v1.schema.json`](parlor.v1.schema.json).

Over plain HTTP, for networks that let no WebSocket through, the same JSON messages travel by

- `POST /http/connect` with the `hello` request as its body: opens a link. Answered like a poll,
  with `link`, the secret of this link, and `poll_s` and `comment_s` beside.
- `GET /http/events?poll=1&ack=N`: one poll. Answered with `{{"upto": M, "messages": [...]}}` as
  soon as there is something, or after `poll_s`.
- `GET /http/events` with `Last-Event-ID: N` (or `?ack=N`): Server-Sent Events. `id` is a number,
  each line of `data` a message. A comment comes at once and every `comment_s`.
- `POST /http/send?n=K&ack=N` with a message or an array of them: 204; replies come by the events.
- `POST /http/close`: 204; the link has ended.

All but the first carry `Authorization: Bearer LINK` or, where no header can be set, `?link=LINK`.
What comes down is numbered from 1. N is the last number that the client has, 0 at first: all
after it comes (again), so a response that broke off costs nothing. The server waits once
`longpoll.tail_bytes` are unacknowledged, so a reader of events acknowledges by `POST /http/send`,
with an empty body if need be, every 16 kB at the latest. K counts the client's posts from 1; a
post that is sent again with its K is done once. One reader a link: of two the older one ends, a
poll with 409 `reader_replaced`. A link that nobody reads for `longpoll.reader_gap_s` ends;
heartbeats, limits and close codes are those of every connection, and the last message is always
a `bye`. An unknown link is 404 `no_such_link`: connect again.

## Methods

| method | params | result | what it does |
|---|---|---|---|
{methods}

## Pushes

| push | data | when |
|---|---|---|
{pushes}

## Errors

| code | HTTP | retry | meaning |
|---|---|---|---|
{errors}

## Close codes

| code | name | connect again | meaning |
|---|---|---|---|
{closes}
"""


def build_page() -> str:
    return _PAGE.format(
        json=JSON_SUBPROTOCOL,
        msgpack=MSGPACK_SUBPROTOCOL,
        methods="\n".join(
            f"| `{name}` | {_fields(method.params)} | {_fields(method.result)} "
            f"| {_doc(method.params)} |"
            for name, method in METHODS.items()
        ),
        pushes="\n".join(
            f"| `{name}` | {_fields(payload)} | {_doc(payload)} |"
            for name, payload in PUSHES.items()
        ),
        errors="\n".join(
            f"| `{row.code}` | {row.status} | {'yes' if row.retry else 'no'} | {row.meaning} |"
            for row in error_codes()
        ),
        closes="\n".join(
            f"| {row.code} | `{row.name}` | {row.reconnect} | {row.meaning} |"
            for row in close_codes()
        ),
    )


def outputs() -> dict[Path, str]:
    schema = json.dumps(build_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    return {
        ROOT / "docs/wire/parlor.v1.schema.json": schema,
        ROOT / "docs/wire/native.md": build_page(),
        ROOT / "web/sdk/src/protocol.ts": build_typescript(),
    }


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print("usage: python -m tools.protocol [--check]", file=sys.stderr)
        return 2
    stale = []
    for path, text in outputs().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.relative_to(ROOT))
        if not arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{'not current' if arguments else 'wrote'}: {path}")
    return 1 if arguments and stale else 0


def _fields(kind: type) -> str:
    names = getattr(kind, "__struct_fields__", ())
    return " ".join(f"`{name}`" for name in names) or "–"


def _doc(kind: type) -> str:
    return " ".join(inspect.cleandoc(kind.__dict__.get("__doc__") or "–").split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
