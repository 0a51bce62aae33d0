"""Files: taken in piece by piece, handed out whole or in ranges to those who may have them.

What is handed out runs nowhere: its type is what its bytes showed, everything but pictures that
were made safe is only saved, and a browser that shows it anyhow does so in a sandbox.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from litestar.response.base import ASGIResponse

from parlor.api.body import body_pieces
from parlor.api.described import described
from parlor.api.errors import error_reply
from parlor.api.identity import signed_in
from parlor.api.ranges import disposition, is_known, is_still, parse_range
from parlor.api.request import ApiRequest
from parlor.api.routes.bounds import FileName, KindOfFile, Offset, Position, Sha256
from parlor.im.files.reading import Readable
from parlor.model.errors import (
    BadFileName,
    BadPicture,
    BadRange,
    BadRequest,
    EmptyFile,
    FileTooLarge,
    LimitReached,
    NotFound,
    ParlorError,
    QuotaFull,
    UploadReplaced,
    WrongHash,
    WrongOffset,
)
from parlor.model.file import FileKind, StoredFile, Upload

_ANY = ("application/octet-stream",)
_BEGINNING = (BadFileName, EmptyFile, FileTooLarge, QuotaFull, LimitReached)
_MAKING = (WrongHash, BadPicture)


class NewUpload(msgspec.Struct, frozen=True):
    """`size` in bytes. With `sha256` (hexadecimal) the file is that one or none. `kind`: a `file`
    stays as it is; a `picture` (JPEG, PNG, GIF, WebP) is turned upright, says nothing of where it
    was taken, and has a thumbnail."""

    name: str
    size: Position
    sha256: str = ""
    kind: FileKind = FileKind.FILE


class UploadUnderWay(msgspec.Struct, frozen=True):
    """`offset`: so many bytes are here for good, the next part begins there. Forgotten at
    `expires_at` (Unix ms), which each part puts off."""

    id: str
    kind: FileKind
    name: str
    size: int
    offset: int
    expires_at: int


class UploadedFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """`size` and `sha256` are of the bytes that are handed out: of a picture, the cleaned one.
    `preview` is a WebP of a few pixels in base64."""

    id: str
    kind: FileKind
    name: str
    size: int
    type: str
    sha256: str
    width: int = 0
    height: int = 0
    preview: str = ""


class UploadReply(msgspec.Struct, frozen=True):
    """`upload` while it is under way, `file` once it is whole; the id is the same."""

    upload: UploadUnderWay | None = None
    file: UploadedFile | None = None


class FileReply(msgspec.Struct, frozen=True):
    file: UploadedFile


class Storage(msgspec.Struct, frozen=True):
    """What one's files take, in bytes, those under way included, and what they may."""

    used_bytes: int
    quota_bytes: int


_ID = "5b1e9c0f3a7d48e2a6c4f0d9b8137e25"
_HASH = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
_FILE = UploadedFile(_ID, FileKind.FILE, "报告.pdf", 5, "application/pdf", _HASH)
_UPLOAD = UploadUnderWay(_ID, FileKind.FILE, "报告.pdf", 5, 0, 1_790_000_000_000)


@post(
    "/uploads",
    guards=[signed_in],
    opt=described(
        *_BEGINNING,
        asks=NewUpload("报告.pdf", 5, _HASH),
        gives=UploadReply(upload=_UPLOAD),
    ),
)
async def begin(request: ApiRequest, data: JSONBody[NewUpload]) -> UploadReply:
    """Begin to upload a file in parts; `PUT` them one after the other, of any size."""
    upload = await request.services.files.uploads.begin(
        request.user.user, data.name, data.size, sha256=data.sha256, kind=data.kind
    )
    return _reply(upload, None)


@get(
    "/uploads/{upload_id:str}",
    guards=[signed_in],
    opt=described(NotFound, gives=UploadReply(upload=_UPLOAD)),
)
async def look(request: ApiRequest, upload_id: FromPath[str]) -> UploadReply:
    """How far an upload has come: ask this before going on with one that was cut off."""
    return _reply(*await request.services.files.uploads.look(request.user.user, upload_id))


@put(
    "/uploads/{upload_id:str}",
    guards=[signed_in],
    opt=described(
        *(NotFound, WrongOffset, FileTooLarge, UploadReplaced, *_MAKING),
        takes=_ANY,
        gives=UploadReply(file=_FILE),
    ),
)
async def add(request: ApiRequest, upload_id: FromPath[str], offset: Offset) -> UploadReply:
    """Upload a part. The reply to the last one has the file.

    What was uploaded before may come again. A part that is cut off leaves what came of it. An empty
    part at the end makes the file once more, after an answer that was lost or a server that failed.
    """
    pieces = body_pieces(request.receive)
    uploads = request.services.files.uploads
    return _reply(*await uploads.put(request.user.user, upload_id, offset, pieces))


@delete("/uploads/{upload_id:str}", status_code=204, guards=[signed_in], opt=described(NotFound))
async def give_up(request: ApiRequest, upload_id: FromPath[str]) -> None:
    """Give an upload up: what came of it is forgotten."""
    await request.services.files.uploads.drop(request.user.user, upload_id)


@post(
    "/files",
    guards=[signed_in],
    opt=described(*_BEGINNING, *_MAKING, takes=_ANY, gives=FileReply(_FILE)),
)
async def upload(
    request: ApiRequest, name: FileName, sha256: Sha256 = "", kind: KindOfFile = "file"
) -> FileReply:
    """Upload a whole file in one request, which needs a Content-Length."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise BadRequest("A file in one request needs a Content-Length.")
    if kind not in tuple(FileKind):
        raise BadRequest("kind is file or picture.")
    user, uploads = request.user.user, request.services.files.uploads
    begun = await uploads.begin(user, name, int(length), sha256=sha256, kind=FileKind(kind))
    try:
        _, file = await uploads.put(user, begun.id, 0, body_pieces(request.receive))
    except (WrongHash, BadPicture):
        raise
    except ParlorError:
        # Nobody was told its id, so nobody can go on with it.
        await uploads.drop(user, begun.id)
        raise
    if file is None:
        await uploads.drop(user, begun.id)
        raise BadRequest("The body is shorter than its Content-Length.")
    return FileReply(_uploaded(file))


@get("/files/{file_id:str}", guards=[signed_in], opt=described(NotFound, BadRange, returns=_ANY))
async def show(request: ApiRequest, file_id: FromPath[str]) -> Any:
    """The bytes of a file, for who uploaded it and for who can read a message that has it.

    Takes `Range`, `If-Range` and `If-None-Match`.
    """
    return _send(request, await request.services.files.reading.file(request.user.user, file_id))


@get(
    "/files/{file_id:str}/thumbnail",
    guards=[signed_in],
    opt=described(NotFound, BadRange, returns=("image/webp",)),
)
async def thumbnail(request: ApiRequest, file_id: FromPath[str]) -> Any:
    """The small picture of a picture. As for the file itself."""
    reading = request.services.files.reading
    return _send(request, await reading.thumbnail(request.user.user, file_id))


@get("/me/storage", guards=[signed_in], opt=described(gives=Storage(1_048_576, 5_368_709_120)))
async def storage(request: ApiRequest) -> Storage:
    """How much room one's own files take, and how much there is."""
    return Storage(*await request.services.files.reading.room(request.user.user))


class _Bytes(Stream):
    """Says the media type that it was given: Litestar would say that of the handler."""

    def to_asgi_response(self, *args: Any, **given: Any) -> ASGIResponse:
        return super().to_asgi_response(*args, **{**given, "media_type": self.media_type})


def _send(request: ApiRequest, readable: Readable) -> Response[Any]:
    etag = f'"{readable.blob}"'
    headers = {
        "etag": etag,
        "accept-ranges": "bytes",
        # Whether somebody may have it can change at any moment, so each time it is asked anew.
        "cache-control": "private, no-cache",
        "content-disposition": disposition(readable.name, is_shown=readable.is_shown),
        "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        "cross-origin-resource-policy": "same-origin",
    }
    asked = request.headers
    if is_known(asked.get("if-none-match", ""), etag):
        return Response(None, status_code=304, headers=headers)
    part = None
    if is_still(asked.get("if-range", ""), etag):
        try:
            part = parse_range(asked.get("range", ""), readable.size)
        except BadRange as refused:
            headers = {"content-range": f"bytes */{readable.size}"}
            return Response(error_reply(refused), status_code=refused.status, headers=headers)
    start, stop = part or (0, readable.size)
    headers["content-length"] = f"{stop - start}"
    if part:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{readable.size}"
    return _Bytes(
        request.services.files.reading.bytes(readable, start, stop),
        status_code=206 if part else 200,
        media_type=readable.type,
        headers=headers,
    )


def _reply(upload: Upload | None, file: StoredFile | None) -> UploadReply:
    if file is not None:
        return UploadReply(file=_uploaded(file))
    if upload is None:
        raise NotFound
    under_way = UploadUnderWay(
        upload.id, upload.kind, upload.name, upload.size, upload.offset, upload.expires_at
    )
    return UploadReply(upload=under_way)


def _uploaded(file: StoredFile) -> UploadedFile:
    return UploadedFile(
        file.id,
        file.kind,
        file.name,
        file.size,
        file.type,
        file.blob,
        file.width,
        file.height,
        file.preview,
    )


HANDLERS = (begin, look, add, give_up, upload, show, thumbnail, storage)
