"""The promises of `ports.blobs.Blobs`: a folder, and a real server that speaks S3."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio

from parlor.drivers.blobs.local import LocalBlobs
from parlor.drivers.blobs.s3 import S3Blobs
from parlor.drivers.blobs.settings import BlobSettings
from parlor.model.errors import NotFound, StorageFailed
from tests.support.s3_server import make_bucket, s3_server

HELLO = b"hello"
LARGE = bytes(range(256)) * 4_097
"""More than one piece, and not a whole number of them."""


def name(data):
    return hashlib.sha256(data).hexdigest()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def s3_url():
    async with s3_server() as url:
        yield url


@pytest.fixture(params=["local", "s3"])
async def blobs(request, s3_url, tmp_path):
    if request.param == "local":
        return LocalBlobs(tmp_path / "blobs")
    return S3Blobs(await make_bucket(s3_url))


async def whole(blobs, data, start=0, stop=None):
    return [piece async for piece in blobs.read(name(data), start, stop or len(data))]


@pytest.fixture
def keep(blobs, tmp_path):
    async def kept(data):
        file = tmp_path / "upload"
        file.write_bytes(data)
        await blobs.keep(name(data), file)
        file.unlink()

    return kept


async def test_what_was_kept_is_there_to_the_last_byte(blobs, keep):
    await keep(LARGE)
    assert await blobs.size(name(LARGE)) == len(LARGE)
    pieces = await whole(blobs, LARGE)
    assert b"".join(pieces) == LARGE
    assert max(map(len, pieces)) < 2**20 < len(LARGE)


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (1, 5), (262_143, 262_146), (5, 5)])
async def test_any_stretch_can_be_read(blobs, keep, start, stop):
    await keep(LARGE)
    assert b"".join(await whole(blobs, LARGE, start, stop)) == LARGE[start:stop]


async def test_the_same_bytes_twice_are_one_blob(blobs, keep):
    await keep(HELLO)
    await keep(HELLO)
    assert b"".join(await whole(blobs, HELLO)) == HELLO
    await blobs.drop(name(HELLO))
    assert await blobs.size(name(HELLO)) is None


async def test_a_dropped_blob_is_gone_and_dropping_it_again_is_no_error(blobs, keep):
    await keep(HELLO)
    await keep(LARGE)
    for _ in range(2):
        await blobs.drop(name(HELLO))
    assert await blobs.size(name(HELLO)) is None
    with pytest.raises(NotFound):
        await whole(blobs, HELLO)
    assert b"".join(await whole(blobs, LARGE)) == LARGE


@pytest.mark.parametrize(
    "path",
    ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "a" * 60 + "/../", "ａ" * 64],
)
async def test_nothing_but_a_digest_reaches_a_place(blobs, tmp_path, path):
    (tmp_path / "upload").write_bytes(b"x")
    for refused in (blobs.keep(path, tmp_path / "upload"), blobs.size(path), blobs.drop(path)):
        with pytest.raises(NotFound):
            await refused
    with pytest.raises(NotFound):
        await anext(blobs.read(path, 0, 1))


async def test_a_broken_place_is_a_failure_that_can_be_tried_again(tmp_path):
    (tmp_path / "blobs").write_text("a file where the folder should be")
    (tmp_path / "upload").write_bytes(HELLO)
    with pytest.raises(StorageFailed):
        await LocalBlobs(tmp_path / "blobs").keep(name(HELLO), tmp_path / "upload")
    nobody = BlobSettings(bucket="parlor", endpoint="http://127.0.0.1:9", timeout_s=0.5)
    with pytest.raises(StorageFailed):
        await S3Blobs(nobody).size(name(HELLO))


async def test_a_bucket_that_is_not_there_is_a_failure(s3_url, tmp_path):
    settings = BlobSettings(
        bucket="nowhere", endpoint=s3_url, access_key_id="key", secret_access_key="secret"
    )
    (tmp_path / "upload").write_bytes(HELLO)
    with pytest.raises((StorageFailed, NotFound)):
        await S3Blobs(settings).keep(name(HELLO), tmp_path / "upload")


async def test_a_file_of_another_disk_is_copied(tmp_path):
    blobs = LocalBlobs(tmp_path / "blobs")
    with TemporaryDirectory(dir="/dev/shm") as elsewhere:
        file = Path(elsewhere) / "upload"
        file.write_bytes(LARGE)
        await blobs.keep(name(LARGE), file)
    assert b"".join(await whole(blobs, LARGE)) == LARGE
    assert [one.name for one in tmp_path.rglob("*") if one.is_file()] == [name(LARGE)]
