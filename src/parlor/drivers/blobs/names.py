"""The one door between a name and a place: nothing that a person chose is part of a path."""

from __future__ import annotations

import re

from parlor.model.errors import NotFound

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_UPLOAD = re.compile(r"[0-9a-f]{32}\Z")


def check_blob_name(name: str) -> str:
    """Raises NotFound for what is no SHA-256 in lower case hexadecimal."""
    if not _DIGEST.match(name):
        raise NotFound("There is no such blob.")
    return name


def check_upload_name(name: str) -> str:
    """Raises NotFound for what no upload is called."""
    if not _UPLOAD.match(name):
        raise NotFound("There is no such upload.")
    return name
