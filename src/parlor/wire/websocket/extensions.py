"""The `Sec-WebSocket-Extensions` header: text to values (RFC 6455 §9.1).

Knows the grammar and no extension. `handshake` and `offer` call it; `deflate_terms` says what one
extension means.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parlor.model.errors import WireError

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
# A quoted value must be a token once its backslashes are gone, so it holds no separator.
_QUOTED = rb'"(?:\\?[!#$%&\'*+\-.^_`|~0-9A-Za-z])+"'
_PARAMETER = rb"%s(?:[ \t]*=[ \t]*(?:%s|%s))?" % (_TOKEN, _TOKEN, _QUOTED)
_EXTENSION = rb"%s(?:[ \t]*;[ \t]*%s)*" % (_TOKEN, _PARAMETER)
_LIST = re.compile(rb"[ \t,]*%s(?:[ \t]*,[ \t,]*%s)*[ \t,]*" % (_EXTENSION, _EXTENSION))


@dataclass(frozen=True, slots=True)
class Extension:
    """One element of the list. A parameter without a value has None; doubles are kept."""

    name: str
    parameters: tuple[tuple[str, str | None], ...] = ()


def parse_extensions(lines: Sequence[bytes]) -> tuple[Extension, ...]:
    """The extensions of all the header's lines, in order; none when there is no such line.

    Raises WireError for anything that is not the grammar: the handshake has to fail then,
    whether or not any extension is wanted.
    """
    if not lines:
        return ()
    whole = b",".join(lines)
    if _LIST.fullmatch(whole) is None:
        raise WireError("Sec-WebSocket-Extensions is malformed")
    elements = (element.strip(b" \t") for element in whole.split(b","))
    return tuple(_extension(element) for element in elements if element)


def _extension(element: bytes) -> Extension:
    name, *parameters = (part.strip(b" \t").decode("ascii") for part in element.split(b";"))
    return Extension(name, tuple(_parameter(text) for text in parameters))


def _parameter(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    if not equals:
        return name, None
    return name.rstrip(" \t"), value.lstrip(" \t").strip('"').replace("\\", "")
