"""Everything about files as a server has it, over a folder and rows in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from parlor.drivers.blobs.local import LocalBlobs
from parlor.drivers.blobs.staging import StagingFolder
from parlor.drivers.pictures.limits import Limits
from parlor.drivers.pictures.maker import PictureProcesses
from parlor.im.files.making import Making
from parlor.im.files.reading import FileReading
from parlor.im.files.services import FileServices
from parlor.im.files.settings import FileSettings
from parlor.im.files.tidying import FileTidying
from parlor.im.files.uploads import Uploads
from tests.support.memory_files import MemoryFiles
from tests.support.steady import CountedBytes, CountingMeter, HandClock


@dataclass
class Filing:
    """`clock` stands still until the test moves it."""

    rows: MemoryFiles
    staging: StagingFolder
    blobs: LocalBlobs
    uploads: Uploads
    reading: FileReading
    tidying: FileTidying
    clock: HandClock
    meter: CountingMeter
    folder: Path

    @property
    def services(self) -> FileServices:
        return FileServices(self.uploads, self.reading)

    def stored(self) -> list[str]:
        """What is called how, on the disk."""
        return sorted(one.name for one in self.folder.rglob("*") if one.is_file())


def filing(folder: Path, **settings: float) -> Filing:
    chosen = FileSettings(**settings)  # type: ignore[arg-type]
    rows, clock, meter = MemoryFiles(), HandClock(), CountingMeter()
    staging, blobs = StagingFolder(folder / "uploads"), LocalBlobs(folder / "files")
    pictures = PictureProcesses(
        Limits(
            chosen.max_picture_pixels,
            chosen.max_picture_side,
            chosen.thumbnail_side,
            chosen.picture_memory_bytes,
            chosen.picture_limit_s,
        ),
        at_once=chosen.pictures_at_once,
        waiting=chosen.pictures_waiting,
        meter=meter,
    )
    making = Making(rows, rows, staging, blobs, pictures, clock, meter)
    uploads = Uploads(rows, rows, staging, making, chosen, clock, CountedBytes(), meter)
    return Filing(
        rows,
        staging,
        blobs,
        uploads,
        FileReading(rows, blobs, chosen, clock, meter),
        FileTidying(uploads, rows, rows, blobs, chosen, clock, meter),
        clock,
        meter,
        folder,
    )


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
