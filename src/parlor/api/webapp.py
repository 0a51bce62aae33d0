"""The built web app as files in memory: the page for every deep link, assets for good.

Owns which file answers which path. Only files found in the folder when it was looked through are
served, under the names they had: no path from a request ever reaches the file system. Called by
`front` for everything that is not the API.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".txt": "text/plain; charset=utf-8",
}
_ENCODINGS = ((".br", "br"), (".gz", "gzip"))
# The builder puts a hash of the content into every name below this folder.
_HASHED = "/assets/"
_FOR_GOOD = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"

_NOT_BUILT = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Parlor</title>
<body style="font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto">
<h1>The web app is not built</h1>
<p>The server runs, but this checkout has no built web app. Build it with</p>
<pre>make web</pre>
<p>and load this page again. The API is described at <a href="/openapi.json">/openapi.json</a>.</p>
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A whole reply; `headers` without those that every reply gets."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class _File:
    content_type: str
    cache: str
    bodies: dict[str, tuple[bytes, str]]
    """By content encoding, "" for none: the bytes and their entity tag."""


class WebApp:
    """Look `folder` through now, and again whenever its index.html is another one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built_at = 0
        self._files: dict[str, _File] = {}

    def answer(
        self, path: str, *, accept: str = "", accept_encoding: str = "", if_none_match: str = ""
    ) -> Page | None:
        """The file at `path`, the app's page for a deep link, None for what does not exist."""
        self._look()
        named = "/docs.html" if path in ("/docs", "/docs/") else path
        file = self._files.get(named)
        if file is None and _is_deep_link(path, accept):
            if not self._files:
                return Page(503, (("content-type", _TYPES[".html"]),), _NOT_BUILT)
            file = self._files.get("/index.html")
        return None if file is None else _page(file, accept_encoding, if_none_match)

    def _look(self) -> None:
        """One stat call when nothing changed: building again needs no restart."""
        try:
            built_at = (self._folder / "index.html").stat().st_mtime_ns
            if built_at != self._built_at:
                self._files, self._built_at = _read(self._folder), built_at
        except OSError:
            # Not built, or a build is replacing the files at this moment.
            self._files, self._built_at = {}, 0


def _read(folder: Path) -> dict[str, _File]:
    packed = {suffix for suffix, _ in _ENCODINGS}
    found: dict[str, _File] = {}
    for file in folder.rglob("*"):
        if not file.is_file() or file.suffix in packed or file.is_symlink():
            continue
        path = "/" + str(PurePosixPath(file.relative_to(folder)))
        bodies = {"": _tagged(file.read_bytes(), "")}
        for suffix, encoding in _ENCODINGS:
            sibling = file.with_name(file.name + suffix)
            if sibling.is_file():
                bodies[encoding] = _tagged(sibling.read_bytes(), encoding)
        found[path] = _File(
            _TYPES.get(file.suffix, "application/octet-stream"),
            _FOR_GOOD if path.startswith(_HASHED) else _ASK_EACH_TIME,
            bodies,
        )
    return found


def _tagged(body: bytes, encoding: str) -> tuple[bytes, str]:
    # Each encoding of a page is another representation with its own tag (RFC 9110 §8.8.3.3).
    return body, f'"{hashlib.sha256(body).hexdigest()[:16]}{encoding and "-" + encoding}"'


def _is_deep_link(path: str, accept: str) -> bool:
    if path.startswith(_HASHED):
        return False
    if "text/html" in accept:
        return True
    return (not accept or "*/*" in accept) and "." not in path.rpartition("/")[2]


def _page(file: _File, accept_encoding: str, if_none_match: str) -> Page:
    encoding = next(
        (e for _, e in _ENCODINGS if e in file.bodies and _accepts(accept_encoding, e)), ""
    )
    body, tag = file.bodies[encoding]
    headers = [("content-type", file.content_type), ("cache-control", file.cache), ("etag", tag)]
    if len(file.bodies) > 1:
        headers.append(("vary", "accept-encoding"))
    if tag in _tags(if_none_match) or if_none_match.strip() == "*":
        return Page(304, tuple(headers[1:]), b"")
    if encoding:
        headers.append(("content-encoding", encoding))
    return Page(200, tuple(headers), body)


def _accepts(accept_encoding: str, encoding: str) -> bool:
    for offer in accept_encoding.split(","):
        name, _, weight = offer.partition(";")
        if name.strip().lower() == encoding:
            return weight.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _tags(if_none_match: str) -> Iterable[str]:
    return (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
