"""Files that people send: what they are called, how they are stored, what a message says of them.

The one place that decides which media types a browser may be told. Everything that is not on the
short list is `application/octet-stream`, whatever somebody says it is.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

import msgspec

from parlor.model.errors import BadFileName, BadRequest, NotFound
from parlor.model.ids import BlobName, FileId, UserId
from parlor.model.text import is_plain_line

MAX_FILE_NAME_CHARS = 200
UNKNOWN_TYPE = "application/octet-stream"
SNIFFED_BYTES = 64
_ID = re.compile(r"[0-9a-f]{32}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_FTYPS = {b"M4A ": "audio/mp4", b"M4V ": "video/mp4", b"qt  ": "video/quicktime"}
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
)


class FileKind(StrEnum):
    """How the bytes are meant. A file stays as it is, to the last byte, and is only ever saved;
    a picture is made safe to show: nothing in it says where it was taken, and it has a thumbnail.
    """

    FILE = "file"
    PICTURE = "picture"


class AttachedFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file as a message carries it. `size` in bytes; of a picture also its pixels, and `preview`,
    a WebP of a few pixels in base64 that is shown until the thumbnail is there."""

    id: FileId
    name: str
    size: int
    type: str
    width: int = 0
    height: int = 0
    preview: str = ""


class StoredFile(msgspec.Struct, frozen=True):
    """`blob` is the SHA-256 of its bytes as they are handed out, `thumbnail` that of the small
    picture, empty when there is none; `stored_at` is Unix ms."""

    id: FileId
    owner: UserId
    kind: FileKind
    name: str
    size: int
    type: str
    blob: BlobName
    stored_at: int
    width: int = 0
    height: int = 0
    preview: str = ""
    thumbnail: str = ""
    thumbnail_size: int = 0


class Upload(msgspec.Struct, frozen=True):
    """A file of `size` bytes on its way, `offset` of which are here for good. After `expires_at`
    (Unix ms), which each part puts off, it is forgotten. `sha256` may be empty: not checked."""

    id: FileId
    owner: UserId
    kind: FileKind
    name: str
    size: int
    sha256: str
    offset: int
    expires_at: int


def check_file_name(raw: str) -> str:
    """One name, no path: NFC, trimmed. Raises BadFileName."""
    if len(raw) > 4 * MAX_FILE_NAME_CHARS or not is_plain_line(raw):
        raise BadFileName
    name = unicodedata.normalize("NFC", raw).strip()
    if not 1 <= len(name) <= MAX_FILE_NAME_CHARS or name.strip(".") == "":
        raise BadFileName
    if "/" in name or "\\" in name:
        raise BadFileName
    return name


def check_file_id(raw: str) -> FileId:
    """Raises NotFound for what no file and no upload is called."""
    if not _ID.match(raw):
        raise NotFound("There is no such file.")
    return FileId(raw)


def check_sha256(raw: str) -> str:
    """In lower case; empty is left empty. Raises BadRequest."""
    digest = raw.lower()
    if digest and not _SHA256.match(digest):
        raise BadRequest("sha256 has 64 hexadecimal digits.")
    return digest


def sniff(head: bytes) -> str:
    """The media type that the first SNIFFED_BYTES show, or UNKNOWN_TYPE.

    Only types that run nothing wherever they are opened in a browser, and no text: what one
    browser takes for text another takes for a page.
    """
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], UNKNOWN_TYPE)
    if head[4:8] == b"ftyp":
        return _FTYPS.get(head[8:12], "video/mp4")
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        # Frame sync, any version, layer III (ISO/IEC 11172-3 §2.4.2.3).
        return "audio/mpeg"
    return UNKNOWN_TYPE
