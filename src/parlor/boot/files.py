"""Files, wired: where their bytes are, who works on pictures, uploading, reading, tidying up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from parlor.boot.accounts import AccountServices
from parlor.boot.config import Config
from parlor.boot.settings import ServerSettings
from parlor.drivers.blobs.local import LocalBlobs
from parlor.drivers.blobs.settings import BlobSettings
from parlor.drivers.blobs.staging import StagingFolder
from parlor.drivers.pictures.limits import Limits
from parlor.drivers.pictures.maker import PictureProcesses
from parlor.drivers.sql.files import SqlBlobRows, SqlFiles
from parlor.drivers.sql.uploads import SqlUploads
from parlor.im.files.making import Making
from parlor.im.files.reading import FileReading
from parlor.im.files.services import FileServices
from parlor.im.files.settings import FileSettings
from parlor.im.files.tidying import FileTidying
from parlor.im.files.uploads import Uploads
from parlor.ports.blobs import Blobs

FILES_FOLDER, UPLOADS_FOLDER = "files", "uploads"


@dataclass(frozen=True, slots=True)
class Filing:
    services: FileServices
    uploads: Uploads
    pictures: PictureProcesses
    tidying: FileTidying


def build_files(config: Config, base: AccountServices) -> Filing:
    """Makes no folder and asks no server: the first upload does."""
    settings = config.section("files", FileSettings)
    folder = Path(config.section("server", ServerSettings).data)
    clock, meter, database = base.clock, base.meter, base.database
    blobs = _blobs(config.section("blobs", BlobSettings), folder / FILES_FOLDER)
    pictures = PictureProcesses(
        Limits(
            settings.max_picture_pixels,
            settings.max_picture_side,
            settings.thumbnail_side,
            settings.picture_memory_bytes,
            settings.picture_limit_s,
        ),
        at_once=settings.pictures_at_once,
        waiting=settings.pictures_waiting,
        meter=meter,
    )
    staging = StagingFolder(folder / UPLOADS_FOLDER)
    rows, files, blob_rows = SqlUploads(database), SqlFiles(database), SqlBlobRows(database)
    making = Making(rows, blob_rows, staging, blobs, pictures, clock, meter)
    uploads = Uploads(rows, files, staging, making, settings, clock, base.entropy, meter)
    return Filing(
        FileServices(uploads, FileReading(files, blobs, settings, clock, meter)),
        uploads,
        pictures,
        FileTidying(uploads, files, blob_rows, blobs, settings, clock, meter),
    )


def _blobs(settings: BlobSettings, folder: Path) -> Blobs:
    if not settings.bucket:
        return LocalBlobs(folder)
    from parlor.drivers.blobs.s3 import S3Blobs

    return S3Blobs(settings)
