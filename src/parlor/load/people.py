"""Accounts that may talk to each other, made or found over REST: what `send` needs first."""

from __future__ import annotations

import http.client
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec

from parlor.load.target import Target, client_context

ANSWER_LIMIT_S = 30.0


class RestFailed(Exception):
    """The server refused, or did not answer: one line."""


class Rest:
    """One kept-alive connection. Raises RestFailed."""

    def __init__(self, at: Target) -> None:
        self._link: http.client.HTTPConnection
        if at.tls:
            context = client_context(at.authority)
            self._link = http.client.HTTPSConnection(
                at.host, at.port, timeout=ANSWER_LIMIT_S, context=context
            )
        else:
            self._link = http.client.HTTPConnection(at.host, at.port, timeout=ANSWER_LIMIT_S)

    def ask(self, method: str, path: str, body: object = None, token: str = "") -> Any:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        raw = None if body is None else msgspec.json.encode(body)
        try:
            self._link.request(method, path, raw, headers)
            answer = self._link.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as failed:
            raise RestFailed(f"{method} {path}: {failed}") from failed
        if answer.status >= 300:
            raise RestFailed(f"{method} {path}: {answer.status} {text[:200].decode()}")
        return msgspec.json.decode(text) if text else None

    def close(self) -> None:
        self._link.close()


def sign_up(rest: Rest, count: int) -> tuple[str, ...]:
    """Tokens of so many new accounts, with names nobody has."""
    run = secrets.token_hex(4)
    tokens = []
    for number in range(count):
        wish = {"name": f"bench-{run}-{number}", "password": secrets.token_hex(16)}
        tokens.append(rest.ask("POST", "/api/v1/accounts", wish)["token"])
    return tuple(tokens)


def pair_up(rest: Rest, tokens: Sequence[str]) -> tuple[str, ...]:
    """The conversation of each token's holder: with the next one, two by two. Raises ValueError
    for an odd number of them."""
    conversations: list[str] = []
    for one, other in zip(tokens[::2], tokens[1::2], strict=True):
        me = rest.ask("GET", "/api/v1/me", token=other)
        user = me.get("user", me)["id"]
        wish = {"kind": "direct", "members": [user]}
        made = rest.ask("POST", "/api/v1/conversations", wish, one)
        conversations += [made["conversation"]["id"]] * 2
    return tuple(conversations)
